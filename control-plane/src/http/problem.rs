//! Problem documents (RFC 9457). Their `type` is what programs may rely on.

use axum::{
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};

/// An error that a caller sees.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Problem(Box<Document>);

#[derive(Debug, Serialize)]
struct Document {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(flatten)]
    more: Map<String, Value>,
    /// What the log says and the caller does not see.
    #[serde(skip)]
    cause: Option<String>,
}

impl Problem {
    /// A problem of a kind; `kind` is the last part of its `type`.
    pub(crate) fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(Document {
            kind: format!("urn:promptpilot:problem:{kind}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            hint: None,
            more: Map::new(),
            cause: None,
        }))
    }

    pub(crate) fn bad_request(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, kind, detail)
    }

    pub(crate) fn not_found(what: &str, name: impl std::fmt::Display) -> Self {
        let kind = format!("{what}-not-found");
        Self::new(StatusCode::NOT_FOUND, &kind, format!("there is no {what} `{name}`"))
    }

    pub(crate) fn conflict(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, kind, detail)
    }

    /// For routes that are there, but not with this method.
    pub(crate) async fn method_not_allowed() -> Self {
        let detail = "this route does not take that method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
    }

    /// For a handler that panicked; the panic hook has logged where.
    pub(crate) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
        let detail = "something went wrong here; the server's log says what";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
    }

    /// Our own failure: the caller learns that it happened, the log learns why.
    pub(crate) fn internal(attempted: &str, cause: &(dyn std::error::Error + 'static)) -> Self {
        let mut problem = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            format!("could not {attempted}; the server's log says why"),
        );
        problem.0.cause = Some(format!("could not {attempted}: {}", chain(cause)));
        problem
    }

    /// How to mend it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// One more member of the document.
    pub(crate) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.0.more.insert(name.to_owned(), value);
        self
    }
}

/// An error and all its causes, on one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.0.cause {
            tracing::error!(%cause, "request failed");
        }
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self)).into_response();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::PoolClosed => {
                let mut problem = Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "database-unavailable",
                    "the database does not answer; try again",
                );
                problem.0.cause = Some(chain(&error));
                problem
            }
            _ => Self::internal("read or write the database", &error),
        }
    }
}
