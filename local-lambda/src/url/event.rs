//! The event of a URL request, payload format 2.0.
//!
//! It is written member by member from a fixed set: nothing of a request can become a top-level
//! member that the service does not set.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use uuid::Uuid;

use crate::arn::ACCOUNT;
use crate::clock;

/// Headers that concern one connection only.
const HOP_BY_HOP: [&str; 4] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding"];

/// What an event is made of.
pub(super) struct Source<'a> {
    pub(super) url_id: &'a str,
    pub(super) id: Uuid,
    pub(super) method: &'a str,
    /// Without the host's own prefix, as it came.
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) source_ip: IpAddr,
    pub(super) port: u16,
    /// Whether it came over TLS.
    pub(super) secure: bool,
    pub(super) trace_id: &'a HeaderValue,
    /// The key that signed the request, where the URL asks for a signature.
    pub(super) access_key: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    version: &'static str,
    route_key: &'static str,
    raw_path: &'a str,
    raw_query_string: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<Cow<'a, str>>,
    headers: BTreeMap<&'a str, Cow<'a, str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    query_string_parameters: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    request_context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    account_id: &'static str,
    api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Authorizer<'a>>,
    domain_name: Cow<'a, str>,
    domain_prefix: &'a str,
    http: Http<'a>,
    request_id: Uuid,
    route_key: &'static str,
    stage: &'static str,
    time: String,
    time_epoch: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: &'a str,
    path: &'a str,
    protocol: &'static str,
    source_ip: IpAddr,
    user_agent: Cow<'a, str>,
}

#[derive(Serialize)]
struct Authorizer<'a> {
    iam: Iam<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Iam<'a> {
    access_key: &'a str,
    account_id: &'static str,
    caller_id: &'a str,
    cognito_identity: Option<()>,
    principal_org_id: Option<()>,
    user_arn: String,
    user_id: &'a str,
}

impl Source<'_> {
    /// The event as JSON.
    pub(super) fn event(&self) -> serde_json::Result<Bytes> {
        let (body, is_base64_encoded) = self.body();
        let event = Event {
            version: "2.0",
            route_key: "$default",
            raw_path: self.path,
            raw_query_string: self.query,
            cookies: self.cookies(),
            headers: self.headers(),
            query_string_parameters: parameters(self.query),
            request_context: self.context(),
            body,
            is_base64_encoded,
        };
        serde_json::to_vec(&event).map(Bytes::from)
    }

    fn context(&self) -> Context<'_> {
        let now = clock::epoch_millis(std::time::SystemTime::now());
        Context {
            account_id: if self.access_key.is_some() { ACCOUNT } else { "anonymous" },
            api_id: self.url_id,
            authorizer: self.access_key.map(Authorizer::new),
            domain_name: self.header(HOST),
            domain_prefix: self.url_id,
            http: Http {
                method: self.method,
                path: self.path,
                protocol: "HTTP/1.1",
                source_ip: self.source_ip,
                user_agent: self.header(USER_AGENT),
            },
            request_id: self.id,
            route_key: "$default",
            stage: "$default",
            time: clock::event_time(),
            time_epoch: u64::try_from(now).unwrap_or(u64::MAX),
        }
    }

    fn header(&self, name: http::HeaderName) -> Cow<'_, str> {
        self.headers.get(name).map_or(Cow::Borrowed(""), text_of)
    }

    fn cookies(&self) -> Vec<Cow<'_, str>> {
        let mut cookies = Vec::new();
        for header in self.headers.get_all(COOKIE) {
            match text_of(header) {
                Cow::Borrowed(text) => cookies.extend(split_cookies(text).map(Cow::Borrowed)),
                Cow::Owned(text) => {
                    cookies
                        .extend(split_cookies(&text).map(|cookie| Cow::Owned(cookie.to_owned())));
                }
            }
        }
        cookies
    }

    /// Names in lower case, values of one name joined with commas, and what the service adds.
    fn headers(&self) -> BTreeMap<&str, Cow<'_, str>> {
        let mut headers = BTreeMap::new();
        for (name, value) in self.headers {
            if HOP_BY_HOP.contains(&name.as_str()) {
                continue;
            }
            let joiner = if name == COOKIE { "; " } else { "," };
            headers
                .entry(name.as_str())
                .and_modify(|joined: &mut Cow<'_, str>| {
                    let joined = joined.to_mut();
                    joined.push_str(joiner);
                    joined.push_str(&text_of(value));
                })
                .or_insert_with(|| text_of(value));
        }
        headers.insert("x-forwarded-for", Cow::Owned(self.source_ip.to_string()));
        headers.insert("x-forwarded-port", Cow::Owned(self.port.to_string()));
        let scheme = if self.secure { "https" } else { "http" };
        headers.insert("x-forwarded-proto", Cow::Borrowed(scheme));
        headers.insert("x-amzn-trace-id", text_of(self.trace_id));
        headers
    }

    /// Text as it is where the content type says text and it is UTF-8; anything else in base64.
    fn body(&self) -> (Option<Cow<'_, str>>, bool) {
        if self.body.is_empty() {
            return (None, false);
        }
        let content_type = self.header(CONTENT_TYPE);
        match str::from_utf8(self.body) {
            Ok(text) if is_text(&content_type) => (Some(Cow::Borrowed(text)), false),
            _ => (Some(Cow::Owned(STANDARD.encode(self.body))), true),
        }
    }
}

impl<'a> Authorizer<'a> {
    fn new(access_key: &'a str) -> Self {
        let iam = Iam {
            access_key,
            account_id: ACCOUNT,
            caller_id: access_key,
            cognito_identity: None,
            principal_org_id: None,
            user_arn: format!("arn:aws:iam::{ACCOUNT}:root"),
            user_id: access_key,
        };
        Self { iam }
    }
}

/// Form posts are not text here: the service sends them in base64.
fn is_text(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || matches!(
            kind.as_str(),
            "application/json" | "application/xml" | "application/javascript"
        )
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
}

/// A header's bytes as text; what is no UTF-8 is read as Latin-1, so that no byte is lost.
fn text_of(value: &HeaderValue) -> Cow<'_, str> {
    match str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(value.as_bytes().iter().copied().map(char::from).collect()),
    }
}

fn split_cookies(header: &str) -> impl Iterator<Item = &str> {
    header.split(';').map(str::trim).filter(|cookie| !cookie.is_empty())
}

/// Decoded, values of one name joined with commas.
fn parameters(query: &str) -> BTreeMap<Cow<'_, str>, Cow<'_, str>> {
    let mut parameters: BTreeMap<Cow<'_, str>, Cow<'_, str>> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value);
        match parameters.get_mut(&decoded(name)) {
            Some(joined) => {
                let joined = joined.to_mut();
                joined.push(',');
                joined.push_str(&value);
            }
            None => {
                parameters.insert(decoded(name), value);
            }
        }
    }
    parameters
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests;
