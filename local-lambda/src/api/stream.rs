//! InvokeWithResponseStream.

use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Response};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::body::Body;
use crate::caller::ShutDown;
use crate::context::Context;
use crate::invocation::{Answer, Chunk, Failure};

use super::error::ApiError;
use super::event_stream::event;
use super::invoke::{EXECUTED_VERSION, InvocationType, dry_run, shut_down, start};
use super::request::ApiRequest;

/// Chunks that may wait for the client.
const CLIENT_CHUNKS: usize = 16;
const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

pub(super) async fn invoke(
    context: &Arc<Context>,
    request: &ApiRequest,
    id: Uuid,
) -> Result<Response<Body>, ApiError> {
    match InvocationType::of(&request.headers)? {
        InvocationType::RequestResponse => {}
        InvocationType::DryRun => return dry_run(context, request),
        InvocationType::Event => {
            return Err(ApiError::constraint(
                "invocationType",
                "Event",
                "Member must satisfy enum value set: [RequestResponse, DryRun]",
            ));
        }
    }
    let calling = start(context, request, id)?;
    let version = HeaderValue::from_str(&calling.pool.unit.number);
    let answer = calling.answer().await.map_err(|ShutDown| shut_down())?;

    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    if let Ok(version) = version {
        headers.insert(EXECUTED_VERSION, version);
    }
    *response.body_mut() = match answer {
        Answer::Whole { body, log, .. } => {
            Body::from([chunk(&body), complete(None, log.as_deref())].concat())
        }
        Answer::Failed { failure, log } => Body::from(complete(Some(&failure), log.as_deref())),
        Answer::Stream { chunks, .. } => forwarded(chunks),
    };
    Ok(response)
}

fn forwarded(mut chunks: mpsc::Receiver<Chunk>) -> Body {
    let (sender, receiver) = mpsc::channel(CLIENT_CHUNKS);
    tokio::spawn(async move {
        while let Some(next) = chunks.recv().await {
            let message = match next {
                Chunk::Data(data) => chunk(&data),
                Chunk::End { failure, log } => {
                    let _ = sender.send(Ok(complete(failure.as_ref(), log.as_deref()))).await;
                    return;
                }
            };
            if sender.send(Ok(message)).await.is_err() {
                // The client has gone; the function is not told.
                return;
            }
        }
        let _ = sender.send(Err(io::ErrorKind::UnexpectedEof.into())).await;
    });
    Body::Chunks(receiver)
}

fn chunk(payload: &[u8]) -> Bytes {
    event("PayloadChunk", "application/octet-stream", payload)
}

fn complete(failure: Option<&Failure>, log: Option<&[u8]>) -> Bytes {
    let mut members = Map::new();
    if let Some(failure) = failure {
        members.insert("ErrorCode".to_owned(), json!(failure.kind));
        let details = String::from_utf8_lossy(&failure.payload);
        members.insert("ErrorDetails".to_owned(), json!(details));
    }
    if let Some(log) = log {
        members.insert("LogResult".to_owned(), json!(STANDARD.encode(log)));
    }
    event("InvokeComplete", "application/json", Value::from(members).to_string().as_bytes())
}
