//! `next`: a process waits here for its events.

use std::sync::Arc;

use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response};

use crate::body::Body;
use crate::process::Process;

use super::wrong_state;

const REQUEST_ID: HeaderName = HeaderName::from_static("lambda-runtime-aws-request-id");
const DEADLINE: HeaderName = HeaderName::from_static("lambda-runtime-deadline-ms");
const FUNCTION_ARN: HeaderName = HeaderName::from_static("lambda-runtime-invoked-function-arn");
const TRACE_ID: HeaderName = HeaderName::from_static("lambda-runtime-trace-id");
const CLIENT_CONTEXT: HeaderName = HeaderName::from_static("lambda-runtime-client-context");

pub(super) async fn next(process: &Arc<Process>) -> Response<Body> {
    if !process.has_room() {
        return wrong_state("Running", "Next");
    }
    let invocation = process.pool.next(process).await;
    let delivery = process.deliver(invocation);

    let mut response = Response::new(Body::from(delivery.payload));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut id = [0; uuid::fmt::Hyphenated::LENGTH];
    set(headers, REQUEST_ID, delivery.id.hyphenated().encode_lower(&mut id));
    set(headers, DEADLINE, &delivery.deadline_ms.to_string());
    set(headers, FUNCTION_ARN, &delivery.invoked_arn);
    headers.insert(TRACE_ID, delivery.trace_id);
    if let Some(context) = delivery.client_context {
        headers.insert(CLIENT_CONTEXT, context);
    }
    response
}

/// Sets a header that is made of visible ASCII by construction.
fn set(headers: &mut http::HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
