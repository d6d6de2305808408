//! `promptpilot logs`: calls as they were recorded, or what a deployment's stages wrote.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::{Context, calls, endpoint};
use crate::api::{ApiError, Client, Deployment, LogLine, Page};
use crate::args::Place;
use crate::error::Failure;
use crate::style::FAINT;
use crate::text::clock;

/// Show calls, or the log of the last deployment
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot logs                     # the last calls of all endpoints
  promptpilot logs summarize -f        # one endpoint's, and those to come
  promptpilot logs summarize --build   # what its last deployment wrote
  promptpilot logs --json | jq .cost_micro_usd")]
pub(crate) struct Logs {
    /// Only this endpoint
    name: Option<String>,
    /// Go on with what comes
    #[arg(long, short)]
    follow: bool,
    /// The log of the endpoint's last deployment instead
    #[arg(long, requires = "name")]
    build: bool,
    /// How many calls, at most
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 20)]
    limit: u32,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// A line of a deployment's log.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct BuildLine(LogLine);

impl fmt::Display for BuildLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LogLine { time, stage, text, .. } = &self.0;
        writeln!(f, "{FAINT}{} {stage:10}{FAINT:#} {text}", clock(*time))
    }
}

pub(crate) async fn run(context: &Context, args: &Logs) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let name = match &args.name {
        Some(name) => Some(endpoint(&client, name).await?.name),
        None => None,
    };
    match name {
        Some(name) if args.build => build(context, args, &client, &name).await,
        name => {
            let mut query = vec![("limit", args.limit.to_string())];
            query.extend(name.map(|name| ("endpoint", name)));
            calls::show(context, &client, &query, args.follow).await
        }
    }
}

async fn build(context: &Context, args: &Logs, client: &Client, name: &str) -> Result<(), Failure> {
    let query = [("endpoint", name.to_owned()), ("limit", "1".to_owned())];
    let page: Page<Deployment> = client.get(&["deployments"], &query).await?;
    let Some(deployment) = page.items.first() else {
        return Err(Failure::new(format!("`{name}` was never deployed")));
    };
    let id = deployment.id.to_string();
    let path = ["deployments", id.as_str(), "logs"];
    if !args.follow {
        let page: Page<LogLine> = client.get(&path, &[]).await?;
        for line in page.items {
            context.out.item(&BuildLine(line));
        }
        return Ok(());
    }
    let mut events = client.events(&path, &[], None).await?;
    while let Some(event) = events.next().await? {
        if event.event == "log" {
            let line = serde_json::from_str(&event.data)
                .map_err(|source| ApiError::Answer { what: "a line".to_owned(), source })?;
            context.out.item(&BuildLine(line));
        }
    }
    Ok(())
}
