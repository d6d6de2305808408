//! Problem documents (RFC 9457). Their `type` is what programs may rely on.

use std::sync::Arc;

use aide::operation::OperationOutput;
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::catalogue;
use crate::calls::ingest::IngestError;

/// An error that a caller sees.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Problem(Box<Document>);

/// What went wrong (RFC 9457). Some kinds have members of their own.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Document {
    /// Its kind, which never changes: what programs may rely on.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'static str,
    /// The response's status.
    status: u16,
    /// What happened, in a sentence.
    detail: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(flatten)]
    more: Map<String, Value>,
    /// What the log says and the caller does not see.
    #[serde(skip)]
    cause: Option<String>,
    /// Seconds until another attempt makes sense.
    #[serde(skip)]
    retry_after: Option<u64>,
}

/// A problem that was told, for who tells it in another form.
#[derive(Debug, Clone)]
pub(crate) struct Told(Arc<Document>);

impl Told {
    /// The last part of its `type`.
    pub(crate) fn kind(&self) -> &str {
        self.0.kind.strip_prefix(TYPE_PREFIX).unwrap_or(&self.0.kind)
    }

    /// What happened, and how to mend it.
    pub(crate) fn message(&self) -> String {
        match &self.0.hint {
            Some(hint) => format!("{}; {hint}", self.0.detail),
            None => self.0.detail.clone(),
        }
    }

    /// A member of its own.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        self.0.more.get(name)
    }
}

/// What every `type` begins with.
pub(crate) const TYPE_PREFIX: &str = "urn:promptpilot:problem:";

impl Problem {
    /// A problem of a kind; `kind` is the last part of its `type`.
    pub(crate) fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Self {
        debug_assert!(
            catalogue::find(kind).is_some_and(|known| known.status == status.as_u16()),
            "the catalogue of problems has no `{kind}` with status {status}"
        );
        Self(Box::new(Document {
            kind: format!("{TYPE_PREFIX}{kind}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            hint: None,
            more: Map::new(),
            cause: None,
            retry_after: None,
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

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The same, for who tells it in another form.
    pub(crate) fn into_told(self) -> Told {
        Told(Arc::from(self.0))
    }

    /// The last part of its `type`.
    pub(crate) fn kind(&self) -> &str {
        self.0.kind.strip_prefix(TYPE_PREFIX).unwrap_or(&self.0.kind)
    }

    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The same in other words.
    pub(crate) fn told(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// How to mend it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// When to try again, in seconds.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// What the log says beside what the caller sees.
    pub(crate) fn caused_by(mut self, cause: &(dyn std::error::Error + 'static)) -> Self {
        self.0.cause = Some(chain(cause));
        self
    }

    /// Writes down what the caller does not see, for who tells it in another form than a response.
    pub(crate) fn log(&self) {
        if let Some(cause) = &self.0.cause {
            tracing::error!(%cause, "request failed");
        }
    }

    /// One more member of the document.
    pub(crate) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.0.more.insert(name.to_owned(), value);
        self
    }
}

/// Statuses and examples come from the kinds that an operation notes.
impl OperationOutput for Problem {
    type Inner = Document;
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
        self.log();
        let status = self.status();
        let retry_after = self.0.retry_after;
        let mut response = (status, axum::Json(&self)).into_response();
        response.extensions_mut().insert(self.into_told());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// SQLSTATE of a statement or a wait for a lock that took longer than requests may.
const TOO_LONG: [&str; 2] = ["57014", "55P03"];

/// SQLSTATE of a text that the database cannot hold.
const UNKEPT_TEXT: [&str; 2] = ["22021", "22P05"];

/// SQLSTATE of a server that is starting or ending.
const NOT_UP: [&str; 3] = ["57P01", "57P02", "57P03"];

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Database(error) => error.into(),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        let is = |codes: &[&str]| code.as_deref().is_some_and(|code| codes.contains(&code));
        let unavailable = matches!(
            error,
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::PoolClosed
        );
        let again = |kind, detail: &str| {
            Self::new(StatusCode::SERVICE_UNAVAILABLE, kind, detail).retry_after(1)
        };
        if unavailable || is(&NOT_UP) {
            again("database-unavailable", "the database does not answer; try again")
                .caused_by(&error)
        } else if is(&TOO_LONG) {
            again("database-busy", "the database took too long; try again").caused_by(&error)
        } else if is(&UNKEPT_TEXT) {
            Self::bad_request("text-invalid", "a text has a character that cannot be kept")
        } else {
            Self::internal("read or write the database", &error)
        }
    }
}
