//! Request bodies: JSON, with the place of what is wrong in it.

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{self as document, MediaType, Operation, SchemaObject},
    operation::set_body,
};
use axum::{
    body::{Body as RequestBody, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use futures::StreamExt;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::openapi;
use crate::http::Problem;

/// A JSON body. An empty one counts as `{}`.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let json = is_json(request.headers());
        let bytes = whole(request.into_body()).await?;
        if !bytes.is_empty() && !json {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media-type-unsupported",
                "this route takes JSON, and the header `content-type` says otherwise",
            )
            .hint("send `content-type: application/json`"));
        }
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        read(text).map(Self)
    }
}

/// What a text says, or where it says something else.
fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(text);
    serde_path_to_error::deserialize(&mut json).or_else(|error| {
        read_whole_numbers(text).ok_or_else(|| {
            let path = error.path().to_string();
            let place = if path == "." { String::new() } else { format!(" at `{path}`") };
            let detail =
                format!("the request's body is not what was expected{place}: {}", error.inner());
            let problem = Problem::bad_request("body-invalid", detail);
            if path == "." { problem } else { problem.with("at", path) }
        })
    })
}

/// What a text says where `87.0` is written for 87. Both are integers to JSON Schema (2020-12, core,
/// section 4.2.3), and some languages have but one kind of number; serde tells them apart.
fn read_whole_numbers<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    let mut value = serde_json::from_slice(text).ok()?;
    without_fractions(&mut value);
    serde_json::from_value(value).ok()
}

/// Writes each float that has no fraction as an integer, as far as floats hold integers exactly.
fn without_fractions(value: &mut Value) {
    /// 2⁵³, from where on neighbouring integers are the same float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            if let Some(whole) = float.filter(|float| float.fract() == 0.0 && float.abs() < EXACT) {
                #[allow(clippy::cast_possible_truncation)]
                let whole = whole as i64;
                *number = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_fractions),
        Value::Object(members) => members.values_mut().for_each(without_fractions),
        _ => {}
    }
}

/// The largest request: a deploy of many definitions.
pub(crate) const MOST_BODY: usize = 16 << 20;

/// What is read of a body beyond its bound, and dropped.
const MOST_DROPPED: usize = 4 * MOST_BODY;

/// A body, all of it. One beyond the bound is read to its end all the same, as far as that is
/// bearable: whoever is still sending would not see the answer.
pub(crate) async fn whole(body: RequestBody) -> Result<Bytes, Problem> {
    let mut chunks = body.into_data_stream();
    let (mut whole, mut dropped) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|error| Problem::bad_request("body-unreadable", error.to_string()))?;
        if dropped == 0 && whole.len() + chunk.len() <= MOST_BODY {
            whole.extend_from_slice(&chunk);
            continue;
        }
        dropped += chunk.len();
        if dropped > MOST_DROPPED {
            break;
        }
    }
    if dropped > 0 { Err(too_large()) } else { Ok(whole.into()) }
}

fn too_large() -> Problem {
    let detail = "the request's body is larger than this server takes";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
}

/// `application/json`, or a type that is written in JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

impl<T: JsonSchema> OperationInput for Body<T> {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        openapi::note(
            operation,
            &["body-invalid", "body-unreadable", "body-too-large", "media-type-unsupported"],
        );
        let json_schema = context.schema.subschema_for::<T>();
        // A body that has to say nothing may be left out.
        let required = context.resolve_schema(&json_schema).get("required").is_some();
        let schema = Some(SchemaObject { json_schema, example: None, external_docs: None });
        let json = MediaType { schema, ..MediaType::default() };
        let body = document::RequestBody {
            content: [("application/json".to_owned(), json)].into_iter().collect(),
            required,
            ..document::RequestBody::default()
        };
        set_body(context, operation, body);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Kept {
        days: i32,
        any: Value,
    }

    #[test]
    fn a_number_without_a_fraction_is_an_integer() {
        let kept: Kept = read(br#"{ "days": 87.0, "any": [1e3, 1.5, 1e300] }"#).unwrap();
        assert_eq!(kept, Kept { days: 87, any: serde_json::json!([1000, 1.5, 1e300]) });
        let problem = read::<Kept>(br#"{ "days": 87.5, "any": 1 }"#).unwrap_err();
        assert_eq!(problem.into_told().member("at"), Some(&"days".into()));
        // What is well as it is stays as it is written.
        let kept: Kept = read(br#"{ "days": 87, "any": 1.0 }"#).unwrap();
        assert_eq!(kept.any.to_string(), "1.0");
    }

    #[test]
    fn json_is_known_by_its_type() {
        let json =
            |kind: &str| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, kind.parse().unwrap())]));
        for kind in ["application/json", "application/JSON; charset=utf-8", "application/x+json"] {
            assert!(json(kind), "{kind}");
        }
        for kind in ["text/plain", "application/x-www-form-urlencoded", "json", ""] {
            assert!(!json(kind), "{kind}");
        }
    }
}
