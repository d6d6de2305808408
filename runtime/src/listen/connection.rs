//! One connection: its requests become calls, and a caller who goes away ends a call.

use std::{convert::Infallible, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use http::{Request, Response};
use http_body_util::{Either, Full, StreamBody};
use hyper::{
    body::{Frame, Incoming as Body},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::TcpStream,
    sync::{mpsc, watch},
};
use tokio_stream::wrappers::ReceiverStream;
use uuid::Uuid;

use super::{Phase, request};
use crate::{
    function::Function,
    log::{Level, log},
    problem::{INTERNAL, Problem},
    reply::{Answered, Head, Reply},
    route::{self, Platform},
};

/// A client must begin a request within this time, and end its head.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

type Outgoing =
    Either<Full<Bytes>, StreamBody<BoxStream<'static, Result<Frame<Bytes>, Infallible>>>>;

/// What connections share.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) function: Arc<Function>,
    pub(super) phase: watch::Receiver<Phase>,
    /// Held by whatever runs.
    pub(super) running: mpsc::Sender<Infallible>,
}

/// Serves a connection until its client or the server ends it.
pub(super) async fn serve(door: Door, stream: TcpStream, address: IpAddr) {
    // Without it the only cost is delay.
    let _ = stream.set_nodelay(true);
    let mut phase = door.phase.clone();
    let service = service_fn(|request| answer(door.clone(), address, request));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    loop {
        tokio::select! {
            served = connection.as_mut() => {
                if let Err(error) = served {
                    log(Level::Info, &format!("a connection broke: {error}"));
                }
                return;
            }
            changed = phase.changed() => match (changed, *phase.borrow_and_update()) {
                (Err(_), _) | (_, Phase::Over) => return,
                (_, Phase::Draining) => connection.as_mut().graceful_shutdown(),
                (_, Phase::Open) => {}
            },
        }
    }
}

/// Answers a request. Where this is dropped, or what it returns, the call knows that its caller is
/// gone.
async fn answer(
    door: Door,
    address: IpAddr,
    request: Request<Body>,
) -> Result<Response<Outgoing>, Infallible> {
    let Door { function, running, .. } = door;
    let incoming = request::read(request, address, function.endpoint.max_body).await;
    let (reply, answered) = Reply::new();
    tokio::spawn(async move {
        route::handle(function, incoming, Platform::none(), reply).await;
        drop(running);
    });
    Ok(respond(answered).await)
}

async fn respond(Answered { head, body }: Answered) -> Response<Outgoing> {
    let Ok(Head { status, headers }) = head.await else {
        return unanswered();
    };
    let pieces = ReceiverStream::new(body).map(Frame::data).map(Ok);
    let mut response = Response::new(Either::Right(StreamBody::new(pieces.boxed())));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// What is answered where a call came to no end of its own.
fn unanswered() -> Response<Outgoing> {
    let problem = Problem::new(INTERNAL, "the request has no answer; the log says why");
    let Head { status, headers } = problem.head();
    let document = problem.document(Uuid::nil());
    let mut response = Response::new(Either::Left(Full::new(document.into())));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
