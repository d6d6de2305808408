//! `promptpilot replay`: a recorded call once more.

use std::fmt;
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Context;
use crate::api::Client;
use crate::args::Place;
use crate::error::{Exit, Failure};
use crate::output::note;
use crate::text::span;

/// Make a recorded call again
///
/// The request of the call goes to what its endpoint has live now, as you: no key is needed, and the
/// call is recorded as `try`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot calls summarize --status 5xx      # find the call
  promptpilot replay 0192f1f0-…                 # make it again")]
pub(crate) struct Replay {
    /// The call, as `promptpilot calls` shows it
    id: Uuid,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
struct Replayed {
    of: Uuid,
    status_before: u16,
    version_before: u32,
    status: u16,
    version: i32,
    took_ms: u64,
    call: Option<Uuid>,
    body: Value,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.body {
            Value::Object(members) if members.len() == 1 && members.contains_key("text") => {
                writeln!(f, "{}", members["text"].as_str().unwrap_or_default())
            }
            body => writeln!(f, "{body:#}"),
        }
    }
}

pub(crate) async fn run(context: &Context, args: &Replay) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let id = args.id.to_string();
    let again: Replayed = client.post(&["calls", &id, "replay"], &json!({})).await?;
    context.out.result(&again);
    if !context.out.is_json() {
        let took = span(Duration::from_millis(again.took_ms));
        note(format!(
            "{} by v{} in {took}; before: {} by v{}",
            again.status, again.version, again.status_before, again.version_before
        ));
    }
    if again.status < 400 { Ok(()) } else { Err(Failure::told(Exit::Failed)) }
}
