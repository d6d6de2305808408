//! One call of a function: what goes in, and what can come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::Bytes;
use http::HeaderValue;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// A call on its way to a process.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) id: Uuid,
    pub(crate) payload: Bytes,
    pub(crate) invoked_arn: Arc<str>,
    pub(crate) trace_id: HeaderValue,
    pub(crate) client_context: Option<HeaderValue>,
    /// Whether the caller asked for the end of the log.
    pub(crate) wants_log: bool,
    pub(crate) answer: oneshot::Sender<Answer>,
    pub(crate) permit: Permit,
}

/// What the caller of a function gets.
#[derive(Debug)]
pub(crate) enum Answer {
    Whole { content_type: Option<HeaderValue>, body: Bytes, log: Option<Bytes> },
    Stream { content_type: Option<HeaderValue>, chunks: mpsc::Receiver<Chunk> },
    Failed { failure: Failure, log: Option<Bytes> },
}

/// A piece of a streamed answer. A stream that just stops was cut off.
#[derive(Debug)]
pub(crate) enum Chunk {
    Data(Bytes),
    End { failure: Option<Failure>, log: Option<Bytes> },
}

/// A function that failed, as its caller is told.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// `errorType`, as `Runtime.ExitError`.
    pub(crate) kind: String,
    /// The whole error document.
    pub(crate) payload: Bytes,
}

impl Failure {
    /// A failure that the host found.
    pub(crate) fn of_host(id: Uuid, kind: &str, what: &str) -> Self {
        Self::document(kind, &format!("RequestId: {id} Error: {what}"))
    }

    /// A failure with this message and nothing else.
    pub(crate) fn document(kind: &str, message: &str) -> Self {
        let payload = json!({ "errorType": kind, "errorMessage": message }).to_string();
        Self { kind: kind.to_owned(), payload: payload.into() }
    }

    /// A failure that the function reported itself.
    pub(crate) fn of_function(kind: Option<&HeaderValue>, payload: Bytes) -> Self {
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("Runtime.UnknownReason");
        Self { kind: kind.to_owned(), payload }
    }

    /// What the error document says.
    pub(crate) fn message(&self) -> String {
        let document = serde_json::from_slice::<serde_json::Value>(&self.payload);
        let message = document.ok().and_then(|it| Some(it["errorMessage"].as_str()?.to_owned()));
        message.unwrap_or_default()
    }

    /// Whether the function was stopped at its timeout.
    pub(crate) fn is_timeout(&self) -> bool {
        self.kind == TIMED_OUT
    }
}

pub(crate) const TIMED_OUT: &str = "Sandbox.Timedout";

/// Counts the calls of a function that are under way, all versions together.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    running: AtomicUsize,
    /// The reserved concurrency plus one, 0 for none.
    reserved: AtomicU64,
}

/// A place taken in a [`Gate`], given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Gate>);

impl Gate {
    pub(crate) fn reserve(&self, reserved: Option<u32>) {
        self.reserved.store(reserved.map_or(0, |it| u64::from(it) + 1), Ordering::Relaxed);
    }

    /// A place, `None` where all reserved ones are taken.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Permit> {
        let before = self.running.fetch_add(1, Ordering::Relaxed);
        let permit = Permit(Arc::clone(self));
        let reserved = self.reserved.load(Ordering::Relaxed);
        (reserved == 0 || (before as u64) < reserved - 1).then_some(permit)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_lets_in_as_many_as_are_reserved() {
        let gate = Arc::new(Gate::default());
        assert!(gate.enter().is_some());
        gate.reserve(Some(1));
        let first = gate.enter();
        assert!(first.is_some() && gate.enter().is_none());
        drop(first);
        assert!(gate.enter().is_some());
        gate.reserve(Some(0));
        assert!(gate.enter().is_none());
    }
}
