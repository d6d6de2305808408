//! The front door: clients' connections, and where their requests go.

mod connection;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::context::Context;

/// How long to rest where no connection can be accepted: out of descriptors, most likely, and others
/// will be given back.
const REST: Duration = Duration::from_millis(10);

/// Accepts connections until `closing`, and lets those that are there finish.
pub(crate) async fn accept(
    listener: TcpListener,
    context: Arc<Context>,
    connections: TaskTracker,
    closing: CancellationToken,
) {
    loop {
        let accepted: io::Result<(_, SocketAddr)> = tokio::select! {
            () = closing.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let context = Arc::clone(&context);
                connections.spawn(connection::serve(stream, peer, context, closing.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(REST).await;
            }
        }
    }
}
