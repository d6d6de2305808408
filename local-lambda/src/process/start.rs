//! From a version to a process that runs it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::process::Child;
use uuid::Uuid;

use crate::invocation::Failure;
use crate::store::SecretsError;

use super::bootstrap::{self, Unrunnable};
use super::child::Launch;
use super::pool::Pool;
use super::running::Process;
use super::{environment, watch};

/// A process that has been started, not yet watched.
pub(super) struct Started {
    pub(super) process: Arc<Process>,
    child: Child,
    listener: TcpListener,
}

/// Why no process could be started.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartFailed {
    #[error(transparent)]
    Bootstrap(#[from] Unrunnable),
    #[error("fork/exec /var/task/bootstrap: {0}")]
    Exec(std::io::Error),
    #[error("could not prepare the process: {0}")]
    Prepare(#[from] std::io::Error),
    #[error(transparent)]
    Environment(#[from] SecretsError),
}

impl StartFailed {
    pub(super) fn failure(&self, id: Uuid) -> Failure {
        Failure::of_host(id, "Runtime.InvalidEntrypoint", &self.to_string())
    }
}

/// Starts a process with a Runtime API of its own.
pub(super) async fn start(pool: Arc<Pool>, id: u64) -> Result<Started, StartFailed> {
    let (unit, machine) = (&pool.unit, &pool.machine);
    let directory = machine.code.unpacked(&unit.version.code);
    let program = directory.join("bootstrap");
    bootstrap::check(&program)?;
    let sealed = unit.version.settings.environment.as_ref();
    let own = sealed.map(|sealed| machine.secrets.open_sealed(&unit.function, sealed));
    let own = own.transpose()?.unwrap_or_default();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let stream = machine.output.open_stream(&unit.function, &unit.number)?;
    let address = listener.local_addr()?;
    let log_stream = stream.log_stream();
    let environment =
        environment::variables(unit, &machine.region, address, &directory, log_stream, own);
    let launch = Launch { program, directory, environment, output: stream.writer()? };

    let started = Instant::now();
    let child = machine.spawner.spawn(launch).await.map_err(StartFailed::Exec)?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    let process = Arc::new(Process::new(id, Arc::clone(&pool), pid, stream, started));
    Ok(Started { process, child, listener })
}

impl Started {
    /// Serves and watches the process until it is gone.
    pub(super) async fn run(self) {
        watch::run(self.process, self.child, self.listener).await;
    }
}
