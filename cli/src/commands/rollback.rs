//! `promptpilot rollback`: the alias moves back, nothing is built.

use std::fmt;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::deploy::{board::Board, follow};
use super::{Context, endpoint};
use crate::api::{Client, RollbackRequest, RolledBack, Status};
use crate::args::Place;
use crate::error::Failure;
use crate::output::note;
use crate::style::{GOOD, STRONG};
use crate::text::span;

/// Go back to the version that served before
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot rollback summarize          # to the version that served before
  promptpilot rollback summarize --to 3   # to version 3")]
pub(crate) struct Rollback {
    /// The endpoint
    name: String,
    /// The version that shall serve
    #[arg(long, value_name = "VERSION")]
    to: Option<i32>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Serialize)]
struct Done {
    #[serde(flatten)]
    answer: RolledBack,
    ms: u128,
    #[serde(skip)]
    took: Duration,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RolledBack { endpoint, from, to, url, .. } = &self.answer;
        writeln!(
            f,
            "{GOOD}live{GOOD:#} {STRONG}{endpoint} v{to}{STRONG:#} again instead of v{from}, in {}",
            span(self.took)
        )?;
        writeln!(f, "{url}")
    }
}

pub(crate) async fn run(context: &Context, args: &Rollback) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let began = Instant::now();
    let answer: Result<RolledBack, _> = client
        .post(&["endpoints", &args.name, "rollback"], &RollbackRequest { version: args.to })
        .await;
    let answer = match answer {
        Ok(answer) => answer,
        // Either the endpoint is not there, or the version: the first has a better explanation.
        Err(error) if error.is_not_found() => {
            endpoint(&client, &args.name).await?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(deployment) = answer.deployment {
        note(
            "Its credentials or variables have changed since: it is published with those of today.",
        );
        let board = Board::new(false);
        let ended = follow::to_the_end(&client, &board, deployment, &answer.endpoint).await?;
        board.clear();
        if ended.status != Status::Live {
            let why = ended.error.map_or_else(|| ended.status.to_string(), |error| error.message);
            return Err(Failure::new(format!("what was live still is: {why}")));
        }
    }
    let took = began.elapsed();
    context.out.result(&Done { answer, ms: took.as_millis(), took });
    Ok(())
}
