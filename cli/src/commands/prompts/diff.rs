//! `promptpilot prompts diff`.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::super::Context;
use super::prompt;
use crate::api::{Change, Client, PromptDiff, TextDiff};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{ERROR, FAINT, GOOD, STRONG};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts diff support/reply             # the newest and the one before
  promptpilot prompts diff support/reply --from 2 --to 5")]
pub(super) struct Diff {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    name: String,
    /// The one version [default: the one before the other]
    #[arg(long, value_name = "VERSION")]
    from: Option<u32>,
    /// The other version [default: the newest]
    #[arg(long, value_name = "VERSION")]
    to: Option<u32>,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Shown(PromptDiff);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FAINT}v{} → v{}{FAINT:#}", self.0.from, self.0.to)?;
        let differs = |text: &&TextDiff| text.parts.iter().any(|part| part.change != Change::Same);
        for text in self.0.texts.iter().filter(differs) {
            let role = text.to_role.or(text.from_role);
            let role = role.and_then(|role| serde_json::to_value(role).ok()).unwrap_or_default();
            writeln!(f, "\n{STRONG}{}{STRONG:#}", role.as_str().unwrap_or_default())?;
            for part in &text.parts {
                match part.change {
                    Change::Same => write!(f, "{}", part.text)?,
                    Change::Removed => write!(f, "{ERROR}[-{}-]{ERROR:#}", part.text)?,
                    Change::Added => write!(f, "{GOOD}{{+{}+}}{GOOD:#}", part.text)?,
                }
            }
            writeln!(f)?;
        }
        for setting in &self.0.settings {
            writeln!(f, "\n{STRONG}{}{STRONG:#}", setting.pointer)?;
            if let Some(from) = &setting.from {
                writeln!(f, "{ERROR}- {from}{ERROR:#}")?;
            }
            if let Some(to) = &setting.to {
                writeln!(f, "{GOOD}+ {to}{GOOD:#}")?;
            }
        }
        Ok(())
    }
}

pub(super) async fn run(context: &Context, client: &Client, args: &Diff) -> Result<(), Failure> {
    let mut query = Vec::new();
    query.extend(args.from.map(|from| ("from", from.to_string())));
    query.extend(args.to.map(|to| ("to", to.to_string())));
    let answer: Result<PromptDiff, _> = client.get(&["prompts", &args.name, "diff"], &query).await;
    let diff = match answer {
        Ok(diff) => diff,
        // Either the prompt is not there, or the version: the first has a better explanation.
        Err(error) if error.is_not_found() => {
            prompt(client, &args.name).await?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    context.out.result(&Shown(diff));
    Ok(())
}
