//! `promptpilot prompts label`.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::super::Context;
use super::prompt;
use crate::api::{Client, LabelMoved, LabelTarget};
use crate::args::Place;
use crate::error::Failure;
use crate::output::note;
use crate::style::{GOOD, STRONG};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts label support/reply production             # at the newest version
  promptpilot prompts label support/reply production --version 3
  promptpilot prompts label support/reply trial --remove")]
pub(super) struct Label {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    name: String,
    /// The label
    #[arg(value_name = "LABEL")]
    label: String,
    /// The version that it shall point at [default: the newest]
    #[arg(long, value_name = "VERSION", conflicts_with = "remove")]
    version: Option<i32>,
    /// Take it away
    #[arg(long)]
    remove: bool,
    /// Even from endpoints that name it
    #[arg(long, requires = "remove")]
    force: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Moved(LabelMoved);

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LabelMoved { prompt, label, from, to, .. } = &self.0;
        write!(f, "{GOOD}{label}{GOOD:#} of {STRONG}{prompt}{STRONG:#}")?;
        match (from, to) {
            (Some(from), Some(to)) if from != to => writeln!(f, " is v{to} now, and was v{from}"),
            (_, Some(to)) => writeln!(f, " is v{to}"),
            (Some(from), None) => writeln!(f, " is gone; it was v{from}"),
            (None, None) => writeln!(f, " is not there"),
        }
    }
}

pub(super) async fn run(context: &Context, client: &Client, args: &Label) -> Result<(), Failure> {
    let path = ["prompts", &args.name, "labels", &args.label];
    let answer: Result<LabelMoved, _> = if args.remove {
        let force: &[_] = if args.force { &[("force", "true".to_owned())] } else { &[] };
        client.delete_with(&path, force).await
    } else {
        client.put(&path, &LabelTarget { version: args.version }).await
    };
    let moved = match answer {
        Ok(moved) => moved,
        Err(error) if error.problem().is_some_and(|problem| problem.is("prompt-not-found")) => {
            prompt(client, &args.name).await?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    let behind = moved.endpoints.clone();
    context.out.result(&Moved(moved));
    if !behind.is_empty() && !context.out.is_json() {
        note(format!(
            "Another version serves at {}. Bring this one there with `promptpilot deploy`.",
            behind.join(", ")
        ));
    }
    Ok(())
}
