//! What a process answers: a response, whole or streamed, or an error.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::body::Body;
use crate::invocation::{Chunk, Failure};
use crate::process::Process;

use super::{accepted, not_expected, refusal};

const TRUNCATED: &str = "Runtime.TruncatedResponse";
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";

pub(super) async fn respond(
    process: &Process,
    id: Uuid,
    request: Request<Incoming>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let content_type = head.headers.get(CONTENT_TYPE).cloned();
    if head.headers.get(RESPONSE_MODE).is_some_and(|mode| mode == "streaming") {
        return match process.begin_stream(id, content_type) {
            Some(chunks) => forward(process, id, body, chunks).await,
            None => not_expected(process, id),
        };
    }
    match read(&head.headers, body, process.limits().response).await {
        Ok(body) => match process.answer(id, content_type, body) {
            true => accepted(),
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

/// The error that a function may still report when its answer has begun.
fn trailing_failure(trailers: &HeaderMap) -> Option<Failure> {
    let kind = trailers.get(ERROR_TYPE)?;
    let body = trailers.get(ERROR_BODY).and_then(|body| STANDARD.decode(body).ok());
    Some(Failure::of_function(Some(kind), body.unwrap_or_default().into()))
}

/// The same error, where it comes in the body as a chunk that has the trailers' text: `lambda_runtime`
/// sends it so.
#[derive(Default)]
struct WrittenTrailers {
    /// What began like them; a chunk may come in pieces.
    held: BytesMut,
    failure: Option<Failure>,
}

impl WrittenTrailers {
    const TYPE: &[u8] = b"Lambda-Runtime-Function-Error-Type: ";
    const BODY: &str = "Lambda-Runtime-Function-Error-Body: ";
    /// Less than that is not held back: it is what many an answer may have.
    const TELLING: usize = b"Lambda-Runtime-".len();
    const MOST: usize = 1 << 20;

    /// What of the body is not part of them, up to here.
    fn sift(&mut self, data: Bytes) -> Option<Bytes> {
        if self.held.is_empty() && !Self::may_begin(&data) {
            return Some(data);
        }
        self.held.extend_from_slice(&data);
        match Self::read(&self.held) {
            Some(failure) => {
                self.held.clear();
                self.failure = Some(failure);
                None
            }
            None if Self::may_begin(&self.held) => None,
            None => self.rest(),
        }
    }

    /// What was held back for nothing.
    fn rest(&mut self) -> Option<Bytes> {
        Some(self.held.split().freeze()).filter(|rest| !rest.is_empty())
    }

    fn may_begin(bytes: &[u8]) -> bool {
        (Self::TELLING..Self::MOST).contains(&bytes.len())
            && (bytes.starts_with(Self::TYPE) || Self::TYPE.starts_with(bytes))
    }

    fn read(chunk: &[u8]) -> Option<Failure> {
        let text = str::from_utf8(chunk.strip_prefix(Self::TYPE)?).ok()?;
        let (kind, rest) = text.split_once("\r\n")?;
        let body = rest.strip_prefix(Self::BODY)?.strip_suffix("\r\n")?;
        let message = String::from_utf8(STANDARD.decode(body).ok()?).ok()?;
        Some(Failure::document(kind, &message))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &[u8] = b"Lambda-Runtime-Function-Error-Type: Runtime.StreamError\r\n\
                              Lambda-Runtime-Function-Error-Body: bm8gbW9yZQ==\r\n";

    #[test]
    fn trailers_written_as_a_chunk_are_an_error_in_however_many_pieces() {
        for cut in WrittenTrailers::TELLING..WRITTEN.len() {
            let mut written = WrittenTrailers::default();
            let (first, second) = WRITTEN.split_at(cut);
            assert_eq!(written.sift(Bytes::from_static(first)), None);
            assert_eq!(written.sift(Bytes::from_static(second)), None);
            let failure = written.failure.take().map(|it| (it.message(), it.kind));
            assert_eq!(failure, Some(("no more".to_owned(), "Runtime.StreamError".to_owned())));
            assert_eq!(written.rest(), None);
        }
    }

    #[test]
    fn everything_else_goes_on_as_it_came() {
        let pieces = ["L", "hello", "Lambda-Runtime-Function-Error-Type: ", "is a header", "end"];
        let mut written = WrittenTrailers::default();
        let mut out = Vec::new();
        for piece in pieces {
            out.extend(written.sift(Bytes::from_static(piece.as_bytes())));
        }
        out.extend(written.rest());
        assert_eq!(out.concat(), pieces.concat().as_bytes());
        assert!(written.failure.is_none());
    }
}
