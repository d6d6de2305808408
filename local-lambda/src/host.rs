//! The host: one listener for the REST API and the URLs, and everything behind it.

use std::convert::Infallible;
use std::fs::{File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::api;
use crate::auth::Credentials;
use crate::body::Reply;
use crate::context::Context;
use crate::output::Output;
use crate::process::{Limits, Machine, Spawner, raise_descriptor_limit};
use crate::registry::Registry;
use crate::store::{CodeStore, FunctionStore, Layout, Secrets};
use crate::url;

/// How a host is to be.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where functions, their code and their output are kept.
    pub data: PathBuf,
    /// The key that environment values are encrypted with, made if it is not there. It belongs
    /// outside of `data`; the API's keys are kept beside it.
    pub key_file: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The region in ARNs and signatures.
    pub region: String,
    /// Whether requests to the REST API must be signed.
    pub auth: bool,
    /// What happens to a call whose client goes away.
    pub disconnect: Disconnect,
}

/// What happens to a call whose client goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Disconnect {
    /// Nothing, as on the service: the function runs on.
    #[default]
    Ignore,
}

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
    context: Arc<Context>,
    machine: Arc<Machine>,
    /// The thread that collects output, until it is joined.
    collector: Option<thread::JoinHandle<()>>,
    server: JoinHandle<()>,
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
        let listener = listen(settings.listen).await?;
        let no_data = |source| StartError::Data { path: settings.data.clone(), source };
        let no_key = |source| StartError::Key { path: settings.key_file.clone(), source };

        let secrets = Arc::new(Secrets::open(&settings.key_file).map_err(no_key)?);
        let key_pair = settings.key_file.with_extension("credentials");
        let credentials = Credentials::open(&key_pair)
            .map_err(|source| StartError::Key { path: key_pair.clone(), source })?;
        let layout = Layout::create(&settings.data).map_err(no_data)?;
        let lock = layout.lock().map_err(|error| match error {
            TryLockError::WouldBlock => StartError::DataInUse { path: settings.data.clone() },
            TryLockError::Error(source) => no_data(source),
        })?;
        let code = Arc::new(CodeStore::new(layout.code()));
        let (output, collector) = Output::start(&layout).map_err(no_data)?;
        let machine = Arc::new(Machine {
            region: settings.region.clone(),
            limits,
            spawner: Spawner::start().map_err(no_data)?,
            output,
            code: Arc::clone(&code),
            secrets: Arc::clone(&secrets),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        let functions = FunctionStore::new(layout.functions());
        let registry = Registry::open(Arc::clone(&machine), functions).map_err(no_data)?;
        let context = Arc::new(Context {
            address: listener.local_addr().map_err(no_data)?,
            region: settings.region.clone(),
            credentials,
            auth: settings.auth,
            registry,
            code,
            secrets,
            download_token: Uuid::new_v4().simple().to_string(),
        });
        let (connections, closing) = (TaskTracker::new(), CancellationToken::new());
        let accepting =
            accept(listener, Arc::clone(&context), connections.clone(), closing.clone());
        let server = tokio::spawn(accepting);
        Ok(Self {
            context,
            machine,
            collector: Some(collector),
            server,
            connections,
            closing,
            _lock: lock,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.context.address
    }

    /// What requests to the REST API are signed with.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        self.context.credentials.clone()
    }

    /// What functions print.
    #[must_use]
    pub fn output(&self) -> Output {
        self.machine.output.clone()
    }

    /// Takes no more requests, lets calls under way finish for a moment, and ends every process.
    pub async fn shutdown(mut self) {
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
        let _ = (&mut self.server).await;
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.closing.cancel();
        self.machine.stop.cancel();
        self.machine.output.close();
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse { address, source },
        _ => StartError::Listen { address, source },
    })
}

async fn accept(
    listener: TcpListener,
    context: Arc<Context>,
    connections: TaskTracker,
    closing: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = closing.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let served = serve(stream, peer, Arc::clone(&context), closing.clone());
                connections.spawn(served);
            }
            Err(error) => {
                // Out of descriptors, most likely: others will be given back.
                tracing::warn!(%error, "could not accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    context: Arc<Context>,
    closing: CancellationToken,
) {
    // Without it the only cost is delay.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(Arc::clone(&context), peer, request));
    let builder = auto::Builder::new(TokioExecutor::new());
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
    let response = if request.uri().path().starts_with(url::PATH_PREFIX) {
        url::handle(&context, peer, request).await
    } else {
        api::handle(&context, request).await
    };
    Ok::<_, Infallible>(response)
}
