//! A recorded call once more: its request, to what its endpoint has live now, as the one who asks.

use axum::http::StatusCode;
use promptpilot_spec::record::CallRecord;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::search::{
    model::{NotReplayable, Replayed},
    store,
};
use crate::{
    endpoints::trial,
    http::{Context, Problem},
};

/// What a function writes in the place of what is sensitive.
const HIDDEN: &str = "[sensitive]";

/// Makes a call again.
pub(super) async fn run(context: &Context, call: Uuid) -> Result<Replayed, Problem> {
    let (record, name) = {
        let mut db = context.read().await?;
        let about = store::get(&mut db, call).await?;
        let record = about.ok_or_else(|| Problem::not_found("call", call))?.record;
        let name = store::endpoint(&mut db, record.endpoint).await?;
        (record, name)
    };
    let request = request_of(&record).map_err(NotReplayable::problem)?;
    let name = name.ok_or_else(|| {
        let detail = format!("the endpoint `{}` is not there any more", record.endpoint_name);
        Problem::conflict("endpoint-deleted", detail).hint("deploy it again")
    })?;
    let now = trial::run(context, &name, &record.environment, &request).await?;
    Ok(Replayed {
        of: call,
        status_before: record.status,
        version_before: record.endpoint_version,
        now,
    })
}

/// The request of a call, where the whole of it is known.
pub(super) fn request_of(record: &CallRecord) -> Result<Map<String, Value>, NotReplayable> {
    if record.endpoint.is_nil() {
        return Err(NotReplayable::NoEndpoint);
    }
    let kept = record.request.as_ref().filter(|body| !body.cut);
    let text = kept.and_then(|body| body.text.as_ref()).ok_or(NotReplayable::BodyNotKept)?;
    let request = serde_json::from_str(text).map_err(|_| NotReplayable::BodyNotJson)?;
    match is_hidden(&request) {
        true => Err(NotReplayable::BodySensitive),
        false => match request {
            Value::Object(request) => Ok(request),
            _ => Err(NotReplayable::BodyNotJson),
        },
    }
}

/// Whether anything in a value was left out because it is sensitive.
fn is_hidden(value: &Value) -> bool {
    match value {
        Value::String(text) => text == HIDDEN,
        Value::Array(items) => items.iter().any(is_hidden),
        Value::Object(members) => members.values().any(is_hidden),
        _ => false,
    }
}

impl NotReplayable {
    fn problem(self) -> Problem {
        let (detail, hint) = match self {
            Self::NoEndpoint => (
                "it was a run of a prompt, and no endpoint stands behind it",
                "run the prompt again",
            ),
            Self::BodyNotKept => (
                "its request is not kept, or not all of it",
                "let the definition's `log` keep requests, and call the endpoint again",
            ),
            Self::BodyNotJson => ("its request is no JSON object", "call the endpoint itself"),
            Self::BodySensitive => (
                "parts of its request are sensitive and were not kept",
                "call the endpoint with them",
            ),
        };
        Problem::new(StatusCode::CONFLICT, "call-not-replayable", detail)
            .hint(hint)
            .with("reason", self)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use promptpilot_spec::{
        deployment::Identity,
        record::{Body, Served, Source},
    };
    use time::OffsetDateTime;

    use super::*;

    fn record(text: Option<&str>, cut: bool, endpoint: Uuid) -> CallRecord {
        let identity = Identity {
            organization: Uuid::now_v7(),
            environment: "production".to_owned(),
            endpoint,
            version: 1,
            deployment: Uuid::now_v7(),
        };
        let by = Served { identity, endpoint_name: "greet".to_owned() };
        let now = OffsetDateTime::now_utc();
        let text = text.map(ToOwned::to_owned);
        CallRecord {
            request: Some(Body { text, cut, size: 1, sha256: None }),
            ..CallRecord::begun(Uuid::now_v7(), now, Source::Call, by)
        }
    }

    #[test]
    fn only_a_request_that_is_known_whole_is_made_again() {
        let endpoint = Uuid::now_v7();
        let of = |text, cut| request_of(&record(text, cut, endpoint));
        assert_eq!(of(Some(r#"{"word":"x"}"#), false).unwrap()["word"], "x");
        assert_eq!(of(Some(r#"{"word":"x"}"#), true), Err(NotReplayable::BodyNotKept));
        assert_eq!(of(None, false), Err(NotReplayable::BodyNotKept));
        assert_eq!(of(Some("hello"), false), Err(NotReplayable::BodyNotJson));
        assert_eq!(of(Some("[1]"), false), Err(NotReplayable::BodyNotJson));
        let hidden = r#"{"a":[{"b":"[sensitive]"}]}"#;
        assert_eq!(of(Some(hidden), false), Err(NotReplayable::BodySensitive));
        let run = request_of(&record(Some("{}"), false, Uuid::nil()));
        assert_eq!(run, Err(NotReplayable::NoEndpoint));
    }
}
