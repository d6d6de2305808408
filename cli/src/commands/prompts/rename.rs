//! `promptpilot prompts rename`.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::super::Context;
use super::prompt;
use crate::api::{Client, PromptChange, StoredPrompt};
use crate::args::Place;
use crate::error::Failure;
use crate::output::note;
use crate::style::{GOOD, STRONG};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts rename support/reply support/first-reply
  promptpilot prompts rename support/reply support/first-reply --force")]
pub(super) struct Rename {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    name: String,
    /// What it shall be called; `/` makes folders
    #[arg(value_name = "NAME")]
    to: String,
    /// Even if endpoints or API keys name it: what is live keeps its text
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Serialize)]
struct Renamed {
    name: String,
    /// What it was called.
    was: String,
    version: i32,
}

impl fmt::Display for Renamed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, was, .. } = self;
        writeln!(f, "{GOOD}renamed{GOOD:#} {was} to {STRONG}{name}{STRONG:#}")
    }
}

pub(super) async fn run(context: &Context, client: &Client, args: &Rename) -> Result<(), Failure> {
    let (before, seen) = prompt(client, &args.name).await?;
    let change = PromptChange { name: Some(args.to.clone()), ..PromptChange::default() };
    let force: &[_] = if args.force { &[("force", "true".to_owned())] } else { &[] };
    let path = ["prompts", &before.name];
    let after: StoredPrompt = client.patch_seen(&path, force, &change, seen.as_deref()).await?;
    let StoredPrompt { name, version, used_by, .. } = after;
    let moved = name != before.name;
    context.out.result(&Renamed { was: before.name, version, name: name.clone() });
    if moved && !used_by.is_empty() && !context.out.is_json() {
        note(format!(
            "What serves at {} keeps its text. Refer to `{name}` there before the next deploy.",
            used_by.join(", ")
        ));
    }
    Ok(())
}
