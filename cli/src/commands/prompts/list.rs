//! `promptpilot prompts list`.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::super::Context;
use crate::api::{Client, StoredPrompt};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{FAINT, STRONG};
use crate::text::ago;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts list
  promptpilot prompts list --search refund
  promptpilot prompts list --tag support --json")]
pub(super) struct List {
    /// Only those with this text in name, description or messages
    #[arg(long, short, value_name = "TEXT")]
    search: Option<String>,
    /// Only those with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Those that were deleted
    #[arg(long)]
    deleted: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<StoredPrompt>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return writeln!(f, "No prompts. Begin with `promptpilot prompts templates`.");
        }
        let width = self.items.iter().map(|prompt| prompt.name.len()).max().unwrap_or(0);
        for prompt in &self.items {
            let version = format!("v{}", prompt.version);
            write!(f, "{STRONG}{:width$}{STRONG:#}  {version:>4}", prompt.name)?;
            for label in &prompt.labels {
                write!(f, "  {}@v{}", label.label, label.version)?;
            }
            if !prompt.used_by.is_empty() {
                write!(f, "  used by {}", prompt.used_by.join(", "))?;
            }
            writeln!(f, "  {FAINT}{}{FAINT:#}", ago(prompt.deleted.unwrap_or(prompt.updated)))?;
        }
        Ok(())
    }
}

pub(super) async fn run(context: &Context, client: &Client, args: &List) -> Result<(), Failure> {
    let mut query = Vec::new();
    query.extend(args.search.clone().map(|text| ("q", text)));
    query.extend(args.tag.clone().map(|tag| ("tag", tag)));
    if args.deleted {
        query.push(("deleted", "true".to_owned()));
    }
    let items = client.all_of(&["prompts"], &query).await?;
    context.out.result(&Listed { items });
    Ok(())
}
