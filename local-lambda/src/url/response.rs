//! The HTTP response of a URL from what the function answered.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use tokio::sync::mpsc;

use crate::body::Body;
use crate::invocation::{Answer, Chunk, Failure};
use crate::model::InvokeMode;
use crate::process::Limits;

use super::prelude::{self, CONTENT_TYPE_WITH_PRELUDE, Head, MAX_PRELUDE};

/// Turns the answer into a response; a streamed one goes on in the background.
pub(super) async fn from_answer(
    answer: Answer,
    mode: InvokeMode,
    limits: &Limits,
) -> Response<Body> {
    match answer {
        Answer::Failed { failure, .. } => failed(&failure),
        Answer::Whole { content_type, body, .. } if has_prelude(content_type.as_ref()) => {
            match prelude::split(&body) {
                Some((head, rest)) => with_head(head, Body::from(body.slice_ref(rest))),
                None => bad_gateway(),
            }
        }
        Answer::Whole { body, .. } => whole(&body),
        Answer::Stream { content_type, chunks } => {
            streamed(content_type, chunks, mode, limits).await
        }
    }
}

/// A JSON error as URLs have it.
pub(super) fn refusal(
    status: StatusCode,
    kind: &'static str,
    message: Option<&str>,
) -> Response<Body> {
    let body = serde_json::json!({ "Message": message }).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("x-amzn-errortype", HeaderValue::from_static(kind));
    response
}

fn failed(failure: &Failure) -> Response<Body> {
    if failure.is_timeout() {
        return refusal(StatusCode::GATEWAY_TIMEOUT, "TimeoutException", Some("Gateway Timeout"));
    }
    bad_gateway()
}

fn bad_gateway() -> Response<Body> {
    let mut response = Response::new(Body::from("Internal Server Error"));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("x-amzn-errortype", HeaderValue::from_static("InternalServerException"));
    response
}

fn has_prelude(content_type: Option<&HeaderValue>) -> bool {
    content_type.is_some_and(|it| it.as_bytes().starts_with(CONTENT_TYPE_WITH_PRELUDE.as_bytes()))
}

/// A JSON answer: one with a `statusCode` is a response, anything else is the body of one.
fn whole(payload: &Bytes) -> Response<Body> {
    match payload.trim_ascii_start().first() {
        Some(b'{') => {}
        Some(b'"') => {
            return match serde_json::from_slice::<String>(payload) {
                Ok(text) => json_body(text.into()),
                Err(_) => bad_gateway(),
            };
        }
        _ => return inferred(payload),
    }
    match serde_json::from_slice::<Head<'_>>(payload) {
        Ok(head) if head.status_code.is_some() => shaped(&head).unwrap_or_else(bad_gateway),
        _ => inferred(payload),
    }
}

/// A response that the function shaped; `None` where it is not well formed.
fn shaped(head: &Head<'_>) -> Option<Response<Body>> {
    let text = head.body.map(|body| match serde_json::from_str::<Option<String>>(body.get()) {
        Ok(text) => text.unwrap_or_default(),
        Err(_) => body.get().to_owned(),
    });
    let text = text.unwrap_or_default();
    let body = match head.is_base64_encoded {
        Some(true) => Bytes::from(STANDARD.decode(text).ok()?),
        _ => text.into(),
    };
    response(head.status()?, head.headers()?, Body::from(body))
}

fn inferred(payload: &Bytes) -> Response<Body> {
    match serde_json::from_slice::<serde::de::IgnoredAny>(payload) {
        Ok(_) => json_body(compact(payload)),
        Err(_) => bad_gateway(),
    }
}

/// Valid JSON without the whitespace between its tokens, as the service sends it.
fn compact(json: &Bytes) -> Bytes {
    if !json.iter().any(u8::is_ascii_whitespace) {
        return json.clone();
    }
    let (mut quoted, mut escaped) = (false, false);
    json.iter()
        .copied()
        .filter(|byte| {
            let keep = quoted || !byte.is_ascii_whitespace();
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = quoted,
                b'"' => quoted = !quoted,
                _ => {}
            }
            keep
        })
        .collect()
}

fn json_body(body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn response(status: StatusCode, headers: HeaderMap, body: Body) -> Option<Response<Body>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Some(response)
}

