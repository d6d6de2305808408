//! What went wrong at a provider, and whether asking again may help.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Which kind.
    pub kind: Kind,
    /// The provider's HTTP status; absent where none came.
    pub status: Option<u16>,
    /// A short reason for people: the provider's own message, cut, or ours. Never a body.
    pub message: String,
    /// Whether the same request may succeed later.
    pub retry: bool,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
}

/// Kinds of failure, as records and problems name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No connection could be made.
    Connect,
    /// The connection broke before the answer's end.
    Broken,
    /// The time was up.
    Timeout,
    /// The provider answered with an error.
    Status,
    /// The provider does not take our key, or the key may not do this.
    Key,
    /// The account has no money left or has reached a limit of its own.
    NoMoney,
    /// A budget of the endpoint's has not enough left for the request. It was not sent.
    Budget,
    /// Nobody could say whether a budget has enough left. The request was not sent.
    Unguarded,
    /// Too many requests.
    RateLimited,
    /// The provider is overloaded.
    Overloaded,
    /// The model or a filter would not answer.
    Refusal,
    /// A stream ended without its end marker.
    Truncated,
    /// The answer is not what the provider's protocol says.
    Malformed,
}

impl Kind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Broken => "broken",
            Self::Timeout => "timeout",
            Self::Status => "status",
            Self::Key => "key",
            Self::NoMoney => "no-money",
            Self::Budget => "budget",
            Self::Unguarded => "unguarded",
            Self::RateLimited => "rate-limited",
            Self::Overloaded => "overloaded",
            Self::Refusal => "refusal",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
        }
    }
}

/// Longest message of a provider that we pass on, in characters.
const MAX_MESSAGE: usize = 300;

impl Failure {
    /// One that no status came with.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        let retry = matches!(kind, Kind::Connect | Kind::Broken | Kind::Truncated);
        Self { kind, status: None, message: message.into(), retry, retry_after: None }
    }

    /// The model, or a filter of its provider, would not answer.
    pub(crate) fn refusal(message: Option<&str>) -> Self {
        let message = message.filter(|text| !text.is_empty());
        Self::new(Kind::Refusal, short(message.unwrap_or("the model refused to answer")))
    }

    /// An answer that cannot be read.
    pub(crate) fn malformed(error: &serde_json::Error) -> Self {
        Self::new(Kind::Malformed, format!("the provider's answer could not be read: {error}"))
    }

    /// By status and headers, as the providers' own clients decide it.
    pub(crate) fn from_status(status: u16, headers: &HeaderMap, message: Option<&str>) -> Self {
        let kind = match status {
            401 | 403 => Kind::Key,
            402 => Kind::NoMoney,
            429 => Kind::RateLimited,
            529 => Kind::Overloaded,
            _ => Kind::Status,
        };
        let said = match headers.get("x-should-retry").map(http::HeaderValue::as_bytes) {
            Some(b"true") => Some(true),
            Some(b"false") => Some(false),
            _ => None,
        };
        let retry = said.unwrap_or(matches!(status, 408 | 409 | 429) || status >= 500);
        let message = message.map_or_else(|| format!("status {status}"), short);
        Self { kind, status: Some(status), message, retry, retry_after: retry_after(headers) }
    }

    /// What came within an answer of status 200, as if it had come with this status.
    pub(crate) fn in_answer(status: u16, message: Option<&str>) -> Self {
        let message = message.unwrap_or("the answer ended in an error");
        Self { status: None, ..Self::from_status(status, &HeaderMap::new(), Some(message)) }
    }

    /// The same as a kind that is never repeated.
    pub(crate) fn final_as(self, kind: Kind) -> Self {
        Self { kind, retry: false, ..self }
    }

    /// What to tell callers: who failed, with which status, and a short reason.
    pub fn for_callers(&self, provider: &str) -> String {
        match self.status {
            Some(status) => format!("{provider} answered {status}: {}", self.message),
            None => format!("{provider}: {}", self.message),
        }
    }
}

/// A provider's message on one line, cut, without anything that looks like a key.
pub fn short(message: &str) -> String {
    let words: Vec<&str> = message
        .split_whitespace()
        .map(|word| if looks_like_key(word) { "[key]" } else { word })
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Providers repeat a wrong key in their message, more or less starred out.
fn looks_like_key(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    word.starts_with("sk-") || word.starts_with("hf_") || (word.len() > 24 && is_opaque(word))
}

fn is_opaque(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits > 3 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_*+=".contains(&byte))
}

/// How long a provider asks to wait: milliseconds, seconds (maybe fractional), or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let millis = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok());
    if let Some(millis) = millis.filter(|millis| *millis > 0.0) {
        return Duration::try_from_secs_f64(millis / 1000.0).ok();
    }
    let value = text("retry-after")?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
            })
            .collect()
    }

    #[test]
    fn retries_follow_the_status_unless_the_provider_says_otherwise() {
        let none = HeaderMap::new();
        for status in [408, 409, 429, 500, 502, 503, 529] {
            assert!(Failure::from_status(status, &none, None).retry, "{status}");
        }
        for status in [400, 401, 402, 403, 404, 413, 422] {
            assert!(!Failure::from_status(status, &none, None).retry, "{status}");
        }
        assert!(!Failure::from_status(500, &headers(&[("x-should-retry", "false")]), None).retry);
        assert!(Failure::from_status(400, &headers(&[("x-should-retry", "true")]), None).retry);
    }

    #[test]
    fn waits_are_read_in_every_form() {
        let wait = |pairs| retry_after(&headers(pairs));
        assert_eq!(wait(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        assert_eq!(wait(&[("retry-after", "0.5")]), Some(Duration::from_millis(500)));
        let both = [("retry-after-ms", "30"), ("retry-after", "2")];
        assert_eq!(wait(&both), Some(Duration::from_millis(30)));
        let zero = [("retry-after-ms", "0"), ("retry-after", "2")];
        assert_eq!(wait(&zero), Some(Duration::from_secs(2)));
        let past = [("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")];
        assert_eq!(wait(&past), Some(Duration::ZERO));
        for nonsense in ["soon", "-1", "NaN", "1e400", ""] {
            let headers: HeaderMap =
                [(http::header::RETRY_AFTER, nonsense.parse().unwrap_or_else(|_| unreachable!()))]
                    .into_iter()
                    .collect();
            assert_eq!(retry_after(&headers), None, "{nonsense}");
        }
    }

    #[test]
    fn a_message_is_one_short_line_without_keys() {
        let message = "Incorrect API key provided:\n sk-proj-abc***********xyz. See\tdocs.";
        assert_eq!(short(message), "Incorrect API key provided: [key] See docs.");
        assert_eq!(short(&"é".repeat(400)).chars().count(), MAX_MESSAGE + 1);
        assert_eq!(short("token AIzaSyD4n5k8Qw2Er9Ty6Ui1Op3As7Df0 bad"), "token [key] bad");
    }
}
