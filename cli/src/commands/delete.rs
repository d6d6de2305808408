//! `promptpilot delete`.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::{Context, confirm, endpoint};
use crate::api::Client;
use crate::args::Place;
use crate::error::Failure;
use crate::style::{GOOD, STRONG};

/// Take an endpoint down
///
/// Its URL, its alias and its function go; its history stays.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot delete summarize
  promptpilot delete summarize --yes   # without asking, for scripts")]
pub(crate) struct Delete {
    /// The endpoint
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Serialize)]
struct Deleted {
    endpoint: String,
    deleted: bool,
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}deleted{GOOD:#} {STRONG}{}{STRONG:#}", self.endpoint)
    }
}

pub(crate) async fn run(context: &Context, args: &Delete) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let found = endpoint(&client, &args.name).await?;
    if !args.yes {
        let name = &found.name;
        let stops = found.url.as_ref().map(|url| format!(", and {url} stops answering"));
        let stops = stops.unwrap_or_default();
        let question = format!("This takes {STRONG}{name}{STRONG:#} down{stops}. Go on? [y/N]");
        confirm(&format!("deleting `{name}`"), &question)?;
    }
    let _: serde_json::Value = client.delete(&["endpoints", &found.name]).await?;
    context.out.result(&Deleted { endpoint: found.name, deleted: true });
    Ok(())
}
