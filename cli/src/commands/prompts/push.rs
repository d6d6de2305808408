//! `promptpilot prompts push`: a file becomes a prompt, or a version of one.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::super::Context;
use super::file::{PromptFile, name_of};
use crate::api::{Client, NewPrompt, PromptChange, StoredPrompt};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{GOOD, STRONG};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts push prompts/support/reply.toml
  promptpilot prompts push reply.toml --name support/reply --message 'Shorter'
  promptpilot prompts push prompts/*.toml")]
pub(super) struct Push {
    /// TOML files: `[prompt]`, and where wanted `[model]`, `[values]`, `description`, `tags`
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// What the prompt is called [default: the file's path below `prompts/`]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Why, for the history
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    pub(super) place: Place,
}

/// What became of a save.
#[derive(Debug, Serialize)]
pub(super) struct Saved {
    pub(super) name: String,
    pub(super) version: i32,
    /// It said the same already.
    pub(super) unchanged: bool,
}

impl fmt::Display for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.unchanged { "unchanged" } else { "saved" };
        writeln!(f, "{GOOD}{word}{GOOD:#} {STRONG}{}{STRONG:#} v{}", self.name, self.version)
    }
}

#[derive(Debug, Serialize)]
struct Pushed {
    items: Vec<Saved>,
}

impl fmt::Display for Pushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.iter().try_for_each(|saved| saved.fmt(f))
    }
}

pub(super) async fn run(context: &Context, client: &Client, args: &Push) -> Result<(), Failure> {
    if args.name.is_some() && args.files.len() > 1 {
        return Err(Failure::usage("`--name` names one prompt, and these are several files"));
    }
    let mut files = Vec::new();
    for path in &args.files {
        let text = std::fs::read_to_string(context.folder.join(path)).map_err(|error| {
            Failure::usage(format!("could not read `{path}`")).caused_by(&error)
        })?;
        let name = args.name.clone().or_else(|| name_of(path)).ok_or_else(|| {
            Failure::usage(format!("`{path}` says no name that a prompt can have"))
                .hint("give it with `--name`")
        })?;
        files.push((name, PromptFile::read(&text, path)?));
    }
    let mut items = Vec::new();
    for (name, file) in files {
        items.push(save(client, &name, &file, args.message.as_deref()).await?);
    }
    context.out.result(&Pushed { items });
    Ok(())
}

/// Saves a file as a prompt: a new one, or a version of the one that is called so.
async fn save(
    client: &Client,
    name: &str,
    file: &PromptFile,
    message: Option<&str>,
) -> Result<Saved, Failure> {
    match client.get_revised::<StoredPrompt>(&["prompts", name]).await {
        Ok((before, seen)) => change(client, &before, seen.as_deref(), file, message).await,
        Err(error) if error.is_not_found() => create(client, name, file, message).await,
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn create(
    client: &Client,
    name: &str,
    file: &PromptFile,
    message: Option<&str>,
) -> Result<Saved, Failure> {
    let new = NewPrompt {
        name: name.to_owned(),
        description: file.description.clone(),
        tags: file.tags.clone(),
        content: file.content(),
        message: message.map(ToOwned::to_owned),
    };
    let made: StoredPrompt = client.post(&["prompts"], &new).await?;
    Ok(Saved { name: made.name, version: made.version, unchanged: false })
}

/// Saves over what somebody has seen.
pub(super) async fn change(
    client: &Client,
    before: &StoredPrompt,
    seen: Option<&str>,
    file: &PromptFile,
    message: Option<&str>,
) -> Result<Saved, Failure> {
    let change = PromptChange {
        name: None,
        description: Some(file.description.clone()),
        tags: Some(file.tags.clone()),
        content: Some(file.content()),
        message: message.map(ToOwned::to_owned),
    };
    let path = ["prompts", &before.name];
    let after: StoredPrompt = client.patch_seen(&path, &[], &change, seen).await?;
    let unchanged = after.updated == before.updated;
    Ok(Saved { name: after.name, version: after.version, unchanged })
}