fn with_head(head: &[u8], body: Body) -> Response<Body> {
    let head = serde_json::from_slice::<Head<'_>>(head).ok();
    let response = head.and_then(|head| response(head.status()?, head.headers()?, body));
    response.unwrap_or_else(bad_gateway)
}

async fn streamed(
    content_type: Option<HeaderValue>,
    mut chunks: mpsc::Receiver<Chunk>,
    mode: InvokeMode,
    limits: &Limits,
) -> Response<Body> {
    let integrated = has_prelude(content_type.as_ref());
    let (head, first) = if integrated {
        match read_prelude(&mut chunks).await {
            Ok(read) => read,
            Err(failed) => return failed,
        }
    } else {
        (Bytes::new(), Bytes::new())
    };
    let body = match mode {
        InvokeMode::ResponseStream => Body::stream(first, chunks, limits.streamed),
        InvokeMode::Buffered => match collected(first, chunks, limits.response).await {
            Ok(body) => Body::from(body),
            Err(failed) => return failed,
        },
    };
    if integrated {
        return with_head(&head, body);
    }
    let mut response = Response::new(body);
    let content_type =
        content_type.unwrap_or_else(|| HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Reads up to the end of the prelude; the rest of the last chunk is the body's beginning.
async fn read_prelude(
    chunks: &mut mpsc::Receiver<Chunk>,
) -> Result<(Bytes, Bytes), Response<Body>> {
    let mut read = BytesMut::new();
    loop {
        match chunks.recv().await {
            Some(Chunk::Data(data)) => read.extend_from_slice(&data),
            Some(Chunk::End { failure: Some(failure), .. }) => return Err(failed(&failure)),
            Some(Chunk::End { failure: None, .. }) | None => return Err(bad_gateway()),
        }
        if let Some(end) = prelude::split(&read).map(|(head, _)| head.len()) {
            let all = read.freeze();
            return Ok((all.slice(..end), all.slice(end + 8..)));
        }
        if read.len() > MAX_PRELUDE {
            return Err(bad_gateway());
        }
    }
}

async fn collected(
    first: Bytes,
    mut chunks: mpsc::Receiver<Chunk>,
    limit: usize,
) -> Result<Bytes, Response<Body>> {
    let mut body = BytesMut::from(&first[..]);
    loop {
        match chunks.recv().await {
            Some(Chunk::Data(data)) => body.extend_from_slice(&data),
            Some(Chunk::End { failure: None, .. }) => return Ok(body.freeze()),
            Some(Chunk::End { failure: Some(failure), .. }) => return Err(failed(&failure)),
            None => return Err(bad_gateway()),
        }
        if body.len() > limit {
            return Err(bad_gateway());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http_body_util::BodyExt;
    use proptest::prelude::*;

    use super::*;

    async fn answered(payload: &str) -> (u16, String) {
        let response = whole(&Bytes::copy_from_slice(payload.as_bytes()));
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn shapes_are_inferred_as_the_service_does() {
        assert_eq!(answered(r#"{"hello": "world"}"#).await, (200, r#"{"hello":"world"}"#.into()));
        assert_eq!(answered(r#""hello""#).await, (200, "hello".into()));
        assert_eq!(answered(r#"["hello", 3, true]"#).await, (200, r#"["hello",3,true]"#.into()));
        assert_eq!(answered("3.1").await, (200, "3.1".into()));
        assert_eq!(answered("true").await, (200, "true".into()));
        assert_eq!(answered(r#"{"statusCode":"418","body":"tea"}"#).await, (418, "tea".into()));
        let encoded = r#"{"statusCode":201,"body":"aGk=","isBase64Encoded":true}"#;
        assert_eq!(answered(encoded).await, (201, "hi".into()));
        assert_eq!(
            answered(r#"{"statusCode":200,"body":{"a":1}}"#).await,
            (200, r#"{"a":1}"#.into())
        );
        assert_eq!(answered(r#"{"statusCode":99}"#).await.0, 502);
        assert_eq!(answered("not json").await.0, 502);
    }

    proptest! {
        #[test]
        fn compacting_keeps_the_value(text in "\\PC{0,30}", number in any::<i64>()) {
            let value = serde_json::json!({ "text": text, "list": [number, null, { "text": text }] });
            let pretty = Bytes::from(serde_json::to_vec_pretty(&value).unwrap());
            prop_assert_eq!(compact(&pretty), serde_json::to_vec(&value).unwrap());
        }
    }
}
