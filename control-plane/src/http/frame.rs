//! What stands around every handler: bounds on time, headers that protect, pages that may call.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::Problem;
use crate::plane::ControlPlane;

/// How long a handler may take until its answer begins. Streams go on as long as they like.
const WITHIN: Duration = Duration::from_secs(30);

/// Models take their time: runs of prompts have a bound of their own.
fn is_bounded_itself(path: &str) -> bool {
    matches!(path, "/api/llm/execute" | "/v1/chat/completions") || path.starts_with("/v1/prompts/")
}

/// Ends a request whose answer does not begin in time.
pub(crate) async fn within_time(request: Request, next: Next) -> Response {
    if is_bounded_itself(request.uri().path()) {
        return next.run(request).await;
    }
    tokio::time::timeout(WITHIN, next.run(request)).await.unwrap_or_else(|_| {
        let detail = format!("no answer within {} s", WITHIN.as_secs());
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "request-timeout", detail).into_response()
    })
}

const PROTECTING: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Adds the headers that keep browsers from doing what nobody meant, where a handler has not set
/// its own.
pub(crate) async fn protect(
    State(plane): State<ControlPlane>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in PROTECTING {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if plane.settings().is_public_by_tls() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
    response
}

/// Lets pages of the named origins call, with tokens: cookies are for our own pages.
pub(crate) fn cors(origins: &[String]) -> CorsLayer {
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
        ])
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            HeaderName::from_static("ratelimit"),
            HeaderName::from_static("ratelimit-policy"),
            HeaderName::from_static("x-request-id"),
        ])
        .max_age(Duration::from_secs(3600))
}
