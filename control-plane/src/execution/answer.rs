//! What came of a call, in the forms that callers get it in.

use axum::{
    Json,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response, sse::Event},
};
use promptpilot_runtime::studio;
use promptpilot_spec::record::CallRecord;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    model::{Account, Delta, DoneEvent, ExecuteAnswer},
    stream::Framing,
};
use crate::{
    http::{Problem, sse},
    runs::model::RunUsage,
};

/// What a model answered, and the account of it.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) record: CallRecord,
    /// The prompt's name.
    pub(super) prompt: String,
    pub(super) version: i32,
    pub(super) said: Said,
}

/// What a model said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Said {
    /// An answer.
    Text(String),
    /// That it will not answer.
    Refusal(String),
}

impl Done {
    /// The model that answered.
    pub(super) fn model(&self) -> Option<&str> {
        self.record.model_answered.as_deref().or(self.record.model.as_deref())
    }

    fn account(&self) -> Account {
        let record = &self.record;
        Account {
            prompt: self.prompt.clone(),
            prompt_version: self.version,
            model: self.model().map(str::to_owned),
            finish: record.finish,
            usage: RunUsage {
                tokens_in: record.tokens_in,
                tokens_out: record.tokens_out,
                tokens_cached: record.tokens_cached,
            },
            cost_usd: record.cost_micro_usd.map(studio::usd),
            latency_ms: record.total_us as f64 / 1000.0,
        }
    }
}

/// Refusals are problems here, as they are at endpoints.
fn text(said: Said) -> Result<String, Problem> {
    match said {
        Said::Text(text) => Ok(text),
        Said::Refusal(why) => Err(Problem::new(StatusCode::BAD_GATEWAY, "provider-refused", why)),
    }
}

/// The whole answer.
pub(super) fn whole(done: Done, headers: HeaderMap) -> Result<Response, Problem> {
    let (account, call_id) = (done.account(), done.record.call_id);
    let text = text(done.said).map_err(|problem| problem.with("call_id", call_id))?;
    let output = value(&text);
    Ok((headers, Json(ExecuteAnswer { call_id, text, output, account })).into_response())
}

/// The text as a value, where it is an object or an array.
fn value(text: &str) -> Option<Value> {
    let text = text.trim_start();
    text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten()
}

/// Events as deployed endpoints send them.
#[derive(Debug)]
pub(super) struct Events;

impl Framing for Events {
    fn delta(&mut self, text: String) -> Event {
        sse::event("delta", &Delta { text })
    }

    fn done(&mut self, done: Done) -> Vec<Event> {
        let (account, call_id) = (done.account(), done.record.call_id);
        vec![match text(done.said) {
            Ok(text) => sse::event("done", &DoneEvent { call_id, output: value(&text), account }),
            Err(problem) => sse::event("error", &problem.with("call_id", call_id)),
        }]
    }

    fn error(&mut self, problem: Problem) -> Vec<Event> {
        vec![sse::event("error", &problem)]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_objects_and_arrays_are_values() {
        assert_eq!(value(" {\"a\": 1}"), Some(json!({ "a": 1 })));
        assert_eq!(value("[1]\n"), Some(json!([1])));
        for text in ["", "7", "true", "\"a\"", "{not json}", "{} and more"] {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
