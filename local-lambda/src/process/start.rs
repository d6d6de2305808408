//! From a version to a process that runs it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use tokio::net::TcpListener;
use tokio::process::Child;
use uuid::Uuid;

use crate::invocation::Failure;
use crate::store::SecretsError;

use super::bootstrap::{Program, Unrunnable};
use super::child::Launch;
use super::memory;
use super::pool::Pool;
use super::running::Beginning;
use super::running::Process;
use super::sandbox::Scratch;
use super::{environment, watch};

/// A process that has been started, not yet watched.
pub(super) struct Started {
    pub(super) process: Arc<Process>,
    child: Child,
    listener: TcpListener,
    scratch: Option<Scratch>,
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
pub(super) async fn start(
    pool: Arc<Pool>,
    id: u64,
    beginning: Beginning,
) -> Result<Started, StartFailed> {
    let (unit, machine) = (&pool.unit, &pool.machine);
    let settings = &unit.version.settings;
    let enforcer = &machine.spawner.enforcer;
    let directory = machine.code.unpacked(&unit.version.code);
    let task_root = enforcer.task_root(&directory);
    let program = Program::of(settings, &directory, task_root)?;
    let sealed = settings.environment.as_ref();
    let own = sealed.map(|sealed| machine.secrets.open_sealed(&unit.function, sealed));
    let own = own.transpose()?.unwrap_or_default();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let stream = machine.output.open_stream(&unit.function, &unit.number)?;
    let (cell, scratch) =
        enforcer.cell(stream.name(), &directory, settings.ephemeral_storage_mb)?;
    let surroundings = environment::Surroundings {
        region: &machine.region,
        runtime_api: listener.local_addr()?,
        task_root,
        log_stream: stream.log_stream(),
        tmp: scratch.as_ref().map(Scratch::path),
        initialization: beginning.name(),
    };
    let launch = Launch {
        program: program.path,
        arguments: program.arguments,
        environment: environment::variables(unit, &surroundings, own),
        output: stream.writer()?,
        memory: memory::most_bytes(settings.memory_mb),
        cell,
    };

    let started = Instant::now();
    let child = machine.spawner.spawn(launch).await.map_err(StartFailed::Exec)?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    let process = Arc::new(Process::new(id, Arc::clone(&pool), pid, stream, beginning, started));
    Ok(Started { process, child, listener, scratch })
}

impl Started {
    /// Serves and watches the process until it is gone.
    pub(super) async fn run(self) {
        watch::run(self.process, self.child, self.listener).await;
        // By now nobody writes there any more.
        drop(self.scratch);
    }
}
