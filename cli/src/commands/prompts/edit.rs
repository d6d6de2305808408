//! `promptpilot prompts create` and `edit`: a prompt in an editor.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use clap::Args;
use promptpilot_spec::definition::is_prompt_name;
use tempfile::NamedTempFile;

use super::super::Context;
use super::file::{PromptFile, SKELETON};
use super::prompt;
use super::push::{self, Saved};
use crate::api::Client;
use crate::args::Place;
use crate::error::Failure;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts create support/reply
  EDITOR='code --wait' promptpilot prompts create support/reply")]
pub(super) struct Create {
    /// What it is called; `/` makes folders
    #[arg(value_name = "PROMPT")]
    name: String,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts edit support/reply
  promptpilot prompts edit support/reply --message 'Shorter'")]
pub(super) struct Edit {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    name: String,
    /// Why, for the history
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    pub(super) place: Place,
}

pub(super) async fn create(
    context: &Context,
    client: &Client,
    args: &Create,
) -> Result<(), Failure> {
    if !is_prompt_name(&args.name) {
        return Err(Failure::usage(format!("`{}` cannot be a prompt's name", args.name)).hint(
            "lower-case letters, digits and hyphens, and `/` between folders: `support/reply`",
        ));
    }
    let draft = Draft::open(SKELETON)?;
    let saved = match draft.read() {
        Ok(Some(file)) => push::create(client, &args.name, &file, None).await,
        Ok(None) => Err(Failure::new("nothing was written, so nothing is saved")),
        Err(error) => Err(error),
    };
    finish(context, draft, saved)
}

pub(super) async fn edit(context: &Context, client: &Client, args: &Edit) -> Result<(), Failure> {
    let (before, seen) = prompt(client, &args.name).await?;
    let draft = Draft::open(&PromptFile::of(&before).text()?)?;
    let saved = match draft.read() {
        Ok(Some(file)) => {
            push::change(client, &before, seen.as_deref(), &file, args.message.as_deref()).await
        }
        Ok(None) => Ok(Saved { name: before.name, version: before.version, unchanged: true }),
        Err(error) => Err(error),
    };
    finish(context, draft, saved)
}

/// What was written is kept where it could not be saved.
fn finish(context: &Context, draft: Draft, saved: Result<Saved, Failure>) -> Result<(), Failure> {
    match saved {
        Ok(saved) => {
            context.out.result(&saved);
            Ok(())
        }
        Err(failure) => match draft.keep() {
            Some(path) => {
                let kept = format!("what you wrote is kept in {path}");
                let hint =
                    failure.hint.clone().map_or(kept.clone(), |hint| format!("{hint}; {kept}"));
                Err(failure.hint(hint))
            }
            None => Err(failure),
        },
    }
}

/// A file that somebody edits.
struct Draft {
    file: NamedTempFile,
    before: String,
}

impl Draft {
    /// Writes the text into a file of its own and opens it in the person's editor.
    fn open(text: &str) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new("could not write a file for your editor").caused_by(&error)
        };
        let mut file = tempfile::Builder::new()
            .prefix("prompt-")
            .suffix(".toml")
            .tempfile()
            .map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
        open_editor(file.path())?;
        Ok(Self { file, before: text.to_owned() })
    }

    /// What it says now; `None` if that is what it said before.
    fn read(&self) -> Result<Option<PromptFile>, Failure> {
        let path = self.file.path();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::new(format!("could not read `{}`", path.display())).caused_by(&error)
        })?;
        if text == self.before {
            return Ok(None);
        }
        PromptFile::read(&text, "what you wrote").map(Some)
    }

    /// Leaves the file where it is, if it says anything new.
    fn keep(self) -> Option<String> {
        let text = std::fs::read_to_string(self.file.path()).ok()?;
        if text == self.before {
            return None;
        }
        let (_, path) = self.file.keep().ok()?;
        Some(path.display().to_string())
    }
}

/// Waits for `$VISUAL`, `$EDITOR` or `vi`, which may be given with arguments.
fn open_editor(path: &Path) -> Result<(), Failure> {
    let named = |name| std::env::var(name).ok().filter(|editor| !editor.trim().is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let status = Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(path)
        .status()
        .map_err(|error| Failure::new(format!("could not start `{editor}`")).caused_by(&error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("the editor `{editor}` did not end well, so nothing is saved"))
        .hint("set `EDITOR` to the one you like"))
}
