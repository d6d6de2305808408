//! Prompts executed over HTTP, in our own form.

use aide::axum::{ApiRouter, routing::post_with};
use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    KeyCaller, answer,
    answer::Events,
    call::{self, Call},
    model::{ExecuteAnswer, ExecuteRequest, Place},
    openai,
    prepare::Wanted,
    repeat,
    run::{self, Executing},
    stream,
};
use crate::{
    http::{
        Problem,
        body::Body,
        extract::{Path, Query},
        openapi::{self, describe_with},
        sse,
    },
    plane::ControlPlane,
};

/// What may come of a call beside what may come of any request.
pub(super) const KINDS: &[&str] = &[
    "prompt-not-found",
    "label-not-found",
    "version-not-found",
    "environment-not-found",
    "request-invalid",
    "run-invalid",
    "provider-failed",
    "provider-refused",
    "answer-invalid",
    "timeout",
    "budget-spent",
    "state-unavailable",
];

/// Longest `user`, in characters.
const MOST_USER: usize = 256;

/// Largest `metadata`, in bytes of JSON.
const MOST_METADATA: usize = 16 << 10;

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    let executed = describe_with(
        "prompts",
        "executePromptByKey",
        "Execute a prompt with an API key, whole or as server-sent events",
        KINDS,
        json!({ "variables": { "name": "Ada" }, "label": "production" }),
    );
    ApiRouter::new()
        .api_route(
            "/v1/prompts/{name}/execute",
            post_with(execute, |operation| {
                openapi::or_live_events::<ExecuteAnswer>(executed(operation))
            }),
        )
        .merge(openai::routes::router())
}

async fn execute(
    caller: KeyCaller,
    Path(name): Path<String>,
    place: Result<Query<Place>, Problem>,
    headers: HeaderMap,
    body: Result<Body<ExecuteRequest>, Problem>,
) -> Response {
    let body = body.map(|Body(request)| request);
    let mut call = Call::begin(caller, &shown(&name, body.as_ref().ok()));
    let streams = streams(body.as_ref().ok(), &headers);
    let wanted = body.and_then(|request| {
        let kept = serde_json::to_value(&request).unwrap_or_default();
        call.note_request(&kept, streams);
        check_caller(request.user.as_deref(), request.metadata.as_ref())?;
        call.note_caller(request.user.as_deref(), request.metadata.as_ref());
        let reference = reference(&name, &request)?;
        let repeat = repeat::read(&headers, &call.caller, &json!([name, kept]))?;
        Ok(Wanted { reference, values: request.variables, streams, repeat, ..Wanted::default() })
    });
    let place = place.map(|Query(place)| place);
    let executing = run::start(call, place, wanted);
    let (id, head) = (executing.call, executing.head.clone());
    let answer = match streams {
        true => stream::answer(executing, Events).await,
        false => whole(executing).await,
    };
    answer.unwrap_or_else(|problem| (call::headers(id, &head), problem).into_response())
}

async fn whole(executing: Executing) -> Result<Response, Problem> {
    let Executing { call, head, texts, ended } = executing;
    let done = run::joined(ended).await?;
    // Held until now: who goes away drops it.
    drop(texts);
    answer::whole(done, call::headers(call, &head))
}

fn streams(request: Option<&ExecuteRequest>, headers: &HeaderMap) -> bool {
    request.and_then(|request| request.stream).unwrap_or_else(|| sse::is_wanted(headers))
}

/// What the call log calls it, whether there is such a prompt or not.
fn shown(name: &str, request: Option<&ExecuteRequest>) -> String {
    request.and_then(|request| reference(name, request).ok()).unwrap_or_else(|| name.to_owned())
}

/// The prompt and which version: behind the name, or as a member of the request.
fn reference(name: &str, request: &ExecuteRequest) -> Result<String, Problem> {
    match (name.contains('@'), &request.label, request.version) {
        (_, None, None) => Ok(name.to_owned()),
        (false, Some(label), None) => Ok(format!("{name}@{label}")),
        (false, None, Some(version)) => Ok(format!("{name}@{version}")),
        _ => {
            let detail = "the version is told more than once: by the path, `label` or `version`";
            Err(invalid(detail).hint("tell it in one of these ways"))
        }
    }
}

/// Refuses what the call log could not keep whole.
pub(super) fn check_caller(
    user: Option<&str>,
    metadata: Option<&Map<String, Value>>,
) -> Result<(), Problem> {
    if user.is_some_and(|user| user.chars().count() > MOST_USER) {
        let detail = format!("`user` may have {MOST_USER} characters");
        return Err(invalid(detail).with("at", "user"));
    }
    let size = metadata.and_then(|it| serde_json::to_string(it).ok()).map_or(0, |it| it.len());
    if size > MOST_METADATA {
        let detail = format!("`metadata` may have {MOST_METADATA} bytes");
        let problem = invalid(detail).with("at", "metadata");
        return Err(problem.hint("give long values as `variables`"));
    }
    Ok(())
}

pub(super) fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "request-invalid", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_told_in_one_way() {
        let by = |label: Option<&str>, version| ExecuteRequest {
            label: label.map(str::to_owned),
            version,
            ..ExecuteRequest::default()
        };
        let told = |name, request| reference(name, &request).ok();
        assert_eq!(told("a/b", by(None, None)).as_deref(), Some("a/b"));
        assert_eq!(told("a@3", by(None, None)).as_deref(), Some("a@3"));
        assert_eq!(told("a", by(Some("production"), None)).as_deref(), Some("a@production"));
        assert_eq!(told("a", by(None, Some(3))).as_deref(), Some("a@3"));
        for twice in [("a@3", by(None, Some(3))), ("a", by(Some("production"), Some(3)))] {
            assert_eq!(told(twice.0, twice.1), None);
        }
    }
}
