//! `promptpilot logs`: calls as they were recorded, or what a deployment's stages wrote.

use std::fmt;
use std::time::Duration;

use clap::Args;
use promptpilot_spec::record::{CallRecord, Source};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::format_description;

use super::{Context, endpoint};
use crate::api::{ApiError, Client, Deployment, LogLine, Page};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{ERROR, FAINT, GOOD, STRONG, WARNING};
use crate::text::span;

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

/// A call: whole in JSON, the figures that matter in text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Call(CallRecord);

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(call) = self;
        let style = match call.status {
            ..400 => GOOD,
            400..500 => WARNING,
            _ => ERROR,
        };
        let took = span(Duration::from_micros(call.total_us));
        write!(f, "{FAINT}{}{FAINT:#} {style}{}{style:#}", clock(call.time), call.status)?;
        write!(f, " {STRONG}{} v{}{STRONG:#} {took}", call.endpoint_name, call.endpoint_version)?;
        if let Some(model) = &call.model {
            write!(f, " · {model}, {} tokens in, {} out", call.tokens_in, call.tokens_out)?;
        }
        if let Some(kind) = &call.error_type {
            write!(f, " · {style}{kind}{style:#}")?;
        }
        if let Some(source) = not_a_caller(call.source) {
            write!(f, " · {source}")?;
        }
        writeln!(f, " {FAINT}· {}{FAINT:#}", call.call_id)
    }
}

/// Who called, where it was not the endpoint's own caller.
fn not_a_caller(source: Source) -> Option<&'static str> {
    match source {
        Source::Call => None,
        Source::Verify => Some("verify"),
        Source::Try => Some("try"),
        Source::Studio => Some("studio"),
        Source::Prompt => Some("prompt"),
    }
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

fn clock(time: OffsetDateTime) -> String {
    let format =
        format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:3]");
    time.format(format).unwrap_or_default()
}

pub(crate) async fn run(context: &Context, args: &Logs) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let name = match &args.name {
        Some(name) => Some(endpoint(&client, name).await?.name),
        None => None,
    };
    match name {
        Some(name) if args.build => build(context, args, &client, &name).await,
        name => calls(context, args, &client, name.as_deref()).await,
    }
}

async fn calls(
    context: &Context,
    args: &Logs,
    client: &Client,
    name: Option<&str>,
) -> Result<(), Failure> {
    let mut query = vec![("limit", args.limit.to_string())];
    query.extend(name.map(|name| ("endpoint", name.to_owned())));
    // Opened first, so that no call falls between the list and what follows.
    let mut events = match args.follow {
        true => Some(client.events(&["calls"], &query, None).await?),
        false => None,
    };
    let page: Page<Call> = client.get(&["calls"], &query).await?;
    for call in page.items.iter().rev() {
        context.out.item(call);
    }
    while let Some(events) = &mut events {
        let Some(event) = events.next().await? else { break };
        if event.event != "call" {
            continue;
        }
        let call: Call = serde_json::from_str(&event.data)
            .map_err(|source| ApiError::Answer { what: "a call".to_owned(), source })?;
        if !page.items.iter().any(|listed| listed.0.call_id == call.0.call_id) {
            context.out.item(&call);
        }
    }
    Ok(())
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
