//! Calling a function: the way that URLs and both Invoke operations share.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::clock;
use crate::invocation::{Answer, Invocation};
use crate::process::{Pool, QueueFull};
use crate::registry::Entry;

const TRACE_HEADER: &str = "x-amzn-trace-id";

/// A call to be made.
pub(crate) struct Call<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) qualifier: &'a str,
    pub(crate) id: Uuid,
    pub(crate) payload: Bytes,
    pub(crate) invoked_arn: Arc<str>,
    pub(crate) trace_id: HeaderValue,
    pub(crate) client_context: Option<HeaderValue>,
    pub(crate) wants_log: bool,
}

/// A call on its way.
pub(crate) struct Calling {
    pub(crate) pool: Arc<Pool>,
    answer: oneshot::Receiver<Answer>,
}

/// Why no call was made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotCalled {
    /// The qualifier leads to no version.
    NoVersion,
    /// The reserved concurrency is used up.
    Reserved,
    /// The queue is full.
    Busy,
}

impl NotCalled {
    /// `Reason` of a `TooManyRequestsException`.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Reserved => "ReservedFunctionConcurrentInvocationLimitExceeded",
            Self::NoVersion | Self::Busy => "ConcurrentInvocationLimitExceeded",
        }
    }
}

/// The host shut down before the call was done.
#[derive(Debug)]
pub(crate) struct ShutDown;

/// Hands a call over. From here on it runs whether or not anybody waits for its answer.
pub(crate) fn call(call: Call<'_>) -> Result<Calling, NotCalled> {
    let pool = call.entry.pool(call.qualifier).ok_or(NotCalled::NoVersion)?;
    let permit = call.entry.enter(&pool.unit.number).ok_or(NotCalled::Reserved)?;
    let (sender, answer) = oneshot::channel();
    let invocation = Invocation {
        id: call.id,
        payload: call.payload,
        invoked_arn: call.invoked_arn,
        trace_id: call.trace_id,
        client_context: call.client_context,
        wants_log: call.wants_log,
        answer: sender,
        permit,
    };
    pool.submit(invocation).map_err(|QueueFull| NotCalled::Busy)?;
    Ok(Calling { pool: Arc::clone(pool), answer })
}

impl Calling {
    pub(crate) async fn answer(self) -> Result<Answer, ShutDown> {
        self.answer.await.map_err(|_| ShutDown)
    }
}

/// The caller's trace id, or one made of the request's.
pub(crate) fn trace_id(headers: &HeaderMap, id: Uuid) -> HeaderValue {
    if let Some(given) = headers.get(TRACE_HEADER) {
        return given.clone();
    }
    let seconds = clock::epoch_millis(std::time::SystemTime::now()) / 1000;
    let id = id.as_u128();
    let (root, parent) = (id >> 32, id & u128::from(u64::MAX));
    let text = format!("Root=1-{seconds:08x}-{root:024x};Parent={parent:016x};Sampled=0");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("Sampled=0"))
}
