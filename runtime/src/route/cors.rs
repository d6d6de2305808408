//! Cross-origin requests by the pages that the definition names.

use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::{
    event::Incoming,
    problem::{ORIGIN_DENIED, Problem},
    reply::Head,
};

const ALLOW_HEADERS: &str = "accept, authorization, cache-control, content-type, idempotency-key, \
    traceparent, x-api-key, x-promptpilot-metadata, x-promptpilot-user";

const EXPOSE_HEADERS: &str = "ratelimit, ratelimit-policy, retry-after, server-timing, \
    x-promptpilot-cache, \
    x-promptpilot-call-id, x-promptpilot-cost-usd, x-promptpilot-idempotency, x-promptpilot-model, \
    x-promptpilot-tokens-in, x-promptpilot-tokens-out, x-promptpilot-version";

/// What every answer carries.
pub(super) fn headers(incoming: &Incoming, origins: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if origins.is_empty() {
        return headers;
    }
    // Caches must not give one origin's answer to another.
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = allowed(incoming, origins) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let exposed = HeaderValue::from_static(EXPOSE_HEADERS);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    headers
}

/// The answer to a browser's question before the request.
pub(super) fn preflight(incoming: &Incoming, origins: &[&str]) -> Result<Head, Problem> {
    let mut head = Head { status: StatusCode::NO_CONTENT, headers: HeaderMap::new() };
    head.set("allow", "GET, HEAD, POST, OPTIONS");
    if incoming.header("origin").is_none() {
        return Ok(head);
    }
    if allowed(incoming, origins).is_none() {
        let detail = "this page's origin is not among the endpoint's `cors.origins`";
        return Err(Problem::new(ORIGIN_DENIED, detail));
    }
    head.set("access-control-allow-methods", "GET, POST");
    head.set("access-control-allow-headers", ALLOW_HEADERS);
    head.set("access-control-max-age", "86400");
    Ok(head)
}

fn allowed(incoming: &Incoming, origins: &[&str]) -> Option<HeaderValue> {
    let origin = incoming.header("origin")?;
    if origins.contains(&"*") {
        return Some(HeaderValue::from_static("*"));
    }
    origins.contains(&origin).then(|| HeaderValue::from_str(origin).ok()).flatten()
}
