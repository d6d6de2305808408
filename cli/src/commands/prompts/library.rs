//! `promptpilot prompts templates` and `use`.

use std::fmt;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::super::Context;
use crate::api::{Client, Page, PromptTemplate, StoredPrompt};
use crate::args::Place;
use crate::error::Failure;
use crate::output::note;
use crate::style::{FAINT, GOOD, STRONG};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot prompts templates
  promptpilot prompts templates translate-with-glossary   # the definition of an endpoint for it")]
pub(super) struct Templates {
    /// Only this one, as the definition of an endpoint
    #[arg(value_name = "TEMPLATE")]
    name: Option<String>,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Args)]
#[command(
    name = "use",
    after_help = "Examples:
  promptpilot prompts use summarize-for-a-reader
  promptpilot prompts use summarize-for-a-reader --name editing/summary --sandbox"
)]
pub(super) struct Use {
    /// The template
    #[arg(value_name = "TEMPLATE")]
    template: String,
    /// What the prompt is called [default: as the template is]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// With a model that answers without network, key or cost
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    pub(super) place: Place,
}

#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<PromptTemplate>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.items.iter().map(|template| template.name.len()).max().unwrap_or(0);
        for template in &self.items {
            write!(f, "{STRONG}{:width$}{STRONG:#}  {}", template.name, template.description)?;
            writeln!(f, "  {FAINT}{}{FAINT:#}", template.tags.join(", "))?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct One(PromptTemplate);

impl fmt::Display for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.endpoint)
    }
}

pub(super) async fn list(
    context: &Context,
    client: &Client,
    args: &Templates,
) -> Result<(), Failure> {
    let page: Page<PromptTemplate> = client.get(&["prompt-templates"], &[]).await?;
    let Some(name) = &args.name else {
        context.out.result(&Listed { items: page.items });
        return Ok(());
    };
    let known: Vec<String> = page.items.iter().map(|template| template.name.clone()).collect();
    match page.items.into_iter().find(|template| template.name == *name) {
        Some(template) => {
            context.out.result(&One(template));
            Ok(())
        }
        None => {
            let failure = Failure::new(format!("no template is named `{name}`"));
            Err(match crate::folder::nearest(name, &known) {
                Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
                None => failure.hint("`promptpilot prompts templates` lists them"),
            })
        }
    }
}

#[derive(Debug, Serialize)]
struct Made(StoredPrompt);

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}made{GOOD:#} {STRONG}{}{STRONG:#} v{}", self.0.name, self.0.version)
    }
}

pub(super) async fn make(context: &Context, client: &Client, args: &Use) -> Result<(), Failure> {
    let body = json!({ "name": args.name, "sandbox": args.sandbox });
    let path = ["prompt-templates", &args.template, "use"];
    let made: StoredPrompt = client.post(&path, &body).await?;
    let name = made.name.clone();
    context.out.result(&Made(made));
    if !context.out.is_json() {
        note(format!("Try it with `promptpilot run {name}`."));
    }
    Ok(())
}
