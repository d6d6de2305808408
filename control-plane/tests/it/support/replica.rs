//! One more server over the same database, which can be ended as a killed process ends: all of its
//! connections at once.

use std::net::SocketAddr;

use promptpilot_control_plane::{ControlPlane, Settings};
use tokio::{net::TcpListener, runtime::Runtime};

use super::Failure;

/// A server with threads of its own.
pub(crate) struct Replica {
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Replica {
    /// A server on a free port.
    pub(crate) async fn start(settings: &Settings) -> Result<Self, Failure> {
        Self::start_at(settings, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    pub(crate) async fn start_at(settings: &Settings, at: SocketAddr) -> Result<Self, Failure> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let settings = settings.clone();
        let started = runtime.spawn(async move {
            let plane = ControlPlane::connect(settings).await?;
            plane.ensure_local_owner().await?;
            let listener = TcpListener::bind(at).await?;
            let address = listener.local_addr()?;
            let service = plane.router().into_make_service_with_connect_info::<SocketAddr>();
            tokio::spawn(async move { axum::serve(listener, service).await });
            Ok::<_, Failure>(address)
        });
        let address = started.await??;
        Ok(Self { url: format!("http://{address}"), address, runtime: Some(runtime) })
    }

    /// Ends it, and says where it was.
    pub(crate) fn kill(mut self) -> SocketAddr {
        self.end();
        self.address
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // On a thread that may wait: afterwards nothing of it is left.
            let ending = std::thread::spawn(move || {
                runtime.shutdown_timeout(std::time::Duration::from_secs(10));
            });
            ending.join().ok();
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.end();
    }
}
