//! How a function tells status and headers before a streamed body: JSON, eight NUL bytes, body.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;

/// The content type of an answer that begins so.
pub(super) const CONTENT_TYPE_WITH_PRELUDE: &str =
    "application/vnd.awslambda.http-integration-response";

const SEPARATOR: [u8; 8] = [0; 8];
/// A prelude must end within this much.
pub(super) const MAX_PRELUDE: usize = 1 << 20;

/// What a function may not say: these belong to the connection.
const DROPPED: [&str; 7] =
    ["connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// Status and headers as a function gives them, streamed or not.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head<'a> {
    #[serde(default)]
    pub(super) status_code: Option<Value>,
    #[serde(default)]
    headers: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default, borrow)]
    pub(super) body: Option<&'a serde_json::value::RawValue>,
    #[serde(default)]
    pub(super) is_base64_encoded: Option<bool>,
}

/// Splits what has come into prelude and body, `None` while the separator is not there yet.
pub(super) fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.windows(SEPARATOR.len()).position(|window| window == SEPARATOR)?;
    Some((&bytes[..at], &bytes[at + SEPARATOR.len()..]))
}

impl Head<'_> {
    /// The status, 200 where none was given; `None` where it is no status.
    pub(super) fn status(&self) -> Option<StatusCode> {
        let code = match &self.status_code {
            None | Some(Value::Null) => return Some(StatusCode::OK),
            Some(Value::Number(number)) => number.as_u64()?,
            Some(Value::String(text)) => text.parse().ok()?,
            Some(_) => return None,
        };
        let status = StatusCode::from_u16(u16::try_from(code).ok()?).ok()?;
        // Informational ones are no answer.
        (!status.is_informational()).then_some(status)
    }

    /// The headers; `None` where one is none.
    pub(super) fn headers(&self) -> Option<HeaderMap> {
        let mut map = HeaderMap::new();
        for (name, value) in self.headers.iter().flatten() {
            append(&mut map, name, &plain(value)?)?;
        }
        for (name, values) in self.multi_value_headers.iter().flatten() {
            for value in values {
                append(&mut map, name, value)?;
            }
        }
        for cookie in self.cookies.iter().flatten() {
            map.append(SET_COOKIE, HeaderValue::from_bytes(cookie.as_bytes()).ok()?);
        }
        map.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        Some(map)
    }
}

fn append(map: &mut HeaderMap, name: &str, value: &str) -> Option<()> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    if !DROPPED.contains(&name.as_str()) {
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    Some(())
}

/// Numbers and booleans are taken as their text.
fn plain(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Owned(flag.to_string())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_prelude_ends_at_eight_nul_bytes() {
        assert_eq!(split(b"{}\0\0\0\0\0\0\0\0body").unwrap(), (&b"{}"[..], &b"body"[..]));
        assert!(split(b"{}\0\0\0\0\0\0\0").is_none());
    }

    #[test]
    fn heads_are_read_with_care() {
        let head: Head<'_> = serde_json::from_str(
            r#"{"statusCode":"418","headers":{"A":"b","Content-Length":"9","n":1},"cookies":["x=1","y=2"]}"#,
        )
        .unwrap();
        assert_eq!(head.status().unwrap(), 418);
        let headers = head.headers().unwrap();
        assert_eq!(headers["a"], "b");
        assert_eq!(headers["n"], "1");
        assert!(!headers.contains_key("content-length"));
        assert_eq!(headers.get_all(SET_COOKIE).iter().count(), 2);

        let split: Head<'_> = serde_json::from_str(r#"{"headers":{"a":"b\r\nc: d"}}"#).unwrap();
        assert!(split.headers().is_none());
        let odd: Head<'_> = serde_json::from_str(r#"{"statusCode":100}"#).unwrap();
        assert!(odd.status().is_none());
    }
}
