//! Errors as callers see them: RFC 9457 problem documents with a stable `type`.

use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use uuid::Uuid;

use crate::reply::Head;

/// What a `type` begins with.
const TYPE_PREFIX: &str = "urn:promptpilot:problem:";

/// A kind of problem: its `type`, status and title never change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) status: u16,
    title: &'static str,
}

macro_rules! kinds {
    ($($constant:ident = $status:literal $name:literal $title:literal;)*) => {
        $(
            // Some are told by the plain server only.
            #[cfg_attr(not(feature = "serve"), allow(dead_code))]
            pub(crate) const $constant: Kind = Kind { name: $name, status: $status, title: $title };
        )*

        #[cfg(test)]
        const ALL: &[&Kind] = &[$(&$constant),*];
    };
}

kinds! {
    BODY_NOT_JSON = 400 "body-not-json" "The body is no JSON";
    BODY_INCOMPLETE = 400 "body-incomplete" "The body did not arrive whole";
    HEADER_INVALID = 400 "header-invalid" "A header cannot be read";
    EVENT_INVALID = 400 "event-invalid" "The event is no request";
    KEY_MISSING = 401 "key-missing" "A key is needed";
    KEY_UNKNOWN = 401 "key-unknown" "The key opens nothing";
    KEY_DENIED = 403 "key-denied" "The key may not call this endpoint";
    VERIFY_DENIED = 403 "verify-denied" "The token is not this deployment's";
    ORIGIN_DENIED = 403 "origin-denied" "Pages of this origin may not call";
    NOT_FOUND = 404 "not-found" "There is nothing at this path";
    METHOD_NOT_ALLOWED = 405 "method-not-allowed" "The method is not allowed here";
    REPEAT_RUNNING = 409 "idempotency-key-busy" "The first call with this key is still at work";
    BODY_TOO_LARGE = 413 "body-too-large" "The body is too large";
    MEDIA_TYPE_UNSUPPORTED = 415 "media-type-unsupported" "The body must be JSON";
    REQUEST_INVALID = 422 "request-invalid" "The request does not fit the declared fields";
    REPEAT_DIFFERS = 422 "idempotency-key-reused" "The key belongs to another request";
    RATE_LIMITED = 429 "rate-limited" "Too many calls";
    BUDGET_SPENT = 429 "budget-spent" "The budget is spent";
    CALLER_GONE = 499 "caller-gone" "The caller went away";
    INTERNAL = 500 "internal" "The function failed";
    PROMPT_FAILED = 500 "prompt-failed" "The prompt could not be rendered";
    PROVIDER_FAILED = 502 "provider-failed" "The provider failed";
    PROVIDER_REFUSED = 502 "provider-refused" "The model refused to answer";
    ANSWER_INVALID = 502 "answer-invalid" "The model's answer does not fit the declared response";
    STATE_UNAVAILABLE = 503 "state-unavailable" "What guards the endpoint cannot be reached";
    TIMEOUT = 504 "timeout" "The answer took too long";
}

/// What is wrong with one place of a request or an answer. Never holds the value itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    /// JSON pointer.
    pub(crate) pointer: String,
    /// What is wrong and what would be right.
    pub(crate) detail: String,
}

/// One problem.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) detail: String,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) allow: Option<&'static str>,
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    call_id: Uuid,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), retry_after: None, allow: None }
    }

    /// Says when to try again.
    pub(crate) fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    pub(crate) fn with_errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// The document, as JSON.
    pub(crate) fn document(&self, call_id: Uuid) -> String {
        let document = Document {
            r#type: format!("{TYPE_PREFIX}{}", self.kind.name),
            title: self.kind.title,
            status: self.kind.status,
            detail: &self.detail,
            call_id,
            errors: &self.errors,
        };
        serde_json::to_string(&document).unwrap_or_default()
    }

    /// Status and headers of an answer that is the document.
    pub(crate) fn head(&self) -> Head {
        let status = StatusCode::from_u16(self.kind.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut head = Head::new(status, "application/problem+json");
        if let Some(wait) = self.retry_after {
            // A second too late is better than a moment too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            head.set("retry-after", seconds.max(1).to_string());
        }
        if status == StatusCode::UNAUTHORIZED {
            head.set("www-authenticate", "Bearer");
        }
        if let Some(allow) = self.allow {
            head.set("allow", allow);
        }
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_and_unique() {
        let mut names: Vec<&str> = ALL.iter().map(|kind| kind.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for kind in ALL {
            assert!(kind.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
            assert!(StatusCode::from_u16(kind.status).is_ok());
        }
    }

    #[test]
    fn a_document_has_the_members_of_its_rfc() {
        let problem = Problem::new(REQUEST_INVALID, "one thing is wrong")
            .with_errors(vec![FieldError { pointer: "/text".into(), detail: "is missing".into() }]);
        insta::assert_snapshot!(problem.document(Uuid::nil()), @r#"{"type":"urn:promptpilot:problem:request-invalid","title":"The request does not fit the declared fields","status":422,"detail":"one thing is wrong","call_id":"00000000-0000-0000-0000-000000000000","errors":[{"pointer":"/text","detail":"is missing"}]}"#);
    }
}
