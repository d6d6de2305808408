//! Calls that are made once, however often they are sent: by the same `Idempotency-Key` the first one's
//! answer is given again, for a day.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use promptpilot_spec::{
    record::Finish,
    state::{RepeatAsk, Verdict},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    KeyCaller,
    answer::{Done, Said},
};
use crate::{
    http::{Problem, Tenant},
    runs::variant::LONGEST,
    state,
};

const HEADER: &str = "idempotency-key";

/// Longest key, in bytes.
const MOST: usize = 255;

/// How much longer than the longest call its key is held.
const AFTER: Duration = Duration::from_secs(5);

/// What is kept of a call's answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) said: Said,
    pub(super) model: Option<String>,
    pub(super) finish: Option<Finish>,
}

impl From<&Done> for Kept {
    fn from(done: &Done) -> Self {
        let model = done.model().map(str::to_owned);
        Self { said: done.said.clone(), model, finish: done.record.finish }
    }
}

/// What to ask, where the caller sent a key.
pub(super) fn read(
    headers: &HeaderMap,
    caller: &KeyCaller,
    request: &Value,
) -> Result<Option<RepeatAsk>, Problem> {
    let Some(key) = headers.get(HEADER) else { return Ok(None) };
    if key.is_empty() || key.len() > MOST {
        let detail = format!("`{HEADER}` is 1 to {MOST} bytes");
        return Err(Problem::bad_request("header-invalid", detail));
    }
    let digest = |text: &[u8]| hex::encode(Sha256::digest(text));
    let lease = (LONGEST + AFTER).as_millis();
    Ok(Some(RepeatAsk {
        key: format!("{}/{}", caller.bucket(), digest(key.as_bytes())),
        request: digest(request.to_string().as_bytes()),
        lease_ms: u64::try_from(lease).unwrap_or(u64::MAX),
    }))
}

/// What is kept of the first call; `None` where this is the first.
pub(super) async fn look(caller: &KeyCaller, ask: &RepeatAsk) -> Result<Option<Kept>, Problem> {
    let mut db = caller.transaction().await?;
    let verdict = state::first_call(&mut db, ask).await?;
    db.commit().await?;
    match verdict {
        None => Ok(None),
        Some(Verdict::Repeat(kept)) => serde_json::from_str(&kept)
            .map(Some)
            .map_err(|error| Problem::internal("read a kept answer", &error)),
        Some(Verdict::Mismatch) => {
            let detail = format!("this `{HEADER}` was used for another request");
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail))
        }
        Some(_) => {
            let detail = format!("the first call with this `{HEADER}` is still at work");
            Err(Problem::conflict("idempotency-key-busy", detail).retry_after(2))
        }
    }
}

/// Keeps the answer; without one the call may be made again.
pub(super) async fn keep(caller: &KeyCaller, key: &str, done: Option<&Done>) {
    let kept = done.and_then(|done| serde_json::to_string(&Kept::from(done)).ok());
    let finish = async {
        let mut db = caller.transaction().await?;
        state::finish_call(&mut db, key, kept.as_deref()).await?;
        db.commit().await?;
        Ok::<_, Problem>(())
    };
    if let Err(problem) = finish.await {
        tracing::warn!(detail = problem.detail(), "an answer could not be kept");
    }
}
