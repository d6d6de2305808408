//! `promptpilot calls erase`.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::{Context, confirm};
use crate::api::{Client, ErasedCalls};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{GOOD, STRONG};

/// Forget a user: the texts of all of their calls, and whose they were
///
/// Figures stay: when, which endpoint, how long, how much. What was forgotten cannot be brought back.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot calls erase --user 4711
  promptpilot calls erase --user 4711 --yes   # without asking, for scripts")]
pub(crate) struct Erase {
    /// The user, as callers named them in `x-promptpilot-user`
    #[arg(long, value_name = "USER")]
    user: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Serialize)]
struct Erased<'a> {
    user: &'a str,
    calls: i64,
}

impl fmt::Display for Erased<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, calls } = self;
        let calls = match calls {
            1 => "1 call".to_owned(),
            calls => format!("{calls} calls"),
        };
        writeln!(f, "{GOOD}forgot{GOOD:#} {calls} of {STRONG}{user}{STRONG:#}")
    }
}

pub(crate) async fn run(context: &Context, args: &Erase) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let user = &args.user;
    if !args.yes {
        let question = format!(
            "This takes the texts out of all calls of {STRONG}{user}{STRONG:#}, and whose they were, \
             for good. Go on? [y/N]"
        );
        confirm(&format!("forgetting `{user}`"), &question)?;
    }
    let query = [("user", user.clone())];
    let mut calls = 0;
    loop {
        let erased: ErasedCalls = client.delete_with(&["calls"], &query).await?;
        calls += erased.calls;
        if erased.finished {
            break;
        }
    }
    context.out.result(&Erased { user, calls });
    Ok(())
}
