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

use super::openapi;
use crate::{http::Problem, plane::MOST_BODY};

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
        let mut json = serde_json::Deserializer::from_slice(text);
        serde_path_to_error::deserialize(&mut json).map(Self).map_err(|error| {
            let path = error.path().to_string();
            let place = if path == "." { String::new() } else { format!(" at `{path}`") };
            let detail =
                format!("the request's body is not what was expected{place}: {}", error.inner());
            let problem = Problem::bad_request("body-invalid", detail);
            if path == "." { problem } else { problem.with("at", path) }
        })
    }
}

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
    use super::*;

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
