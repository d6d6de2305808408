//! A request of the REST API, read and checked as far as all operations have in common.

use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::arn::FunctionRef;
use crate::body::Body;
use crate::context::Context;

use super::error::ApiError;

/// What an operation gets.
#[derive(Debug)]
pub(super) struct ApiRequest {
    /// The path's parts, decoded.
    pub(super) segments: Vec<String>,
    pub(super) query: Query,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The query, decoded.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
        });
        Self(pairs.collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(its, _)| its == name).map(|(_, value)| value.as_str())
    }
}

impl ApiRequest {
    pub(super) fn segments_of(path: &str) -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty()).map(decoded).collect()
    }

    /// The part of the path after `…/functions/<name>/<collection>/`.
    pub(super) fn item(&self) -> &str {
        self.segments.get(4).map_or("", String::as_str)
    }

    /// The function that the path and `Qualifier` name.
    pub(super) fn function(&self, context: &Context) -> Result<FunctionRef, ApiError> {
        FunctionRef::parse(&context.region, self.name(), self.query.get("Qualifier"))
    }

    pub(super) fn name(&self) -> &str {
        self.segments.get(2).map_or("", String::as_str)
    }

    /// The body as the operation's type; an empty one is an empty object.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let bytes: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(bytes).map_err(ApiError::malformed)
    }

    /// Refuses what would have to be ignored: members of the body that this host does not have,
    /// unless they say nothing.
    pub(super) fn refuse_members(&self, members: &[&str]) -> Result<(), ApiError> {
        let body: HashMap<String, serde_json::Value> = self.json()?;
        for member in members {
            if body.get(*member).is_some_and(|value| !says_nothing(value)) {
                return Err(ApiError::invalid(format!("{member} is not available on this host")));
            }
        }
        Ok(())
    }
}

/// `null`, `""`, `[]`, `{}`, and objects and lists of such.
fn says_nothing(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty() || text == "None",
        Value::Array(items) => items.iter().all(says_nothing),
        Value::Object(members) => members.values().all(says_nothing),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A JSON reply.
pub(super) fn reply(
    status: StatusCode,
    value: &impl Serialize,
) -> Result<Response<Body>, ApiError> {
    let bytes = serde_json::to_vec(value).map_err(|error| ApiError::internal("answer", &error))?;
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    Ok(response)
}

/// A reply without a body.
pub(super) fn no_content() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
