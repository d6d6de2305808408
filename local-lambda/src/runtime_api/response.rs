//! What a process answers: a response, whole or streamed, or an error.

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use uuid::Uuid;

use crate::body::Body;
use crate::invocation::{Chunk, Failure};
use crate::process::Process;

use super::acknowledge::Prompt;
use super::trailers::{WrittenTrailers, trailing_failure};
use super::{accepted, not_expected, refusal};

const TRUNCATED: &str = "Runtime.TruncatedResponse";
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";
pub(super) const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

pub(super) async fn respond(
    process: &Process,
    prompt: &Prompt,
    id: Uuid,
    request: Request<Incoming>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let content_type = head.headers.get(CONTENT_TYPE).cloned();
    if head.headers.get(RESPONSE_MODE).is_some_and(|mode| mode == "streaming") {
        let Some(chunks) = process.begin_stream(id, content_type) else {
            return not_expected(process, id);
        };
        prompt.set(true);
        let reply = forward(process, id, body, chunks).await;
        prompt.set(false);
        return reply;
    }
    match read(&head.headers, body, process.limits().response).await {
        Ok(body) => match process.answer(id, content_type, body) {
            true => acknowledged().await,
            false => not_expected(process, id),
        },
        Err(Unreadable::TooLarge) if process.expects(id) => too_large(process, id),
        Err(Unreadable::TooLarge) => not_expected(process, id),
        Err(Unreadable::Broken) => {
            process.fail(id, cut_off(), TRUNCATED);
            truncated()
        }
    }
}

pub(super) async fn fail(
    process: &Process,
    id: Uuid,
    request: Request<Incoming>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    match read(&head.headers, body, process.limits().response).await {
        Ok(body) => {
            let failure = Failure::of_function(head.headers.get(ERROR_TYPE), body);
            let failed = process.fail(id, failure, "Runtime.FunctionError");
            if failed { accepted() } else { not_expected(process, id) }
        }
        Err(_) => truncated(),
    }
}

pub(super) async fn fail_init(process: &Process, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    match read(&head.headers, body, process.limits().response).await {
        Ok(body) => {
            process.fail_init(Failure::of_function(head.headers.get(ERROR_TYPE), body));
            accepted()
        }
        Err(_) => truncated(),
    }
}

/// Hands chunks on as they come. A reader that has gone changes nothing unless the host is told to
/// pass it on: the function goes on as it would on the service, and what it sends is dropped.
async fn forward(
    process: &Process,
    id: Uuid,
    mut body: Incoming,
    chunks: mpsc::Sender<Chunk>,
) -> Response<Body> {
    let (mut failure, mut written) = (None, WrittenTrailers::default());
    loop {
        let frame = tokio::select! {
            biased;
            () = chunks.closed(), if process.tells_of_disconnects() => {
                return disconnected(process, id).await;
            }
            frame = body.frame() => frame,
        };
        let Some(frame) = frame else { break };
        let Ok(frame) = frame else {
            process.end_stream(id, Some(cut_off())).await;
            return truncated();
        };
        match frame.into_data() {
            Ok(data) => {
                if let Some(data) = written.sift(data) {
                    let _ = chunks.send(Chunk::Data(data)).await;
                }
            }
            Err(frame) => failure = frame.trailers_ref().and_then(trailing_failure),
        }
    }
    if let Some(rest) = written.rest() {
        let _ = chunks.send(Chunk::Data(rest)).await;
    }
    drop(chunks);
    let failure = failure.or(written.failure);
    process.end_stream(id, failure).await;
    acknowledged().await
}

/// The caller has waited longer than the function has: what answers it has its turn first.
async fn acknowledged() -> Response<Body> {
    yield_now().await;
    accepted()
}

/// The rest of the request is not read, which closes the connection under the function's stream.
async fn disconnected(process: &Process, id: Uuid) -> Response<Body> {
    let gone = Failure::document("Runtime.ClientDisconnected", "the client has gone");
    process.end_stream(id, Some(gone)).await;
    let mut response =
        refusal(StatusCode::GONE, "ClientDisconnected", "the caller of this stream has gone");
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

enum Unreadable {
    TooLarge,
    Broken,
}

async fn read(headers: &HeaderMap, mut body: Incoming, limit: usize) -> Result<Bytes, Unreadable> {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let mut too_large = length.is_some_and(|length: usize| length > limit);
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unreadable::Broken)?.into_data() else { continue };
        too_large |= first.len() + all.len() + data.len() > limit;
        match (too_large, first.is_empty()) {
            // Read to the end all the same, so that the process hears why.
            (true, _) => {}
            // Most answers are one chunk, which need not be copied.
            (false, true) => first = data,
            (false, false) => all.extend_from_slice(&data),
        }
    }
    match (too_large, all.is_empty()) {
        (true, _) => Err(Unreadable::TooLarge),
        (false, true) => Ok(first),
        (false, false) => Ok([first, all.freeze()].concat().into()),
    }
}

fn too_large(process: &Process, id: Uuid) -> Response<Body> {
    const KIND: &str = "Function.ResponseSizeTooLarge";
    let limit = process.limits().response;
    let message =
        format!("Response payload size exceeded maximum allowed payload size ({limit} bytes).");
    process.fail(id, Failure::document(KIND, &message), KIND);
    refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

fn cut_off() -> Failure {
    Failure::document(TRUNCATED, "the function's connection ended within its response")
}

fn truncated() -> Response<Body> {
    refusal(StatusCode::BAD_REQUEST, TRUNCATED, "the request ended early")
}
