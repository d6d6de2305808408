//! `promptpilot prompts`: texts with versions and labels.

mod diff;
mod edit;
mod file;
mod labels;
mod library;
mod list;
mod push;
mod rename;
mod show;
mod versions;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Context;
use crate::api::{Client, StoredPrompt};
use crate::error::Failure;
use crate::folder;

/// Write, version and label prompts
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts use summarize-for-a-reader   # begin with one from the library
  promptpilot prompts edit summarize-for-a-reader
  promptpilot prompts label summarize-for-a-reader production")]
pub(crate) struct Prompts {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List prompts by name
    List(list::List),
    /// Show what a prompt says
    Show(show::Show),
    /// Write a new prompt in your editor
    Create(edit::Create),
    /// Change a prompt in your editor
    Edit(edit::Edit),
    /// Save a prompt from a file
    Push(push::Push),
    /// Show what differs between two versions
    Diff(diff::Diff),
    /// Set a label, move it, or take it away
    Label(labels::Label),
    /// List versions, newest first
    Versions(versions::Versions),
    /// Say again what an earlier version said, as a new version
    Rollback(versions::Rollback),
    /// Give a prompt another name
    Rename(rename::Rename),
    /// Delete a prompt; it can be restored
    Delete(versions::Delete),
    /// Bring a deleted prompt back
    Restore(versions::Restore),
    /// List prompts to begin with
    Templates(library::Templates),
    /// Make a prompt of a template
    Use(library::Use),
}

impl Prompts {
    /// The data directory that was named.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        let place = match &self.what {
            What::List(args) => &args.place,
            What::Show(args) => &args.place,
            What::Create(args) => &args.place,
            What::Edit(args) => &args.place,
            What::Push(args) => &args.place,
            What::Diff(args) => &args.place,
            What::Label(args) => &args.place,
            What::Versions(args) => &args.place,
            What::Rollback(args) => &args.place,
            What::Rename(args) => &args.place,
            What::Delete(args) => &args.place,
            What::Restore(args) => &args.place,
            What::Templates(args) => &args.place,
            What::Use(args) => &args.place,
        };
        place.data.clone()
    }
}

pub(crate) async fn run(context: &Context, args: Prompts) -> Result<(), Failure> {
    let client = Client::find(context)?;
    match args.what {
        What::List(args) => list::run(context, &client, &args).await,
        What::Show(args) => show::run(context, &client, &args).await,
        What::Create(args) => edit::create(context, &client, &args).await,
        What::Edit(args) => edit::edit(context, &client, &args).await,
        What::Push(args) => push::run(context, &client, &args).await,
        What::Diff(args) => diff::run(context, &client, &args).await,
        What::Label(args) => labels::run(context, &client, &args).await,
        What::Versions(args) => versions::list(context, &client, &args).await,
        What::Rollback(args) => versions::roll_back(context, &client, &args).await,
        What::Rename(args) => rename::run(context, &client, &args).await,
        What::Delete(args) => versions::delete(context, &client, &args).await,
        What::Restore(args) => versions::restore(context, &client, &args).await,
        What::Templates(args) => library::list(context, &client, &args).await,
        What::Use(args) => library::make(context, &client, &args).await,
    }
}

/// A prompt by its name, with the revision it is at. A name that is not there offers the nearest that
/// is.
async fn prompt(client: &Client, name: &str) -> Result<(StoredPrompt, Option<String>), Failure> {
    match client.get_revised(&["prompts", name]).await {
        Ok(found) => Ok(found),
        Err(error) if error.problem().is_some_and(|problem| problem.is("prompt-not-found")) => {
            Err(unknown(client, name).await)
        }
        Err(error) => Err(error.into()),
    }
}

async fn unknown(client: &Client, name: &str) -> Failure {
    let failure = Failure::new(format!("no prompt is named `{name}`"));
    let Ok(items) = client.all::<StoredPrompt>(&["prompts"]).await else { return failure };
    let known: Vec<String> = items.into_iter().map(|prompt| prompt.name).collect();
    match folder::nearest(name, &known) {
        Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
        None => failure.hint("`promptpilot prompts list` lists them"),
    }
}
