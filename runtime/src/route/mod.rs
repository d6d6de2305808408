//! Which request is what: a call, a page about the endpoint, or a mistake.

mod about;
mod cors;

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue, StatusCode};
use uuid::Uuid;

use crate::{
    call::{self, Moment},
    endpoint::Auth,
    event::Incoming,
    function::Function,
    problem::{METHOD_NOT_ALLOWED, NOT_FOUND, Problem},
    reply::{Head, Reply},
};

/// So long before the platform would end the call we end it ourselves, with an answer.
const BEFORE_DEADLINE: Duration = Duration::from_millis(500);

/// What the platform says of a call.
pub(crate) struct Platform {
    pub(crate) request_id: String,
    /// When it ends the call, in milliseconds since 1970.
    pub(crate) deadline_ms: u64,
}

#[cfg(feature = "serve")]
impl Platform {
    /// None: the endpoint's own timeout is all there is.
    pub(crate) fn none() -> Self {
        Self { request_id: String::new(), deadline_ms: u64::MAX }
    }
}

/// Answers a request, or says what is wrong with what was to be one.
pub(crate) async fn handle(
    function: Arc<Function>,
    incoming: Result<Incoming, Problem>,
    platform: Platform,
    mut reply: Reply,
) {
    let moment = Moment {
        call_id: Uuid::now_v7(),
        arrived: Instant::now(),
        deadline: deadline(function.endpoint.timeout_ms, platform.deadline_ms),
        platform_request_id: platform.request_id,
    };
    reply.always(common_headers(&function, moment.call_id));
    let incoming = match incoming {
        Ok(incoming) => incoming,
        Err(problem) => return refuse(&mut reply, &problem, &moment).await,
    };
    reply.always(cors::headers(&incoming, function.endpoint.origins));
    let path = match incoming.path.trim_end_matches('/') {
        "" => "/",
        path => path,
    };
    match (incoming.method.as_str(), path) {
        ("POST", "/") => {
            reply.always(notes(&function, &incoming));
            call::run(&function, &incoming, &moment, &mut reply).await;
        }
        ("OPTIONS", "/" | "/openapi.json" | "/health") => {
            match cors::preflight(&incoming, function.endpoint.origins) {
                Ok(head) => send(&mut reply, head, String::new()).await,
                Err(problem) => refuse(&mut reply, &problem, &moment).await,
            }
        }
        (method @ ("GET" | "HEAD"), "/" | "/openapi.json" | "/health") => {
            let (head, body) = page(&function, &incoming, path);
            send(&mut reply, head, if method == "HEAD" { String::new() } else { body }).await;
        }
        (_, "/") => refuse(&mut reply, &not_allowed("GET, HEAD, POST, OPTIONS"), &moment).await,
        (_, "/openapi.json" | "/health") => {
            refuse(&mut reply, &not_allowed("GET, HEAD, OPTIONS"), &moment).await;
        }
        _ => {
            let detail = "there are `/`, `/openapi.json` and `/health`";
            refuse(&mut reply, &Problem::new(NOT_FOUND, detail), &moment).await;
        }
    }
}

fn page(function: &Function, incoming: &Incoming, path: &str) -> (Head, String) {
    match path {
        "/health" => {
            (Head { status: StatusCode::NO_CONTENT, headers: HeaderMap::new() }, String::new())
        }
        "/openapi.json" => {
            (Head::new(StatusCode::OK, "application/json"), function.endpoint.openapi.to_owned())
        }
        _ if incoming.accepts("text/html") => {
            let mut head = Head::new(StatusCode::OK, "text/html; charset=utf-8");
            head.set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'");
            (head, about::html(function))
        }
        _ => (Head::new(StatusCode::OK, "application/json"), about::json(function).to_string()),
    }
}

fn not_allowed(allow: &'static str) -> Problem {
    let problem = Problem::new(METHOD_NOT_ALLOWED, format!("here are allowed: {allow}"));
    Problem { allow: Some(allow), ..problem }
}

/// The caller may be gone by now; there is nothing to do about it.
async fn send(reply: &mut Reply, head: Head, body: String) {
    let _ = reply.whole(head, body).await;
}

async fn refuse(reply: &mut Reply, problem: &Problem, moment: &Moment) {
    send(reply, problem.head(), problem.document(moment.call_id)).await;
}

fn common_headers(function: &Function, call_id: Uuid) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    set("x-promptpilot-call-id", call_id.to_string());
    set("x-promptpilot-version", function.identity.version.to_string());
    headers
}

/// What we were asked for and do not do here.
fn notes(function: &Function, incoming: &Incoming) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let asks = incoming.header("idempotency-key").is_some();
    if asks && matches!(function.endpoint.auth, Auth::Public) {
        // Without API keys there is nobody whose repeat it could be.
        let note = "ignored; reason=\"public endpoint\"";
        headers.insert("x-promptpilot-idempotency", HeaderValue::from_static(note));
    }
    headers
}

/// The earlier of the endpoint's own timeout and a little before the platform's.
fn deadline(timeout_ms: u64, platform_ms: u64) -> tokio::time::Instant {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let platform = Duration::from_millis(platform_ms).saturating_sub(now);
    let own = Duration::from_millis(timeout_ms);
    tokio::time::Instant::now() + own.min(platform.saturating_sub(BEFORE_DEADLINE))
}
