//! `promptpilot calls`: the records of calls.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use promptpilot_spec::record::{CallRecord, Source};
use serde::{Deserialize, Serialize};

use super::Context;
use super::call_filter::Filter;
use super::erase::{self, Erase};
use crate::api::{ApiError, Client};
use crate::args::Place;
use crate::error::Failure;
use crate::output::note;
use crate::style::{ERROR, FAINT, GOOD, STRONG, WARNING};
use crate::text::{clock, span};

/// Show the records of calls
///
/// A line each, the newest last. With `--json` the whole record: request and response, attempts, costs
/// and times.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  promptpilot calls                             # the last calls of all endpoints
  promptpilot calls summarize --status 5xx      # those that failed
  promptpilot calls --text 'refund or \"money back\"' # those with these words
  promptpilot calls --min-latency 5s --since 1d # those that were slow
  promptpilot calls --since 1h --limit 500 --json | jq .cost_micro_usd
  promptpilot calls summarize -f                # and those to come
  promptpilot calls erase --user 4711           # forget who called"
)]
pub(crate) struct Calls {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    filter: Filter,
    /// Go on with what comes
    #[arg(long, short)]
    follow: bool,
    /// How many, at most
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 20)]
    limit: u32,
    #[command(flatten)]
    place: Place,
}

impl Calls {
    /// The data directory that was named.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        match &self.what {
            Some(What::Erase(args)) => args.place.data.clone(),
            None => self.place.data.clone(),
        }
    }
}

#[derive(Debug, Subcommand)]
enum What {
    /// Forget a user: the texts of all of their calls, and whose they were
    Erase(Erase),
}

pub(crate) async fn run(context: &Context, args: Calls) -> Result<(), Failure> {
    if let Some(What::Erase(args)) = &args.what {
        return erase::run(context, args).await;
    }
    let client = Client::find(context)?;
    let mut query = args.filter.query(&client, context.global.env.clone()).await?;
    query.push(("limit", args.limit.to_string()));
    show(context, &client, &query, args.follow).await
}

/// Shows calls, oldest first, and those to come where that is wanted.
pub(crate) async fn show(
    context: &Context,
    client: &Client,
    query: &[(&str, String)],
    follow: bool,
) -> Result<(), Failure> {
    // Opened first, so that no call falls between the list and what follows.
    let mut events = match follow {
        true => Some(client.events(&["calls"], query, None).await?),
        false => None,
    };
    let page: CallPage = client.get(&["calls"], query).await?;
    for call in page.items.iter().rev() {
        context.out.item(call);
    }
    if let Some(until) = page.scanned_until {
        note(format!("looked back as far as {until}: narrow the search, or say `--until {until}`"));
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

/// A page of calls.
#[derive(Debug, Deserialize)]
struct CallPage {
    items: Vec<Call>,
    /// How far back the server came, where that is why there are no more.
    scanned_until: Option<String>,
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
        write!(f, " {STRONG}{}", call.endpoint_name)?;
        // A run of a prompt has no endpoint behind it.
        if call.endpoint_version > 0 {
            write!(f, " v{}", call.endpoint_version)?;
        }
        write!(f, "{STRONG:#} {took}")?;
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
