//! One connection of a client: TLS or not, HTTP/1.1 or HTTP/2, as its first bytes say.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::api;
use crate::body::{Body, Reply};
use crate::context::Context;
use crate::url::{self, Peer};

use super::{Door, tls};

/// A client must begin a request within this time, and end its head.
const HEAD_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn serve(door: Door, stream: TcpStream, address: SocketAddr) {
    // Without it the only cost is delay.
    let _ = stream.set_nodelay(true);
    let mut first = [0];
    let begun = tokio::select! {
        begun = timeout(HEAD_WITHIN, stream.peek(&mut first)) => begun,
        () = door.closing.cancelled() => return,
    };
    if !matches!(begun, Ok(Ok(1))) {
        return;
    }
    match &door.tls {
        Some(tls) if first[0] == tls::HANDSHAKE => {
            match timeout(HEAD_WITHIN, tls.accept(stream)).await {
                Ok(Ok(stream)) => http(&door, stream, Peer { address, secure: true }).await,
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
        }
        _ => http(&door, stream, Peer { address, secure: false }).await,
    }
}

async fn http(
    door: &Door,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
) {
    let service = service_fn(|request| answer(Arc::clone(&door.context), peer, request));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = door.closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(error, "a client's connection broke");
    }
}

async fn answer(context: Arc<Context>, peer: Peer, mut request: Request<Incoming>) -> Reply {
    name_host(&mut request);
    let response = if url::is_for_url(&request) {
        url::handle(&context, peer, request).await
    } else if api::is_call(request.uri().path()) {
        api::handle(&context, request).await
    } else {
        managed(context, request).await
    };
    Ok::<_, Infallible>(response)
}

/// HTTP/2 names the host beside the headers; functions and signatures look for it among them.
fn name_host(request: &mut Request<Incoming>) {
    if let Some(authority) = request.uri().authority()
        && !request.headers().contains_key(HOST)
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        request.headers_mut().insert(HOST, host);
    }
}

/// What manages functions unpacks, hashes and writes: in a thread where it holds up no call.
async fn managed(context: Arc<Context>, request: Request<Incoming>) -> Response<Body> {
    let engine = Handle::current();
    let work = spawn_blocking(move || engine.block_on(api::handle(&context, request)));
    work.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a request to the REST API was not answered");
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
