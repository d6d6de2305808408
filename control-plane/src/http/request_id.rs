//! Every answer carries the id that our log has for its request.

use axum::{
    extract::{MatchedPath, Request},
    http::HeaderValue,
    middleware::Next,
    response::Response,
};
use opentelemetry::global;
use opentelemetry_http::HeaderExtractor;
use tracing::{Instrument, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use uuid::Uuid;

const HEADER: &str = "x-request-id";

/// A request's id, for handlers.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request an id, logs the request under it, and sends it back.
pub(crate) async fn identify(mut request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let started = std::time::Instant::now();
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = span(&request, &id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    span.in_scope(|| {
        let took_ms = started.elapsed().as_millis() as u64;
        tracing::debug!(took_ms, "answered");
    });
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// What is told of a request, by OpenTelemetry's names
/// (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/>), in the trace that it says it is part of. It stands
/// in each line of the log that the request leads to.
fn span(request: &Request, id: &str) -> Span {
    let (method, path) = (request.method(), request.uri().path());
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let span = tracing::error_span!(
        "request",
        otel.name = route.map(|route| format!("{method} {route}")),
        otel.kind = "server",
        otel.status_code = Empty,
        %id,
        http.request.method = %method,
        http.route = route,
        http.response.status_code = Empty,
        // Addresses of pages may have a secret in them, such as an invitation's.
        url.path = route.is_some_and(is_api).then_some(path),
    );
    let context = global::get_text_map_propagator(|propagator| {
        propagator.extract(&HeaderExtractor(request.headers()))
    });
    // Where no spans are sent, there is nothing that could be part of a trace.
    let _ = span.set_parent(context);
    span
}

fn is_api(route: &str) -> bool {
    ["/api/", "/v1/"].iter().any(|prefix| route.starts_with(prefix))
}
