//! Processes that run functions: started on demand, kept warm, bounded, ended at their limits.

mod bootstrap;
mod child;
mod environment;
mod interpreter;
mod limits;
mod memory;
mod pool;
mod report;
mod running;
mod sandbox;
mod start;
mod watch;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::output::Output;
use crate::settings::Disconnect;
use crate::store::{CodeStore, Secrets};

pub(crate) use child::Spawner;
pub(crate) use environment::max_concurrency;
pub use limits::Limits;
pub(crate) use limits::raise_descriptor_limit;
pub(crate) use pool::{Pool, QueueFull, Unit};
pub(crate) use running::Process;
pub use sandbox::Sandbox;

/// What all pools of a host share.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) region: String,
    pub(crate) limits: Limits,
    pub(crate) disconnect: Disconnect,
    pub(crate) spawner: Spawner,
    pub(crate) output: Output,
    pub(crate) code: Arc<CodeStore>,
    pub(crate) secrets: Arc<Secrets>,
    /// Every process and connection, so that a shutdown can wait for them.
    pub(crate) tasks: TaskTracker,
    /// Ends every process when cancelled.
    pub(crate) stop: CancellationToken,
}
