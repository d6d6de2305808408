//! A call from its guards to its end, by the runtime of deployed functions. It goes on in a task of its
//! own: where the caller goes away it is cancelled, at the provider, too, and still written down.

use std::sync::Arc;

use axum::http::StatusCode;
use promptpilot_codegen::check_prompt;
use promptpilot_runtime::{
    endpoint::Response,
    studio::{self, Ran, Refused, Run},
};
use promptpilot_spec::record::Source;
use serde_json::Map;
use tokio::{sync::mpsc, task::JoinHandle};
use tracing::Instrument;
use uuid::Uuid;

use super::{
    answer::{Done, Said},
    call::{Call, Head},
    model::Place,
    prepare::{Format, Prepared, Wanted, prepare},
    repeat::{self, Kept},
};
use crate::{
    http::{Problem, Tenant},
    prompts::content::owned_messages,
    runs::variant::{LONGEST, model},
};

/// Pieces of text that may wait for a slow reader.
const BUFFER: usize = 32;

/// The schema of any object.
const OBJECT: &str = r#"{"type":"object"}"#;

/// A call at work.
#[derive(Debug)]
pub(super) struct Executing {
    pub(super) call: Uuid,
    pub(super) head: Head,
    /// Text as it comes, where it streams. Once this is dropped, the call is cancelled.
    pub(super) texts: mpsc::Receiver<String>,
    pub(super) ended: JoinHandle<Result<Done, Problem>>,
}

/// Sets a call to work.
pub(super) fn start(
    call: Call,
    place: Result<Place, Problem>,
    wanted: Result<Wanted, Problem>,
) -> Executing {
    let (deltas, texts) = mpsc::channel(BUFFER);
    let (id, head) = (call.id(), Arc::clone(&call.head));
    let ended = tokio::spawn(execute(call, place, wanted, deltas).in_current_span());
    Executing { call: id, head, texts, ended }
}

/// Waits for the end; a panic goes on here.
pub(super) async fn joined(ended: JoinHandle<Result<Done, Problem>>) -> Result<Done, Problem> {
    ended.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn execute(
    mut call: Call,
    place: Result<Place, Problem>,
    wanted: Result<Wanted, Problem>,
    deltas: mpsc::Sender<String>,
) -> Result<Done, Problem> {
    let prepared = match Box::pin(prepare(&mut call, place, wanted)).await {
        Ok(prepared) => prepared,
        Err(problem) => return Err(call.refuse(problem).await),
    };
    let Some(ask) = &prepared.wanted.repeat else {
        return Box::pin(run(&call, &prepared, &deltas)).await;
    };
    match repeat::look(&call.caller, ask).await {
        Ok(Some(kept)) => Ok(again(&call, &prepared, kept, &deltas).await),
        Ok(None) => {
            let outcome = Box::pin(run(&call, &prepared, &deltas)).await;
            repeat::keep(&call.caller, &ask.key, outcome.as_ref().ok()).await;
            outcome
        }
        Err(problem) => Err(call.refuse(problem).await),
    }
}

/// Gives a kept answer again.
async fn again(
    call: &Call,
    prepared: &Prepared,
    kept: Kept,
    deltas: &mpsc::Sender<String>,
) -> Done {
    let Kept { said, model, finish } = kept;
    if let Said::Text(text) = &said {
        // Nobody may be there to be told.
        let _ = deltas.send(text.clone()).await;
    }
    let record = call.close(call.replayed(model, finish)).await;
    Done { record, prompt: prepared.name.clone(), version: prepared.version, said }
}

async fn run(
    call: &Call,
    prepared: &Prepared,
    deltas: &mpsc::Sender<String>,
) -> Result<Done, Problem> {
    let Prepared { name, version, prompt, model: planned, key, wanted } = prepared;
    let messages = owned_messages(prompt);
    let stop: Vec<&str> = planned.stop.iter().map(String::as_str).collect();
    let mut model = model(planned, &stop);
    // A provider's own way takes the words of a schema, which there are none of here.
    model.holds_to_schema &= wanted.format != Format::Object;
    let response = match &wanted.format {
        Format::Text => Response::Text,
        Format::Object => Response::Schema { schema: OBJECT, strict: false },
        Format::Schema { schema, strict } => Response::Schema { schema, strict: *strict },
    };
    let funds = call.caller.plane().funds(call.caller.organization());
    let run = Run {
        name,
        organization: call.caller.organization(),
        source: Source::Prompt,
        call: call.id(),
        arrived: call.arrived,
        messages: &messages,
        values: &wanted.values,
        conversation: &wanted.conversation,
        response: &response,
        model,
        key: key.as_ref(),
        timeout: LONGEST,
        funds: &funds,
        own: call.caller.budget(),
    };
    let Ran { outcome, mut record } = studio::run(run, deltas, wanted.streams).await;
    // Nobody is told of that, and the record says it.
    let is_gone = matches!(&outcome, Err(refused) if refused.kind == "caller-gone");
    let outcome = match outcome {
        Ok(text) => Ok(Said::Text(text)),
        Err(refused) if refused.kind == "provider-refused" && wanted.takes_refusals => {
            record.status = StatusCode::OK.as_u16();
            Ok(Said::Refusal(refused.detail))
        }
        Err(refused) => Err(problem(refused, prepared)),
    };
    if let Err(problem) = &outcome
        && !is_gone
    {
        record.status = problem.status().as_u16();
        record.error_type = Some(problem.kind().to_owned());
    }
    let record = call.close(record).await;
    match outcome {
        Ok(said) => Ok(Done { record, prompt: name.clone(), version: *version, said }),
        Err(problem) => Err(call.tell(problem)),
    }
}

/// What went wrong, for the caller. A text that was checked when it was saved fails by its values alone.
fn problem(refused: Refused, prepared: &Prepared) -> Problem {
    let Refused { kind, status, detail, retry_after } = refused;
    match kind {
        "prompt-failed" => {
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request-invalid", detail);
            let problem = problem.with("at", "variables");
            match missing(prepared).as_slice() {
                [] => problem,
                names => problem.hint(format!("give `variables` {}", names.join(", "))),
            }
        }
        "provider-failed" | "provider-refused" | "answer-invalid" | "timeout" | "budget-spent"
        | "state-unavailable" => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            let problem = Problem::new(status, kind, detail);
            match retry_after {
                Some(wait) => problem.retry_after(wait.as_secs().max(1)),
                None => problem,
            }
        }
        _ => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail),
    }
}

/// Variables that the prompt needs and the request has not.
fn missing(prepared: &Prepared) -> Vec<String> {
    let Prepared { prompt, wanted, .. } = prepared;
    let variables = check_prompt(prompt, &Map::new()).variables.into_iter();
    let lacking = variables
        .filter(|it| !it.field.optional && !wanted.values.contains_key(&it.name))
        .map(|it| format!("`{}`", it.name));
    lacking.collect()
}
