//! `promptpilot envs variables`, `set` and `unset`: plain values that all functions of an environment find
//! in theirs.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::api::{ChangedVariables, Client, Page, Variable, VariableChanges};
use crate::error::Failure;
use crate::output::Output;
use crate::style::{FAINT, GOOD, STRONG};
use crate::text::ago;

/// Shows the variables of an environment.
pub(super) async fn list(client: &Client, out: Output, environment: &str) -> Result<(), Failure> {
    let page: Page<Variable> = client.get(&["environments", environment, "variables"], &[]).await?;
    out.result(&Listed { items: page.items });
    Ok(())
}

/// Sets variables, all at once.
pub(super) async fn set(
    client: &Client,
    out: Output,
    environment: &str,
    pairs: &[String],
) -> Result<(), Failure> {
    let mut variables = BTreeMap::new();
    for pair in pairs {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Failure::usage(format!("`{pair}` is no `NAME=VALUE`")));
        };
        variables.insert(name.to_owned(), Some(value.to_owned()));
    }
    change(client, out, environment, "set", variables).await
}

/// Takes variables away, all at once.
pub(super) async fn unset(
    client: &Client,
    out: Output,
    environment: &str,
    names: Vec<String>,
) -> Result<(), Failure> {
    let variables = names.into_iter().map(|name| (name, None)).collect();
    change(client, out, environment, "unset", variables).await
}

async fn change(
    client: &Client,
    out: Output,
    environment: &str,
    done: &'static str,
    variables: BTreeMap<String, Option<String>>,
) -> Result<(), Failure> {
    let names = variables.keys().cloned().collect();
    let changes = VariableChanges { variables };
    let changed: ChangedVariables =
        client.patch(&["environments", environment, "variables"], &changes).await?;
    out.result(&Changed { done, names, changed });
    Ok(())
}

#[derive(Debug, Serialize)]
struct Listed {
    items: Vec<Variable>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Variable { name, value, changed } in &self.items {
            writeln!(f, "{STRONG}{name}{STRONG:#}={value}  {FAINT}{}{FAINT:#}", ago(*changed))?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
struct Changed {
    #[serde(skip)]
    done: &'static str,
    #[serde(skip)]
    names: Vec<String>,
    #[serde(flatten)]
    changed: ChangedVariables,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { done, names, changed } = self;
        writeln!(f, "{GOOD}{done}{GOOD:#} {STRONG}{}{STRONG:#}", names.join(", "))?;
        match changed.deployments.len() {
            0 => Ok(()),
            1 => writeln!(f, "1 deployment brings it to what is live."),
            more => writeln!(f, "{more} deployments bring it to what is live."),
        }
    }
}
