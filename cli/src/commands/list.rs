//! `promptpilot list`.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::Context;
use crate::api::{Client, Endpoint};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{FAINT, STRONG, WARNING};
use crate::text::ago;

/// List endpoints and their URLs
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Serialize)]
struct Endpoints {
    items: Vec<Endpoint>,
}

impl fmt::Display for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return writeln!(f, "Nothing is deployed yet. Begin with `promptpilot deploy`.");
        }
        let width = self.items.iter().map(|endpoint| endpoint.name.len()).max().unwrap_or(0);
        for endpoint in &self.items {
            let version =
                endpoint.live_version.map_or_else(|| "-".to_owned(), |live| format!("v{live}"));
            let url = endpoint.url.as_deref().unwrap_or("not live");
            write!(f, "{STRONG}{:width$}{STRONG:#}  {version:>4}  {url}", endpoint.name)?;
            if let Some(prompt) = endpoint.prompt.as_ref().filter(|prompt| prompt.newer) {
                let version = prompt.version.unwrap_or_default();
                write!(
                    f,
                    "  {WARNING}newer prompt not deployed{WARNING:#}: {} v{version}",
                    prompt.reference
                )?;
            }
            writeln!(f, "  {FAINT}{}{FAINT:#}", ago(endpoint.updated))?;
        }
        Ok(())
    }
}

pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let items = client.all(&["endpoints"]).await?;
    context.out.result(&Endpoints { items });
    Ok(())
}
