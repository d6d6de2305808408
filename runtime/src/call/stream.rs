//! A call that is answered as server-sent events: `delta` as text comes, then `done` or `error`, and
//! a comment line now and then so that nobody on the way takes the silence for the end.
//!
//! The head goes out with the first delta, or after [`HEAD_AFTER`]. Before it, a failure is an
//! ordinary problem document with its own status.

use std::{pin::pin, time::Duration};

use http::StatusCode;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until, timeout_at},
};
use uuid::Uuid;

use super::{
    answer::{self, shape},
    ask::{Asker, Task},
    entry::Entry,
    kept::Kept,
    ledger::Ledger,
    plain::usd,
};
use crate::{
    endpoint::{Endpoint, Response},
    problem::{CALLER_GONE, Problem},
    provider::{Answer, Turn},
    reply::{Gone, Head, Reply},
};

/// When the head goes out at the latest.
const HEAD_AFTER: Duration = Duration::from_secs(10);

/// Between two comment lines.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Pieces of text that may wait for a slow reader.
const BUFFER: usize = 16;

pub(super) async fn run(
    mut asker: Asker<'_>,
    turns: &[Turn],
    reply: &mut Reply,
    entry: &mut Entry<'_>,
) -> Result<Kept, Problem> {
    let (sender, deltas) = mpsc::channel(BUFFER);
    asker.ledger.note_streaming();
    asker.deltas = Some(sender);
    let Task { deadline, function, .. } = asker.task;
    let endpoint = function.endpoint;
    let answer = pump(&mut asker, turns, deltas, reply).await?;
    // There is no repair: the caller has read what there was.
    let value = shape(&answer, &endpoint.response, endpoint.tools)?;
    let ledger = asker.ledger;
    ledger.note_response(&value, answer::fields(&endpoint.response));
    let kept = Kept::new(ledger.record(), answer.text, value.clone());
    entry.keep(&kept).await;
    send(reply, deadline, event("done", &done(ledger, endpoint, value))).await?;
    Ok(kept)
}

/// Gives a kept answer again: its text in one piece.
pub(super) async fn again(
    ledger: &Ledger,
    endpoint: &Endpoint,
    kept: &Kept,
    deadline: Instant,
    reply: &mut Reply,
) -> Result<(), Problem> {
    let delta = event("delta", &json!({ "text": kept.text }));
    let done = event("done", &done(ledger, endpoint, kept.value.clone()));
    send(reply, deadline, delta + &done).await
}

/// Runs the call and passes its text on.
async fn pump(
    asker: &mut Asker<'_>,
    turns: &[Turn],
    mut deltas: mpsc::Receiver<String>,
    reply: &mut Reply,
) -> Result<Answer, Problem> {
    let deadline = asker.task.deadline;
    let begun = Instant::now();
    let mut next_comment = begun + HEAD_AFTER;
    let mut work = pin!(asker.ask(turns));
    let outcome = loop {
        tokio::select! {
            biased;
            Some(text) = deltas.recv() => {
                send(reply, deadline, event("delta", &json!({ "text": text }))).await?;
                next_comment = Instant::now() + HEARTBEAT;
            }
            outcome = &mut work => break outcome,
            () = reply.gone() => return Err(gone(Gone)),
            () = sleep_until(next_comment) => {
                send(reply, deadline, ": still at work\n\n".to_owned()).await?;
                next_comment = Instant::now() + HEARTBEAT;
            }
        }
    };
    // What came with the very last bytes may still wait.
    while let Ok(text) = deltas.try_recv() {
        send(reply, deadline, event("delta", &json!({ "text": text }))).await?;
    }
    outcome
}

/// Sends a piece, the head before the first. A caller who does not read for so long is gone.
async fn send(reply: &mut Reply, deadline: Instant, piece: String) -> Result<(), Problem> {
    if !reply.has_begun() {
        let mut head = Head::new(StatusCode::OK, "text/event-stream");
        head.set("cache-control", "no-cache");
        reply.begin(head);
    }
    timeout_at(deadline, reply.chunk(piece)).await.unwrap_or(Err(Gone)).map_err(gone)
}

/// Tells of a failure after the head has gone out.
pub(crate) async fn send_error(reply: &mut Reply, problem: &Problem, call_id: Uuid) {
    let document = format!("event: error\ndata: {}\n\n", problem.document(call_id));
    // At this point nobody may be there to be told.
    let _ = timeout_at(Instant::now() + Duration::from_secs(1), reply.chunk(document)).await;
}

fn gone(_: Gone) -> Problem {
    Problem::new(CALLER_GONE, "the caller went away")
}

fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

fn done(ledger: &Ledger, endpoint: &Endpoint, value: Value) -> Value {
    let record = ledger.record();
    let mut done = json!({
        "call_id": record.call_id,
        "model": record.model_answered.as_ref().or(record.model.as_ref()),
        "finish": record.finish,
        "usage": {
            "tokens_in": record.tokens_in,
            "tokens_out": record.tokens_out,
            "tokens_cached": record.tokens_cached,
        },
        "cost_usd": record.cost_micro_usd.map(usd),
    });
    // The deltas were all that there is to a text.
    if matches!(endpoint.response, Response::Json { .. }) || !endpoint.tools.is_empty() {
        done["output"] = value;
    }
    done
}
