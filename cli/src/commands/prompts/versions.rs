//! `promptpilot prompts versions`, `rollback`, `delete` and `restore`.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::super::Context;
use super::prompt;
use super::push::Saved;
use crate::api::{Client, PromptRollback, PromptVersion, StoredPrompt};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{FAINT, GOOD, STRONG};
use crate::text::ago;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts versions support/reply
  promptpilot prompts versions support/reply --json")]
pub(super) struct Versions {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    name: String,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts rollback support/reply
  promptpilot prompts rollback support/reply --to 3")]
pub(super) struct Rollback {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    name: String,
    /// The version to say again [default: the one before the newest]
    #[arg(long, value_name = "VERSION")]
    to: Option<i32>,
    /// Why, for the history
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts delete support/reply
  promptpilot prompts delete support/reply --force")]
pub(super) struct Delete {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    name: String,
    /// Even if endpoints use it: what is live keeps its text
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts list --deleted
  promptpilot prompts restore support/reply")]
pub(super) struct Restore {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    name: String,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<PromptVersion>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for version in &self.items {
            write!(f, "{STRONG}{:>4}{STRONG:#}", format!("v{}", version.version))?;
            if !version.labels.is_empty() {
                write!(f, "  {GOOD}{}{GOOD:#}", version.labels.join(", "))?;
            }
            if let Some(number) = version.back_to {
                write!(f, "  says v{number} again")?;
            }
            if let Some(message) = &version.message {
                write!(f, "  {message}")?;
            }
            let by = version.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
            writeln!(f, "  {FAINT}{}{by}{FAINT:#}", ago(version.created))?;
        }
        Ok(())
    }
}

pub(super) async fn list(
    context: &Context,
    client: &Client,
    args: &Versions,
) -> Result<(), Failure> {
    let (found, _) = prompt(client, &args.name).await?;
    let items = client.all(&["prompts", &found.name, "versions"]).await?;
    context.out.result(&Listed { items });
    Ok(())
}

pub(super) async fn roll_back(
    context: &Context,
    client: &Client,
    args: &Rollback,
) -> Result<(), Failure> {
    let (found, _) = prompt(client, &args.name).await?;
    let wanted = PromptRollback { version: args.to, message: args.message.clone() };
    let after: StoredPrompt = client.post(&["prompts", &found.name, "rollback"], &wanted).await?;
    context.out.result(&Saved { name: after.name, version: after.version, unchanged: false });
    Ok(())
}

#[derive(Debug, Serialize)]
struct Deleted {
    name: String,
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        writeln!(f, "deleted {STRONG}{name}{STRONG:#}")?;
        writeln!(f, "`promptpilot prompts restore {name}` brings it back")
    }
}

pub(super) async fn delete(
    context: &Context,
    client: &Client,
    args: &Delete,
) -> Result<(), Failure> {
    let (found, _) = prompt(client, &args.name).await?;
    let force: &[_] = if args.force { &[("force", "true".to_owned())] } else { &[] };
    let deleted: StoredPrompt = client.delete_with(&["prompts", &found.name], force).await?;
    context.out.result(&Deleted { name: deleted.name });
    Ok(())
}

#[derive(Debug, Serialize)]
struct Restored(StoredPrompt);

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}restored{GOOD:#} {STRONG}{}{STRONG:#} v{}", self.0.name, self.0.version)
    }
}

pub(super) async fn restore(
    context: &Context,
    client: &Client,
    args: &Restore,
) -> Result<(), Failure> {
    let path = ["prompts", &args.name, "restore"];
    let restored: StoredPrompt = client.post(&path, &serde_json::json!({})).await?;
    context.out.result(&Restored(restored));
    Ok(())
}
