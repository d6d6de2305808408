//! What OpenAI's two APIs and the servers that speak like them have in common: how a request is
//! addressed, and errors.

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Ask, Failure, Kind, Request};

/// Whose door a request knocks at: what differs between servers that speak alike.
#[derive(Debug)]
pub(super) struct Door {
    /// The provider's name.
    pub(super) name: &'static str,
    /// The address of a request.
    pub(super) url: fn(&Ask<'_>) -> String,
    /// How the key is shown.
    pub(super) key: KeyHeader,
    /// Reads an error.
    pub(super) failure: fn(u16, &HeaderMap, &[u8]) -> Failure,
}

/// The header that carries a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyHeader {
    /// `Authorization: Bearer …`.
    Bearer,
    /// `api-key: …`.
    ApiKey,
}

impl Door {
    /// A request with this body.
    pub(super) fn request(&self, ask: &Ask<'_>, body: &impl Serialize) -> Request {
        let request = Request::json((self.url)(ask), body);
        match (ask.key, self.key) {
            (None, _) => request,
            (Some(key), KeyHeader::Bearer) => request.bearer(key),
            (Some(key), KeyHeader::ApiKey) => request.header("api-key", key.expose()),
        }
    }
}

/// Codes of a 429 that no waiting mends.
const NO_MONEY: [&str; 5] = [
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
];

/// `{"error": {…}}`, or what other servers answer instead: a text as `error`, `detail`, `message`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Value,
    detail: Value,
    message: Value,
}

/// The error of a status, or of an event within a stream.
#[derive(Debug, Default)]
pub(super) struct Error {
    pub(super) message: Option<String>,
    code: Option<String>,
    kind: Option<String>,
}

impl Error {
    /// From the value of `error`.
    pub(super) fn read(value: &Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            message: value.as_str().map(str::to_owned).or_else(|| text("message")),
            code: text("code"),
            kind: text("type"),
        }
    }

    fn from_body(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Body>(body) else {
            return Self::default(); // HTML from a proxy, most likely: the status says enough.
        };
        let mut error = Self::read(&body.error);
        let other = [&body.message, &body.detail];
        let other = other.iter().find_map(|value| value.as_str().map(str::to_owned));
        error.message = error.message.or(other);
        error
    }

    fn says(&self, words: &[&str]) -> bool {
        let said = [self.code.as_deref(), self.kind.as_deref()];
        said.into_iter().flatten().any(|said| words.contains(&said))
    }

    /// As a failure that came without a status of its own.
    pub(super) fn in_stream(&self) -> Failure {
        let status = if self.says(&["rate_limit_exceeded", "slow_down"]) { 429 } else { 500 };
        self.refine(Failure::in_answer(status, self.message.as_deref()))
    }

    fn refine(&self, failure: Failure) -> Failure {
        if self.says(&NO_MONEY) {
            failure.final_as(Kind::NoMoney)
        } else if self.says(&["content_filter", "content_policy_violation"]) {
            failure.final_as(Kind::Refusal)
        } else {
            failure
        }
    }
}

/// Reads an answer with a status other than 2xx.
pub(super) fn failure(status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
    let error = Error::from_body(body);
    error.refine(Failure::from_status(status, headers, error.message.as_deref()))
}

/// A name for a schema: `[A-Za-z0-9_-]{1,64}`, which an endpoint's name always is.
pub(super) fn schema_name(endpoint: &str) -> &str {
    endpoint.get(..64).unwrap_or(endpoint)
}
