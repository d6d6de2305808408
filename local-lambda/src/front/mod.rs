//! The front door: clients' connections, and where their requests go.

mod connection;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::context::Context;

pub(crate) use tls::acceptor;

/// How long to rest where no connection can be accepted: out of descriptors, most likely, and others
/// will be given back.
const REST: Duration = Duration::from_millis(10);

/// What every connection needs.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) context: Arc<Context>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) closing: CancellationToken,
}

/// Accepts connections until the door closes, and lets those that are there finish.
pub(crate) async fn accept(listener: TcpListener, door: Door, connections: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = door.closing.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection::serve(door.clone(), stream, peer));
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(REST).await;
            }
        }
    }
}
