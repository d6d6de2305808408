//! The Runtime API: what a function's process asks and tells. Each process has a listener of its
//! own, so a process can only touch its own calls.

mod acknowledge;
mod invocation;
mod response;
mod trailers;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::body::{Body, Reply};
use crate::process::Process;

use acknowledge::{Acknowledging, Prompt};

const PREFIX: &str = "/2018-06-01/runtime/";

/// Serves a process until `stop`; its connections end by themselves when the process does.
pub(crate) async fn serve(
    process: Arc<Process>,
    listener: TcpListener,
    connections: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        if let Ok((stream, _)) = accepted {
            connections.spawn(connection(Arc::clone(&process), stream));
        }
    }
}

async fn connection(process: Arc<Process>, stream: TcpStream) {
    // Without it the only cost is delay.
    let _ = stream.set_nodelay(true);
    let (stream, prompt) = match Acknowledging::new(stream) {
        Ok(both) => both,
        Err(error) => return tracing::warn!(%error, "could not serve a function's process"),
    };
    let service = service_fn(|request| handle(&process, &prompt, request));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection of a function's process broke");
    }
}

/// What a request of a process is.
#[derive(Debug, PartialEq, Eq)]
enum Route {
    Next,
    Response(Uuid),
    Error(Uuid),
    InitError,
    UnknownCall,
    NotFound,
    MethodNotAllowed,
}

fn route(method: &Method, path: &str) -> Route {
    let (route, expected) = match path.strip_prefix(PREFIX) {
        Some("invocation/next") => (Route::Next, Method::GET),
        Some("init/error") => (Route::InitError, Method::POST),
        Some(rest) => (call_route(rest), Method::POST),
        None => return Route::NotFound,
    };
    if route == Route::NotFound || *method == expected { route } else { Route::MethodNotAllowed }
}

fn call_route(rest: &str) -> Route {
    let call = rest.strip_prefix("invocation/").and_then(|rest| rest.split_once('/'));
    match call {
        Some((id, kind @ ("response" | "error"))) => match Uuid::try_parse(id) {
            Ok(id) if kind == "response" => Route::Response(id),
            Ok(id) => Route::Error(id),
            Err(_) => Route::UnknownCall,
        },
        _ => Route::NotFound,
    }
}

async fn handle(process: &Arc<Process>, prompt: &Prompt, request: Request<Incoming>) -> Reply {
    let reply = match route(request.method(), request.uri().path()) {
        Route::Next => invocation::next(process).await,
        Route::Response(id) => response::respond(process, prompt, id, request).await,
        Route::Error(id) => response::fail(process, id, request).await,
        Route::InitError => response::fail_init(process, request).await,
        Route::UnknownCall => unknown_call(),
        Route::NotFound => refusal(StatusCode::NOT_FOUND, "NotFound", "no such path"),
        Route::MethodNotAllowed => {
            refusal(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "wrong method")
        }
    };
    Ok::<_, Infallible>(reply)
}

fn accepted() -> Response<Body> {
    json_reply(StatusCode::ACCEPTED, Bytes::from_static(b"{\"status\":\"OK\"}\n"))
}

/// An answer to a call that is not, or no longer, the process's.
fn not_expected(process: &Process, id: Uuid) -> Response<Body> {
    if process.has_answered(id) {
        wrong_state("ResponseSent", "InvocationResponse")
    } else {
        unknown_call()
    }
}

/// What the process asks for is nothing that it may do now.
fn wrong_state(from: &str, to: &str) -> Response<Body> {
    let message = format!(
        "State transition from {from} to {to} failed for runtime. \
         Error: State transition is not allowed"
    );
    refusal(StatusCode::FORBIDDEN, "InvalidStateTransition", &message)
}

fn unknown_call() -> Response<Body> {
    refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response<Body> {
    let body = json!({ "errorMessage": message, "errorType": kind }).to_string();
    json_reply(status, body.into())
}

fn json_reply(status: StatusCode, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_routed() {
        let id = Uuid::from_u128(7);
        let call = |rest: &str| format!("{PREFIX}invocation/{id}/{rest}");
        let post = |path: &str| route(&Method::POST, path);
        assert_eq!(route(&Method::GET, "/2018-06-01/runtime/invocation/next"), Route::Next);
        assert_eq!(post("/2018-06-01/runtime/invocation/next"), Route::MethodNotAllowed);
        assert_eq!(post(&call("response")), Route::Response(id));
        assert_eq!(post(&call("error")), Route::Error(id));
        assert_eq!(post(&call("other")), Route::NotFound);
        assert_eq!(post("/2018-06-01/runtime/invocation/nobody/response"), Route::UnknownCall);
        assert_eq!(post("/2018-06-01/runtime/init/error"), Route::InitError);
        assert_eq!(post("/"), Route::NotFound);
    }
}
