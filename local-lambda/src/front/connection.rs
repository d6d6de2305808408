//! One connection of a client, HTTP/1.1 or HTTP/2, as its first bytes say.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::api;
use crate::body::{Body, Reply};
use crate::context::Context;
use crate::url;

/// A client must begin a request within this time, and end its head.
const HEAD_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    context: Arc<Context>,
    closing: CancellationToken,
) {
    // Without it the only cost is delay.
    let _ = stream.set_nodelay(true);
    let mut first = [0];
    let begun = tokio::select! {
        begun = timeout(HEAD_WITHIN, stream.peek(&mut first)) => begun,
        () = closing.cancelled() => return,
    };
    if !matches!(begun, Ok(Ok(1))) {
        return;
    }
    let service = service_fn(|request| answer(Arc::clone(&context), peer, request));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(error, "a client's connection broke");
    }
}

async fn answer(context: Arc<Context>, peer: SocketAddr, request: Request<Incoming>) -> Reply {
    let path = request.uri().path();
    let response = if path.starts_with(url::PATH_PREFIX) {
        url::handle(&context, peer, request).await
    } else if api::is_call(path) {
        api::handle(&context, request).await
    } else {
        managed(context, request).await
    };
    Ok::<_, Infallible>(response)
}

/// What manages functions unpacks, hashes and writes: in a thread where it holds up no call.
async fn managed(context: Arc<Context>, request: Request<Incoming>) -> http::Response<Body> {
    let engine = Handle::current();
    let work = spawn_blocking(move || engine.block_on(api::handle(&context, request)));
    work.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request to the REST API was not answered");
        let mut response = http::Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
