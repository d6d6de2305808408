//! The host: one listener for the REST API and the URLs, and everything behind it.

use std::fs::{File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use tokio::net::{TcpListener, TcpSocket};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::auth::Credentials;
use crate::context::Context;
use crate::engine::Engine;
use crate::events::Events;
use crate::front::{self, Door};
use crate::output::Output;
use crate::process::{Limits, Machine, Spawner, raise_descriptor_limit};
use crate::registry::Registry;
use crate::s3::S3;
use crate::settings::Settings;
use crate::store::{CodeStore, FunctionStore, Layout, Secrets};

/// Connections that may wait to be accepted; the kernel takes fewer where it is set to.
const BACKLOG: u32 = 1 << 16;

/// A host that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Somebody else listens there.
    #[error(
        "could not listen on {address}: port {} is in use (stop what listens there, or give another \
         port, or 0 for a free one)", address.port()
    )]
    PortInUse {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error("could not listen on {address} (give an address of this machine)")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The key file cannot be used.
    #[error("could not use the key file {} (it must be readable, or creatable, by you)", path.display())]
    Key {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another host is at work in the data directory.
    #[error(
        "could not use the data directory {}: another host is using it (stop that one, or give \
         another directory)", path.display()
    )]
    DataInUse {
        /// Which.
        path: PathBuf,
    },
    /// The certificate cannot be used.
    #[error(
        "could not use the certificate (it and its key must be PEM files that belong together)"
    )]
    Tls {
        /// What was wrong.
        source: io::Error,
    },
    /// The S3 endpoint is none.
    #[error("could not use the S3 endpoint (give it as http://KEY:SECRET@127.0.0.1:9000)")]
    S3 {
        /// What is wrong with it.
        source: io::Error,
    },
    /// The system gave no thread.
    #[error("could not start the host's own thread (is there memory left?)")]
    Thread {
        /// What the system said.
        source: io::Error,
    },
    /// The data directory cannot be used.
    #[error("could not use the data directory {} (it must be writable, and of this version)", path.display())]
    Data {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A running host. Dropping it ends its processes too, but at once.
#[derive(Debug)]
pub struct Host {
    /// Dropped first: what it serves must have ended before the directory is let go.
    _engine: Engine,
    parts: Parts,
}

#[derive(Debug)]
struct Parts {
    context: Arc<Context>,
    machine: Arc<Machine>,
    /// The thread that collects output, until it is joined.
    collector: Option<thread::JoinHandle<()>>,
    connections: TaskTracker,
    closing: CancellationToken,
    /// Held as long as this is the directory's host.
    _lock: File,
}

impl Host {
    /// Starts a host.
    ///
    /// # Errors
    /// If the port is taken or a file cannot be used.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        Self::start_with(settings, Limits::default()).await
    }

    /// Starts a host with limits other than the default ones.
    ///
    /// # Errors
    /// Likewise.
    pub async fn start_with(settings: Settings, limits: Limits) -> Result<Self, StartError> {
        raise_descriptor_limit();
        let no_thread = |source| StartError::Thread { source };
        let engine = Engine::start().map_err(no_thread)?;
        let parts = engine.run(Parts::start(settings, limits)).await.map_err(no_thread)??;
        Ok(Self { _engine: engine, parts })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.parts.context.address
    }

    /// The address as a URL, for clients.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.parts.context.endpoint()
    }

    /// What requests to the REST API are signed with.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.parts.context.credentials.clone()
    }

    /// What functions print.
    #[must_use]
    pub fn output(&self) -> Output {
        self.parts.machine.output.clone()
    }

    /// Takes no more requests, lets calls under way finish for a moment, and ends every process.
    pub async fn shutdown(mut self) {
        self.parts.shutdown().await;
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.parts.closing.cancel();
        self.parts.machine.stop.cancel();
        self.parts.machine.output.close();
    }
}

impl Parts {
    async fn start(settings: Settings, limits: Limits) -> Result<Self, StartError> {
        let listener = listen(settings.listen)?;
        let no_data = |source| StartError::Data { path: settings.data.clone(), source };
        let no_key = |source| StartError::Key { path: settings.key_file.clone(), source };

        let secrets = Arc::new(Secrets::open(&settings.key_file).map_err(no_key)?);
        let key_pair = settings.key_file.with_extension("credentials");
        let credentials = Credentials::open(&key_pair)
            .map_err(|source| StartError::Key { path: key_pair.clone(), source })?;
        let s3 = settings.s3_endpoint.as_deref();
        let s3 = s3.map(|endpoint| S3::at(endpoint, &settings.region, &credentials));
        let s3 = s3.transpose().map_err(|source| StartError::S3 { source })?;
        let layout = Layout::create(&settings.data).map_err(no_data)?;
        let lock = layout.lock().map_err(|error| match error {
            TryLockError::WouldBlock => StartError::DataInUse { path: settings.data.clone() },
            TryLockError::Error(source) => no_data(source),
        })?;
        let tls = front::acceptor(&settings).map_err(|source| StartError::Tls { source })?;
        let code = Arc::new(CodeStore::new(layout.code()));
        let (output, collector) = Output::start(&layout).map_err(no_data)?;
        let machine = Arc::new(Machine {
            region: settings.region.clone(),
            spawner: Spawner::start(limits.sandbox, &settings.data).map_err(no_data)?,
            limits,
            disconnect: settings.disconnect,
            output,
            code: Arc::clone(&code),
            secrets: Arc::clone(&secrets),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        let functions = FunctionStore::new(layout.functions());
        let registry = Registry::open(Arc::clone(&machine), functions).map_err(no_data)?;
        let retry_after = machine.limits.retry_after.clone();
        let events = Events::new(layout.events(), layout.destinations(), retry_after);
        let context = Arc::new(Context {
            address: listener.local_addr().map_err(no_data)?,
            scheme: if tls.is_some() { "https" } else { "http" },
            public_url: settings.public_url.clone(),
            region: settings.region.clone(),
            credentials,
            auth: settings.auth,
            registry,
            events,
            code,
            secrets,
            s3,
            download_token: Uuid::new_v4().simple().to_string(),
        });
        Events::resume(&context).map_err(no_data)?;
        let (connections, closing) = (TaskTracker::new(), CancellationToken::new());
        let door = Door { context: Arc::clone(&context), tls, closing: closing.clone() };
        machine.tasks.spawn(front::accept(listener, door, connections.clone()));
        Ok(Self { context, machine, collector: Some(collector), connections, closing, _lock: lock })
    }

    async fn shutdown(&mut self) {
        self.closing.cancel();
        self.connections.close();
        let drain = self.machine.limits.drain;
        let _ = timeout(drain, self.connections.wait()).await;
        self.context.registry.retire_all();
        self.machine.tasks.close();
        if timeout(drain, self.machine.tasks.wait()).await.is_err() {
            self.machine.stop.cancel();
            self.machine.tasks.wait().await;
        }
        self.machine.output.close();
        if let Some(collector) = self.collector.take() {
            // It has ended, or panicked and said so.
            let _ = tokio::task::spawn_blocking(|| collector.join()).await;
        }
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listen = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { address, source },
        _ => StartError::Listen { address, source },
    })
}
