//! Problems in the form that clients of OpenAI's API know, wherever they come from: a handler, or what
//! stands before it. Their classes of exceptions go by the status.

use axum::{
    Json,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::model::{ErrorBody, ErrorDocument};
use crate::http::problem::Told;

/// Whether a path is one of OpenAI's API.
pub(crate) fn is_spoken_at(path: &str) -> bool {
    path.starts_with("/v1/") && !path.starts_with("/v1/prompts/")
}

/// Tells problems as OpenAI's API does, where it is spoken.
pub(crate) async fn translate(request: Request, next: Next) -> Response {
    let is_spoken = is_spoken_at(request.uri().path());
    let response = next.run(request).await;
    let told = response.extensions().get::<Told>().filter(|_| is_spoken).cloned();
    match told {
        Some(told) => translated(response, &told),
        None => response,
    }
}

fn translated(response: Response, told: &Told) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    if !is_worth_repeating(told.kind()) {
        parts.headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    }
    let status = status(parts.status.as_u16());
    let status = StatusCode::from_u16(status).unwrap_or(parts.status);
    (status, parts.headers, Json(document(told, status.as_u16()))).into_response()
}

/// Their clients repeat whatever has such a status, unless they are told otherwise.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

fn is_worth_repeating(kind: &str) -> bool {
    !matches!(kind, "answer-invalid" | "idempotency-key-reused" | "budget-spent")
}

/// The status there of one of ours: a request that is understood and still wrong is a bad request.
pub(crate) const fn status(ours: u16) -> u16 {
    match ours {
        422 => 400,
        other => other,
    }
}

/// A problem as an error.
pub(super) fn document(told: &Told, status: u16) -> ErrorDocument {
    let param = told.member("at").and_then(Value::as_str).map(str::to_owned);
    ErrorDocument {
        error: ErrorBody {
            message: told.message(),
            class: class(status).to_owned(),
            param: param.or_else(|| is_of_model(told.kind()).then(|| "model".to_owned())),
            code: code(told.kind()).to_owned(),
        },
    }
}

/// The class of a status, in their words.
pub(crate) const fn class(status: u16) -> &'static str {
    match status {
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

/// Their word for a kind of ours, where programs look for it; ours elsewhere.
pub(crate) fn code(kind: &str) -> &str {
    match kind {
        "key-missing" | "key-unknown" => "invalid_api_key",
        "rate-limited" => "rate_limit_exceeded",
        "budget-spent" => "insufficient_quota",
        kind if is_of_model(kind) => "model_not_found",
        kind => kind,
    }
}

fn is_of_model(kind: &str) -> bool {
    matches!(kind, "prompt-not-found" | "label-not-found" | "version-not-found")
}
