//! What Prometheus reads: requests by route and status, how long they took, and the connections.

use std::{fmt::Write, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::header::CONTENT_TYPE,
    middleware::Next,
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::plane::ControlPlane;

/// Bounds of the buckets, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: String,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pool {
    pool: &'static str,
    state: &'static str,
}

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    connections: Family<Pool, Gauge>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("promptpilot");
        let requests = Family::default();
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let seconds = Family::new_with_constructor(histogram);
        let connections = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_seconds", "Time until an answer began", seconds.clone());
        registry.register(
            "database_connections",
            "Connections to the database",
            connections.clone(),
        );
        Self { registry, requests, seconds, connections }
    }
}

/// Counts a request by its route's pattern, never by its path, which callers choose.
pub(crate) async fn count(
    State(plane): State<ControlPlane>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let pattern = request.extensions().get::<MatchedPath>();
    let route = pattern.map_or("none", MatchedPath::as_str).to_owned();
    let method = match request.method().as_str() {
        known @ ("GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS") => known,
        _ => "other",
    };
    let method = method.to_owned();
    let response = next.run(request).await;
    let metrics = plane.metrics();
    let status = response.status().as_u16();
    let of = Route { method: method.clone(), route: route.clone() };
    metrics.seconds.get_or_create(&of).observe(started.elapsed().as_secs_f64());
    metrics.requests.get_or_create(&Answered { method, route, status }).inc();
    response
}

/// `GET /metrics`, for whoever has the installation's token.
pub(crate) async fn show(State(plane): State<ControlPlane>) -> Response {
    let metrics = plane.metrics();
    for (pool, size, idle) in plane.database().connections() {
        let gauge = |state, count: u32| {
            metrics.connections.get_or_create(&Pool { pool, state }).set(i64::from(count));
        };
        gauge("idle", idle);
        gauge("used", size.saturating_sub(idle));
    }
    let mut text = String::new();
    if encode(&mut text, &metrics.registry).is_err() {
        text.clear();
        let _ = writeln!(text, "# could not be written");
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], text).into_response()
}
