//! A call that is answered as a whole.

use http::StatusCode;
use serde_json::Value;

use super::{
    answer::{self, shape},
    ask::Asker,
    entry::Entry,
    kept::Kept,
    ledger::Ledger,
};
use crate::{
    problem::{CALLER_GONE, Problem},
    provider::{Answer, Turn},
    reply::{Head, Reply},
};

pub(super) async fn run(
    mut asker: Asker<'_>,
    turns: &[Turn],
    reply: &mut Reply,
    entry: &mut Entry<'_>,
) -> Result<Kept, Problem> {
    let endpoint = asker.task.function.endpoint;
    let work = work(&mut asker, turns);
    let (text, value) = tokio::select! {
        answer = work => answer?,
        () = reply.gone() => return Err(Problem::new(CALLER_GONE, "the caller went away")),
    };
    let ledger = asker.ledger;
    ledger.note_response(&value, answer::fields(&endpoint.response));
    let mut head = Head::new(StatusCode::OK, "application/json");
    about(&mut head, ledger);
    let kept = Kept::new(ledger.record(), text, value);
    entry.keep(&kept).await;
    // A caller who is gone by now is not told apart from one who is not: the work is done.
    let _ = reply.whole(head, kept.value.to_string()).await;
    Ok(kept)
}

/// What the model said, and what the caller gets.
pub(super) async fn work(
    asker: &mut Asker<'_>,
    turns: &[Turn],
) -> Result<(String, Value), Problem> {
    let (response, tools) = (asker.task.response(), asker.task.function.endpoint.tools);
    let shape = |answer: &Answer| shape(answer, response, tools);
    let first = asker.ask(turns).await?;
    let unfit = match shape(&first) {
        Ok(value) => return Ok((first.text, value)),
        Err(unfit) if !unfit.repairable => return Err(unfit.into()),
        Err(unfit) => unfit,
    };
    asker.ledger.note_repair();
    let second = asker.ask(&answer::repair_turns(turns, &first, &unfit)).await?;
    let value = shape(&second)?;
    Ok((second.text, value))
}

/// Who answered and what it took, in headers.
pub(super) fn about(head: &mut Head, ledger: &Ledger) {
    let record = ledger.record();
    if let Some(model) = record.model_answered.as_ref().or(record.model.as_ref()) {
        head.set("x-promptpilot-model", model);
    }
    head.set("x-promptpilot-tokens-in", record.tokens_in.to_string());
    head.set("x-promptpilot-tokens-out", record.tokens_out.to_string());
    if let Some(cost) = record.cost_micro_usd {
        head.set("x-promptpilot-cost-usd", usd(cost));
    }
    let (overhead, provider) = ledger.times();
    let millis = |micros: u64| micros as f64 / 1000.0;
    head.set(
        "server-timing",
        format!("provider;dur={}, overhead;dur={}", millis(provider), millis(overhead)),
    );
}

/// `1234` micro-USD is `0.001234`.
pub fn usd(micro: u64) -> String {
    format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}
