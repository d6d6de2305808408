//! `promptpilot prompts show`.

use std::fmt;

use clap::Args;
use promptpilot_spec::definition::{PromptReference, Wanted};
use serde::Serialize;

use super::super::Context;
use super::file::PromptFile;
use super::prompt;
use crate::api::{Client, PromptVersion, StoredPrompt};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{FAINT, STRONG};
use crate::text::ago;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts show support/reply
  promptpilot prompts show support/reply@production
  promptpilot prompts show support/reply@3 --toml > prompts/support/reply.toml")]
pub(super) struct Show {
    /// The prompt; `@3` behind it is a version, `@production` a label
    #[arg(value_name = "PROMPT")]
    name: PromptReference,
    /// As a file that `push` takes
    #[arg(long)]
    toml: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    prompt: StoredPrompt,
    #[serde(skip)]
    text: String,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prompt = &self.prompt;
        write!(f, "{STRONG}{}{STRONG:#} v{}", prompt.name, prompt.version)?;
        for label in &prompt.labels {
            write!(f, "  {}@v{}", label.label, label.version)?;
        }
        let by = prompt.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
        writeln!(f, "  {FAINT}{}{by}{FAINT:#}", ago(prompt.updated))?;
        if !prompt.used_by.is_empty() {
            writeln!(f, "used by {}", prompt.used_by.join(", "))?;
        }
        write!(f, "\n{}", self.text)
    }
}

pub(super) async fn run(context: &Context, client: &Client, args: &Show) -> Result<(), Failure> {
    let (mut found, _) = prompt(client, &args.name.name).await?;
    if let Some(number) = number(&found, &args.name.wanted)? {
        let version: PromptVersion =
            client.get(&["prompts", &found.name, "versions", &number.to_string()], &[]).await?;
        found.version = version.version;
        found.content = version.content;
        found.by = version.by;
        found.message = version.message;
        found.updated = version.created;
    }
    let text = PromptFile::of(&found).text()?;
    if args.toml && !context.out.is_json() {
        context.out.raw(&text);
    } else {
        context.out.result(&Shown { prompt: found, text });
    }
    Ok(())
}

/// The version that is wanted; `None` is the newest.
fn number(prompt: &StoredPrompt, wanted: &Wanted) -> Result<Option<i64>, Failure> {
    match wanted {
        Wanted::Newest => Ok(None),
        Wanted::Version(number) => Ok(Some(i64::from(*number))),
        Wanted::Label(label) => {
            let found = prompt.labels.iter().find(|it| it.label == *label);
            let missing = || {
                let names: Vec<&str> = prompt.labels.iter().map(|it| it.label.as_str()).collect();
                let failure =
                    Failure::new(format!("the prompt `{}` has no label `{label}`", prompt.name));
                match names.is_empty() {
                    true => failure.hint("it has none yet"),
                    false => failure.hint(format!("its labels are {}", names.join(", "))),
                }
            };
            found.map(|it| Some(i64::from(it.version))).ok_or_else(missing)
        }
    }
}
