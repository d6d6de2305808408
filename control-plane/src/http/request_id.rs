//! Every answer carries the id that our log has for its request.

use axum::{extract::Request, http::HeaderValue, middleware::Next, response::Response};
use tracing::Instrument;
use uuid::Uuid;

const HEADER: &str = "x-request-id";

/// A request's id, for handlers.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request an id, logs the request under it, and sends it back.
pub(crate) async fn identify(mut request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let started = std::time::Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", %id, %method, path);
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| {
        let status = response.status().as_u16();
        let took_ms = started.elapsed().as_millis() as u64;
        tracing::debug!(status, took_ms, "answered");
    });
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
