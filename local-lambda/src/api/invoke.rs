//! Invoke.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde::de::IgnoredAny;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::arn::FunctionRef;
use crate::body::Body;
use crate::caller::{self, Call, Calling, NotCalled, ShutDown};
use crate::context::Context;
use crate::events::{Events, Queued};
use crate::invocation::{Answer, Chunk, Failure};

use super::error::ApiError;
use super::request::{ApiRequest, no_content};

const MAX_PAYLOAD: usize = 6_291_456;
/// The service lets answers be a little longer than events.
const MAX_ANSWER: usize = 6_291_556;
const INVOCATION_TYPE: &str = "x-amz-invocation-type";
const LOG_TYPE: &str = "x-amz-log-type";
const CLIENT_CONTEXT: &str = "x-amz-client-context";
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");
pub(super) const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");

/// How a call is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

impl InvocationType {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        match headers.get(INVOCATION_TYPE).map(HeaderValue::as_bytes) {
            None | Some(b"RequestResponse") => Ok(Self::RequestResponse),
            Some(b"Event") => Ok(Self::Event),
            Some(b"DryRun") => Ok(Self::DryRun),
            Some(other) => Err(ApiError::constraint(
                "invocationType",
                &String::from_utf8_lossy(other),
                "Member must satisfy enum value set: [RequestResponse, Event, DryRun]",
            )),
        }
    }
}

pub(super) async fn invoke(
    context: &Arc<Context>,
    request: &ApiRequest,
    id: Uuid,
) -> Result<Response<Body>, ApiError> {
    let calling = match InvocationType::of(&request.headers)? {
        InvocationType::DryRun => return dry_run(context, request),
        InvocationType::Event => return enqueue(context, request, id).await,
        InvocationType::RequestResponse => start(context, request, id)?,
    };
    let version = HeaderValue::from_str(&calling.pool.unit.number);
    let whole = match calling.answer().await.map_err(|ShutDown| shut_down())? {
        Answer::Whole { body, log, .. } => Whole { body, log, failed: false },
        Answer::Failed { failure, log } => Whole::failed(failure, log),
        Answer::Stream { chunks, .. } => collect(chunks).await,
    };
    let mut response = Response::new(Body::from(whole.body));
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(version) = version {
        headers.insert(EXECUTED_VERSION, version);
    }
    if whole.failed {
        headers.insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
    }
    if let Some(log) = whole.log.and_then(|log| HeaderValue::from_str(&STANDARD.encode(log)).ok()) {
        headers.insert(LOG_RESULT, log);
    }
    Ok(response)
}

pub(super) fn dry_run(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let entry = context.registry.get(&reference.name);
    let qualifier = reference.qualifier_or_latest();
    let known = entry.is_some_and(|entry| entry.function.resolve(qualifier).is_some());
    if known { Ok(no_content()) } else { Err(missing(context, &reference)) }
}

/// Keeps the call for later; its answer is for nobody.
async fn enqueue(
    context: &Arc<Context>,
    request: &ApiRequest,
    id: Uuid,
) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let qualifier = reference.qualifier_or_latest();
    let entry = context.registry.get(&reference.name);
    if entry.is_none_or(|entry| entry.function.resolve(qualifier).is_none()) {
        return Err(missing(context, &reference));
    }
    let event = Queued::new(
        id,
        (reference.name.clone(), qualifier.to_owned()),
        reference.arn(&context.region),
        &caller::trace_id(&request.headers, id),
        client_context(&request.headers)?.as_ref(),
        payload(&request.body)?,
    );
    let kept = Events::accept(context, event).await;
    kept.map_err(|error| ApiError::internal("keep the event", &error))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// Makes the call that a request asks for.
pub(super) fn start(
    context: &Context,
    request: &ApiRequest,
    id: Uuid,
) -> Result<Calling, ApiError> {
    let reference = request.function(context)?;
    let entry = context.registry.get(&reference.name);
    let entry = entry.ok_or_else(|| missing(context, &reference))?;
    let payload = payload(&request.body)?;
    let call = Call {
        entry: &entry,
        qualifier: reference.qualifier_or_latest(),
        id,
        payload,
        invoked_arn: reference.arn(&context.region).into(),
        trace_id: caller::trace_id(&request.headers, id),
        client_context: client_context(&request.headers)?,
        wants_log: request.headers.get(LOG_TYPE).is_some_and(|it| it == "Tail"),
    };
    caller::call(call).map_err(|not_called| match not_called {
        NotCalled::NoVersion => missing(context, &reference),
        throttled => ApiError::throttled(throttled.reason()),
    })
}

/// Functions without a qualifier are called at `$LATEST`, and so the service names them.
fn missing(context: &Context, reference: &FunctionRef) -> ApiError {
    let qualifier = Some(reference.qualifier_or_latest().to_owned());
    let reference = FunctionRef { name: reference.name.clone(), qualifier };
    ApiError::no_function(&reference.arn(&context.region))
}

pub(super) fn shut_down() -> ApiError {
    ApiError::internal("finish the call", &std::io::Error::other("the host is shutting down"))
}

/// The event: JSON, an empty object where there is none.
fn payload(body: &Bytes) -> Result<Bytes, ApiError> {
    if body.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    if body.len() > MAX_PAYLOAD {
        return Err(ApiError::too_large(format!(
            "Request must be smaller than {MAX_PAYLOAD} bytes for the InvokeFunction operation"
        )));
    }
    match serde_json::from_slice::<IgnoredAny>(body) {
        Ok(_) => Ok(body.clone()),
        Err(error) => Err(ApiError::content(format!(
            "Could not parse request body into json: Could not parse payload into json: {error}"
        ))),
    }
}

/// Comes in base64, goes to the function as JSON.
fn client_context(headers: &HeaderMap) -> Result<Option<HeaderValue>, ApiError> {
    let Some(header) = headers.get(CLIENT_CONTEXT) else { return Ok(None) };
    let json = STANDARD.decode(header.as_bytes()).ok();
    let json = json.filter(|json| serde_json::from_slice::<IgnoredAny>(json).is_ok());
    let value = json.and_then(|json| HeaderValue::from_bytes(&json).ok());
    value.map(Some).ok_or_else(|| {
        ApiError::content("Client context must be a valid Base64-encoded JSON object.")
    })
}

/// An answer that is all there.
struct Whole {
    body: Bytes,
    log: Option<Bytes>,
    failed: bool,
}

impl Whole {
    fn failed(failure: Failure, log: Option<Bytes>) -> Self {
        Self { body: failure.payload, log, failed: true }
    }
}

/// A streamed answer to a caller who wants it whole.
async fn collect(mut chunks: mpsc::Receiver<Chunk>) -> Whole {
    let mut body = BytesMut::new();
    while let Some(chunk) = chunks.recv().await {
        match chunk {
            Chunk::Data(data) => body.extend_from_slice(&data),
            Chunk::End { failure: Some(failure), log } => return Whole::failed(failure, log),
            Chunk::End { failure: None, log } => {
                return Whole { body: body.freeze(), log, failed: false };
            }
        }
        if body.len() > MAX_ANSWER {
            let message = format!(
                "Response payload size exceeded maximum allowed payload size ({MAX_ANSWER} bytes)."
            );
            let failure = Failure::document("Function.ResponseSizeTooLarge", &message);
            return Whole::failed(failure, None);
        }
    }
    Whole::failed(Failure::document("Runtime.TruncatedResponse", "the response was cut off"), None)
}
