//! Edits that say what they saw: `If-Match` with the `ETag` of an earlier answer. A stale edit is
//! refused with what is there now, so nothing is lost that somebody else wrote in between.

use std::convert::Infallible;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
};
use serde::Serialize;

use super::{Problem, openapi};

/// The `ETag` of a revision.
pub(crate) fn etag(revision: &str) -> (header::HeaderName, HeaderValue) {
    let value = HeaderValue::from_str(&format!("\"{revision}\""));
    (header::ETAG, value.unwrap_or_else(|_| HeaderValue::from_static("\"\"")))
}

/// What the caller saw; absent where they do not mind.
#[derive(Debug, Clone)]
pub(crate) struct Seen(Option<String>);

impl Seen {
    fn of(headers: &HeaderMap) -> Self {
        let seen = headers.get(header::IF_MATCH).map(|seen| {
            let seen = seen.to_str().unwrap_or_default();
            seen.to_owned()
        });
        Self(seen)
    }

    /// Whether the caller says what they saw.
    pub(crate) fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// The first revision that the caller names.
    pub(crate) fn first(&self) -> Option<&str> {
        let first = self.0.as_deref()?.split(',').next()?;
        Some(first.trim().trim_matches('"'))
    }

    /// Refuses what was meant for another revision than the one that is there.
    pub(crate) fn check(&self, revision: &str, now: impl Serialize) -> Result<(), Problem> {
        let Some(seen) = &self.0 else { return Ok(()) };
        let is_meant = |tag: &str| tag == "*" || tag.trim_matches('"') == revision;
        if seen.split(',').map(str::trim).any(is_meant) {
            return Ok(());
        }
        let detail = format!("it is at revision \"{revision}\" by now, and not at {seen}");
        Err(Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail)
            .hint("look at `current` and decide anew")
            .with("revision", revision)
            .with("current", now))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Seen {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl OperationInput for Seen {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        openapi::note(operation, &["stale"]);
        let what = "The `etag` of what the caller saw: refused with 412 if it has changed since.";
        operation.parameters.push(openapi::header("if-match", what));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn seen(value: &str) -> Seen {
        Seen::of(&HeaderMap::from_iter([(header::IF_MATCH, value.parse().unwrap())]))
    }

    #[test]
    fn an_edit_of_what_is_there_goes_through() {
        assert!(Seen(None).check("7", ()).is_ok());
        for value in ["\"7\"", "*", "\"6\", \"7\""] {
            assert!(seen(value).check("7", ()).is_ok(), "{value}");
        }
    }

    #[test]
    fn a_stale_edit_is_refused() {
        for value in ["\"6\"", "", "\"77\"", "W/\"7\""] {
            assert!(seen(value).check("7", ()).is_err(), "{value}");
        }
    }
}
