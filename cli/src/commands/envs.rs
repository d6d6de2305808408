//! `promptpilot envs`: the places that endpoints are deployed to.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Context, confirm, variables};
use crate::api::{Client, DeletedEnvironment, Environment, NewEnvironment, Page};
use crate::args::Place;
use crate::error::Failure;
use crate::folder;
use crate::style::{FAINT, GOOD, STRONG};
use crate::text::ago;

/// Make, list and delete environments, and set their variables
///
/// Each has functions, URLs and credentials of its own; `--env` says which one a command means.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot envs create staging
  promptpilot deploy summarize --env staging
  promptpilot envs set staging LOG_LEVEL=debug
  promptpilot envs delete staging")]
pub(crate) struct Envs {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    place: Place,
}

impl Envs {
    /// The data directory that was named.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        self.place.data.clone()
    }
}

#[derive(Debug, Subcommand)]
enum What {
    /// List them, `production` first
    List,
    /// Make one
    Create {
        /// What to call it
        name: String,
    },
    /// Delete one, with all that serves in it
    Delete {
        /// Which
        name: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// List the variables of an environment
    Variables {
        /// Which
        environment: String,
    },
    /// Set variables that all functions of an environment find in theirs
    ///
    /// Everybody in the organization sees the values: secrets of providers are stored with
    /// `promptpilot credentials`. What is live is published once more, without a build.
    Set {
        /// Of which environment
        environment: String,
        /// Any number of variables
        #[arg(required = true, value_name = "NAME=VALUE")]
        variables: Vec<String>,
    },
    /// Take variables of an environment away
    Unset {
        /// Of which environment
        environment: String,
        /// Any number of variables
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}

pub(crate) async fn run(context: &Context, args: Envs) -> Result<(), Failure> {
    let client = Client::find(context)?;
    match args.what.unwrap_or(What::List) {
        What::List => {
            let page: Page<Environment> = client.get(&["environments"], &[]).await?;
            context.out.result(&Listed { items: page.items });
        }
        What::Create { name } => {
            let made = client.post(&["environments"], &NewEnvironment { name }).await?;
            context.out.result(&Made(made));
        }
        What::Delete { name, yes } => {
            let found = find(&client, &name).await?;
            if !yes {
                let question = format!(
                    "This takes down {} and forgets {} of {STRONG}{name}{STRONG:#}. Go on? [y/N]",
                    count(found.live, "endpoint"),
                    count(found.credentials, "credential"),
                );
                confirm(&format!("deleting `{name}`"), &question)?;
            }
            let gone: DeletedEnvironment = client.delete(&["environments", &name]).await?;
            context.out.result(&Gone(gone));
        }
        What::Variables { environment } => {
            variables::list(&client, context.out, &environment).await?;
        }
        What::Set { environment, variables: pairs } => {
            variables::set(&client, context.out, &environment, &pairs).await?;
        }
        What::Unset { environment, names } => {
            variables::unset(&client, context.out, &environment, names).await?;
        }
    }
    Ok(())
}

async fn find(client: &Client, name: &str) -> Result<Environment, Failure> {
    let page: Page<Environment> = client.get(&["environments"], &[]).await?;
    let known: Vec<String> = page.items.iter().map(|found| found.name.clone()).collect();
    page.items.into_iter().find(|found| found.name == name).ok_or_else(|| {
        let failure = Failure::new(format!("no environment is called `{name}`"));
        match folder::nearest(name, &known) {
            Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
            None => failure.hint(format!("there are {}", folder::list(&known))),
        }
    })
}

fn count(number: i64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<Environment>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.items.iter().map(|found| found.name.len()).max().unwrap_or(0);
        for Environment { name, live, credentials, created, .. } in &self.items {
            write!(f, "{STRONG}{name:width$}{STRONG:#}  {} live", count(*live, "endpoint"))?;
            if *credentials > 0 {
                write!(f, ", {} of its own", count(*credentials, "credential"))?;
            }
            writeln!(f, "  {FAINT}{}{FAINT:#}", ago(*created))?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
struct Made(Environment);

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.0.name;
        writeln!(f, "{GOOD}made{GOOD:#} {STRONG}{name}{STRONG:#}")?;
        writeln!(f, "Deploy to it with `promptpilot deploy … --env {name}`.")
    }
}

#[derive(Debug, Serialize)]
struct Gone(DeletedEnvironment);

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DeletedEnvironment { name, endpoints } = &self.0;
        write!(f, "{GOOD}deleted{GOOD:#} {STRONG}{name}{STRONG:#}")?;
        match endpoints.as_slice() {
            [] => writeln!(f),
            taken => writeln!(f, " and took down {}", taken.join(", ")),
        }
    }
}
