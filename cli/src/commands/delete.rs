//! `promptpilot delete`.

use std::fmt;
use std::io::{self, BufRead, IsTerminal};

use clap::Args;
use serde::Serialize;

use super::{Context, endpoint};
use crate::api::Client;
use crate::args::Place;
use crate::error::Failure;
use crate::output::note;
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
        confirm(&found.name, found.url.as_deref())?;
    }
    let _: serde_json::Value = client.delete(&["endpoints", &found.name]).await?;
    context.out.result(&Deleted { endpoint: found.name, deleted: true });
    Ok(())
}

/// Asks on a terminal; elsewhere nobody could answer.
fn confirm(name: &str, url: Option<&str>) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(
            Failure::usage(format!("deleting `{name}` has to be confirmed")).hint("add `--yes`")
        );
    }
    note(format!(
        "This takes {STRONG}{name}{STRONG:#} down{}. Go on? [y/N]",
        url.map(|url| format!(", and {url} stops answering")).unwrap_or_default()
    ));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    match read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes") {
        true => Ok(()),
        false => Err(Failure::new("nothing was deleted")),
    }
}
