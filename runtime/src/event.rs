//! What comes in: a function URL's event, payload version 2.0.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::Deserialize;

/// The event, as far as we read it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct UrlEvent {
    raw_path: String,
    /// Names are in lower case; repeated headers are joined by commas.
    headers: BTreeMap<String, String>,
    request_context: RequestContext,
    body: Option<String>,
    is_base64_encoded: bool,
    /// Only a direct Invoke can carry it: a host builds events of requests member by member.
    promptpilot: Option<Privilege>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RequestContext {
    http: HttpContext,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct HttpContext {
    method: String,
    source_ip: String,
}

/// A call by the deployment itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Privilege {
    /// The deployment's token.
    pub(crate) verify: String,
    /// `try` where somebody tries the function; absent where the deployment tests itself.
    #[serde(default)]
    pub(crate) source: Option<PrivilegeSource>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PrivilegeSource {
    Verify,
    Try,
}

/// A request, ready to be answered.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Where the caller is, as the host saw it.
    pub(crate) address: String,
    /// Names are in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Bytes,
    /// The body is larger than the endpoint allows and was not kept.
    pub(crate) oversized: bool,
    pub(crate) privilege: Option<Privilege>,
}

/// An event that is no request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventError {
    #[error("the event is no function URL's: `requestContext.http.method` is missing")]
    NoRequest,
    #[error("the event's body says it is base64 and is not")]
    Body(#[source] base64::DecodeError),
}

impl Incoming {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether the caller would take this media type, named outright.
    pub(crate) fn accepts(&self, media_type: &str) -> bool {
        self.header("accept").is_some_and(|accept| {
            accept.split(',').any(|range| {
                let mut parts = range.split(';');
                parts.next().is_some_and(|name| name.trim().eq_ignore_ascii_case(media_type))
                    && !parts.any(|weight| matches!(weight.trim(), "q=0" | "q=0.0"))
            })
        })
    }
}

impl TryFrom<UrlEvent> for Incoming {
    type Error = EventError;

    fn try_from(event: UrlEvent) -> Result<Self, EventError> {
        let HttpContext { method, source_ip: address } = event.request_context.http;
        if method.is_empty() {
            return Err(EventError::NoRequest);
        }
        let body = event.body.unwrap_or_default();
        let body = if event.is_base64_encoded {
            BASE64_STANDARD.decode(body).map_err(EventError::Body)?.into()
        } else {
            body.into()
        };
        let headers = event.headers.into_iter();
        Ok(Self {
            method,
            path: event.raw_path,
            address,
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
            body,
            oversized: false,
            privilege: event.promptpilot,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_come_as_text_or_as_base64() {
        let read = |body: &str, base64: bool| {
            let event = json!({
                "requestContext": { "http": { "method": "POST" } },
                "body": body,
                "isBase64Encoded": base64,
            });
            let event: UrlEvent = serde_json::from_value(event).expect("an event");
            Incoming::try_from(event).map(|incoming| incoming.body)
        };
        assert_eq!(read("{}", false).expect("text"), "{}");
        assert_eq!(read("e30=", true).expect("base64"), "{}");
        assert!(matches!(read("}", true), Err(EventError::Body(_))));
    }

    #[test]
    fn an_event_of_another_kind_is_none() {
        let event: UrlEvent = serde_json::from_value(json!({ "Records": [] })).expect("an object");
        assert!(matches!(Incoming::try_from(event), Err(EventError::NoRequest)));
    }

    #[test]
    fn media_types_are_found_in_lists() {
        let event = json!({
            "requestContext": { "http": { "method": "GET" } },
            "headers": { "Accept": "text/html;q=0, application/json, Text/Event-Stream;q=0.5" },
        });
        let event: UrlEvent = serde_json::from_value(event).expect("an event");
        let incoming = Incoming::try_from(event).expect("a request");
        assert!(incoming.accepts("text/event-stream") && incoming.accepts("application/json"));
        assert!(!incoming.accepts("text/html") && !incoming.accepts("text/plain"));
    }
}
