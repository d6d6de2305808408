//! The thread that calls are served in.
//!
//! It is one thread with an event loop of its own: on a call's way from client to process and back,
//! nothing is then woken but the process and the client. What takes long is done elsewhere.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// What is being written when the host ends gets this long.
const LAST_WORK: Duration = Duration::from_secs(1);

/// A running event loop. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Engine {
    handle: Handle,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, stop) = (runtime.handle().clone(), CancellationToken::new());
        let stopped = stop.clone();
        let thread = thread::Builder::new().name("lambda-host".to_owned()).spawn(move || {
            runtime.block_on(stopped.cancelled());
            runtime.shutdown_timeout(LAST_WORK);
        })?;
        Ok(Self { handle, stop, thread: Some(thread) })
    }

    /// Runs this in the loop.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> io::Result<T> {
        Ok(self.handle.spawn(work).await?)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // It has ended, or panicked and said so.
            let _ = thread.join();
        }
    }
}
