//! `promptpilot models`: what can be asked, what it costs, and for whom there is a key.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::Context;
use crate::api::{Client, ListedModel};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{FAINT, GOOD, STRONG};

/// List models that are known, with prices and abilities
///
/// Prices are in USD per million tokens, as of the table that is linked in. A key of the environment makes
/// a model ready.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot models                       # all of them
  promptpilot models haiku                 # those with this in their name
  promptpilot models --provider openai --env staging")]
pub(crate) struct Models {
    /// Only those with this text in their provider or name
    text: Option<String>,
    /// Only this provider's
    #[arg(long, value_name = "PROVIDER")]
    provider: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

pub(crate) async fn run(context: &Context, args: &Models) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let mut only = Vec::new();
    only.extend(args.provider.clone().map(|provider| ("provider", provider)));
    only.extend(args.text.clone().map(|text| ("q", text)));
    let items = client.all_of(&["models"], &only).await?;
    context.out.result(&Listed { items });
    Ok(())
}

#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<ListedModel>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return writeln!(f, "No model that is known is called so.");
        }
        let width = self.items.iter().map(|model| model.id.chars().count()).max().unwrap_or(0);
        let head = ["in", "cached", "out", "context"].map(|column| format!("{column:>9}"));
        writeln!(f, "{FAINT}  {:width$}{}  can{FAINT:#}", "model", head.concat())?;
        for model in &self.items {
            // A sign, not a colour alone.
            let ready = if model.ready { format!("{GOOD}*{GOOD:#}") } else { " ".to_owned() };
            let figures = figures(model).map(|figure| format!("{figure:>9}"));
            write!(f, "{ready} {STRONG}{:width$}{STRONG:#}{}", model.id, figures.concat())?;
            writeln!(f, "  {FAINT}{}{FAINT:#}", abilities(model))?;
        }
        writeln!(f, "{FAINT}* can be asked: its key is stored, or it needs none{FAINT:#}")
    }
}

/// What its tokens cost, and how many it takes.
fn figures(model: &ListedModel) -> [String; 4] {
    let price = model.price;
    let usd = |usd: Option<f64>| usd.map_or_else(|| "-".to_owned(), |usd| usd.to_string());
    [
        usd(price.map(|price| price.input)),
        usd(price.and_then(|price| price.cached_input)),
        usd(price.map(|price| price.output)),
        model.context.map_or_else(|| "-".to_owned(), tokens),
    ]
}

/// `128k`, `1.05M`
fn tokens(count: u64) -> String {
    match count {
        0..1000 => count.to_string(),
        1000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{}M", (count as f64 / 1e4).round() / 100.0),
    }
}

fn abilities(model: &ListedModel) -> String {
    let can = &model.abilities;
    let told = [
        ("schema", can.structured),
        ("tools", Some(can.tools)),
        ("images", can.images),
        ("files", Some(can.files)),
        ("effort", can.efforts.as_ref().map(|efforts| !efforts.is_empty())),
    ];
    let said = told.into_iter().filter_map(|(word, can)| match can {
        Some(true) => Some(word.to_owned()),
        Some(false) => None,
        None => Some(format!("{word}?")),
    });
    said.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_rounded() {
        assert_eq!([999, 128_000, 1_047_576].map(tokens), ["999", "128k", "1.05M"]);
    }
}
