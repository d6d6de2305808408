//! One request, as the call log will have it: begun when its key is known, and written down once,
//! whatever becomes of it.

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use promptpilot_runtime::studio;
use promptpilot_spec::{
    deployment::Identity,
    record::{CallRecord, Finish, Served, Source},
};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::KeyCaller;
use crate::{
    calls::Ran,
    http::{Problem, Tenant},
};

/// Longest `detail` that a record keeps, in characters.
const MOST_DETAIL: usize = 1000;

/// What has been found out for the answer's head, by then.
pub(super) type Head = Arc<OnceLock<HeaderMap>>;

/// A request under way.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) caller: KeyCaller,
    pub(super) arrived: Instant,
    pub(super) head: Head,
    /// What is known of it.
    record: CallRecord,
    /// The prompt's version, once it is known.
    prompt: Option<(Uuid, i32)>,
}

impl Call {
    /// Begins one for a prompt, as the caller names it.
    pub(super) fn begin(caller: KeyCaller, reference: &str) -> Self {
        let identity = Identity {
            organization: caller.organization(),
            environment: "prompt".to_owned(),
            endpoint: Uuid::nil(),
            version: 0,
            deployment: Uuid::nil(),
        };
        let endpoint_name = reference.chars().take(MOST_NAME).collect();
        let by = Served { identity, endpoint_name };
        let (id, now) = (Uuid::now_v7(), OffsetDateTime::now_utc());
        let key_id = Some(caller.key());
        let record = CallRecord { key_id, ..CallRecord::begun(id, now, Source::Prompt, by) };
        Self { caller, arrived: Instant::now(), head: Head::default(), record, prompt: None }
    }

    pub(super) fn id(&self) -> Uuid {
        self.record.call_id
    }

    /// What the caller says of itself.
    pub(super) fn note_caller(
        &mut self,
        user: Option<&str>,
        metadata: Option<&Map<String, Value>>,
    ) {
        self.record.user = user.map(str::to_owned);
        self.record.metadata = metadata.cloned();
    }

    /// What the caller asks for.
    pub(super) fn note_request(&mut self, request: &Value, streams: bool) {
        self.record.request = Some(studio::keep(request.to_string().as_bytes()));
        self.record.streaming = streams;
    }

    pub(super) fn note_prompt(&mut self, prompt: Uuid, version: i32) {
        self.prompt = Some((prompt, version));
    }

    /// Writes down that it was refused before anybody was asked.
    pub(super) async fn refuse(mut self, problem: Problem) -> Problem {
        self.record.status = problem.status().as_u16();
        self.record.error_type = Some(problem.kind().to_owned());
        self.record.error_detail = Some(problem.detail().chars().take(MOST_DETAIL).collect());
        let total = self.elapsed();
        (self.record.total_us, self.record.overhead_us) = (total, total);
        self.keep(&self.record).await;
        self.tell(problem)
    }

    /// The account of one that a kept answer answers.
    pub(super) fn replayed(&self, model: Option<String>, finish: Option<Finish>) -> CallRecord {
        let total = self.elapsed();
        CallRecord {
            model_answered: model,
            finish,
            total_us: total,
            overhead_us: total,
            ..self.record.clone()
        }
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.arrived.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Writes down what came of it, in the account of whoever did the work.
    pub(super) async fn close(&self, mut account: CallRecord) -> CallRecord {
        account.key_id = self.record.key_id;
        account.user.clone_from(&self.record.user);
        account.metadata.clone_from(&self.record.metadata);
        account.request.clone_from(&self.record.request);
        account.endpoint_name.clone_from(&self.record.endpoint_name);
        self.keep(&account).await;
        account
    }

    async fn keep(&self, record: &CallRecord) {
        let ran = Ran { record, prompt: self.prompt };
        if let Err(error) = self.caller.plane().keep_run(ran).await {
            tracing::error!(call = %record.call_id, %error, "could not keep the record of a call");
        }
    }

    /// A problem, with the call's id.
    pub(super) fn tell(&self, problem: Problem) -> Problem {
        problem.with("call_id", self.id())
    }
}

/// Longest name that a record keeps, in characters: a prompt's and a label's, with room to spare.
const MOST_NAME: usize = 200;

/// The headers of an answer, whatever it is.
pub(super) fn headers(call: Uuid, head: &Head) -> HeaderMap {
    let mut headers = head.get().cloned().unwrap_or_default();
    if let Ok(id) = HeaderValue::try_from(call.to_string()) {
        headers.insert(HeaderName::from_static("x-promptpilot-call-id"), id);
    }
    headers
}
