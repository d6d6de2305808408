//! An answer as the state store keeps it, for repeats and for others who ask the same.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use promptpilot_spec::record::{CallRecord, Finish};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{answer, ledger::Ledger, plain, stream};
use crate::{
    endpoint::{Cache, Endpoint},
    problem::Problem,
    reply::{Head, Reply},
};

/// Largest answer that is kept, in bytes of JSON.
const MOST: usize = 1 << 20;

/// Enough of an answer to give it again, whole or as a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(super) model: Option<String>,
    pub(super) finish: Option<Finish>,
    /// What it cost when it was made, in micro-USD.
    pub(super) cost: Option<u64>,
    /// What the model said, as streams give it.
    pub(super) text: String,
    /// What the caller got.
    pub(super) value: Value,
    /// Until when it is good, where it may be used for longer: in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) good_until: Option<u64>,
}

impl Kept {
    pub(super) fn new(record: &CallRecord, text: String, value: Value) -> Self {
        let model = record.model_answered.as_ref().or(record.model.as_ref());
        Self {
            model: model.cloned(),
            finish: record.finish,
            cost: record.cost_micro_usd,
            text,
            value,
            good_until: None,
        }
    }

    /// The same, made just now to be remembered so long.
    pub(super) fn good_for(&self, times: Cache) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let good_until = (times.stale_ms > 0).then(|| now.saturating_add(times.ttl_ms));
        Self { good_until, ..self.clone() }
    }

    /// Whether it is as good as a new one. A process may have been frozen: the wall clock tells.
    pub(super) fn is_fresh(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.good_until.is_none_or(|until| now < Duration::from_millis(until))
    }

    pub(super) fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// As text; `None` where it is too large to be kept.
    pub(super) fn write(&self) -> Option<String> {
        serde_json::to_string(self).ok().filter(|text| text.len() <= MOST)
    }

    /// Gives the answer again, in the form that this caller asks for.
    pub(super) async fn tell(
        &self,
        endpoint: &'static Endpoint,
        streams: bool,
        deadline: tokio::time::Instant,
        reply: &mut Reply,
        ledger: &mut Ledger,
    ) -> Result<(), Problem> {
        ledger.note_kept(self);
        ledger.note_response(&self.value, answer::fields(&endpoint.response));
        if streams {
            ledger.note_streaming();
            return stream::again(ledger, endpoint, self, deadline, reply).await;
        }
        let mut head = Head::new(StatusCode::OK, "application/json");
        plain::about(&mut head, ledger);
        // A caller who is gone by now is not told apart from one who is not.
        let _ = reply.whole(head, self.value.to_string()).await;
        Ok(())
    }
}
