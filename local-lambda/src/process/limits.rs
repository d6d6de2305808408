//! Bounds on processes and what they may take.

use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::sandbox::Sandbox;

/// How far the host goes. The defaults suit a developer's machine.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Processes of one version at a time; further calls wait in its queue.
    pub processes: usize,
    /// Processes of one version that may be starting at a time.
    pub starting: usize,
    /// Calls of one version that may wait; more are throttled.
    pub queue: usize,
    /// A process without a call for this long is ended.
    pub idle: Duration,
    /// A process must poll for its first event within this time.
    pub init: Duration,
    /// How long a call may wait for a warm process before another one is started.
    pub scale_after: Duration,
    /// Bytes of a request's body; larger ones are refused.
    pub request: usize,
    /// The time that a request's body may take to come.
    pub body_within: Duration,
    /// Bytes of an answer that is not streamed.
    pub response: usize,
    /// Bytes of a streamed answer; a longer one is cut off.
    pub streamed: u64,
    /// How long a shutdown waits for calls that are under way.
    pub drain: Duration,
    /// How long an asynchronous call that failed waits for its retries.
    pub retry_after: Vec<Duration>,
    /// Whether functions are kept to themselves.
    pub sandbox: Sandbox,
    /// Whether processes are stopped while they have no call, as on the service.
    pub freeze: bool,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            processes: 64,
            starting: cores.max(2),
            queue: 20_000,
            idle: Duration::from_secs(300),
            init: Duration::from_secs(10),
            scale_after: Duration::from_millis(2),
            request: 6_291_456,
            body_within: Duration::from_secs(60),
            response: 6_291_556,
            streamed: 209_715_200,
            drain: Duration::from_secs(5),
            retry_after: vec![Duration::from_secs(60), Duration::from_secs(120)],
            sandbox: Sandbox::On,
            freeze: false,
        }
    }
}

/// A burst of calls needs a descriptor each, and the usual soft limit is 1,024.
pub(crate) fn raise_descriptor_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
    {
        tracing::warn!(%error, soft, "could not raise the limit of open files");
    }
}
