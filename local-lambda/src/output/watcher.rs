//! Tells which files have been written to.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::path::Path;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
use tokio::io::unix::AsyncFd;

/// Files being watched.
#[derive(Debug)]
pub(super) struct Watcher(AsyncFd<Descriptor>);

/// Lets the runtime wait for the notifications.
#[derive(Debug)]
struct Descriptor(Inotify);

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Watcher {
    pub(super) fn new() -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        // SAFETY: the descriptor is owned by the value and always the same one.
        #[allow(unsafe_code, reason = "the safe constructor is deprecated in favour of this one")]
        let registered = unsafe { AsyncFd::register(Descriptor(inotify)) };
        Ok(Self(registered.map_err(io::Error::from)?))
    }

    /// Watches a file until it is removed.
    pub(super) fn watch(&self, path: &Path) -> io::Result<WatchDescriptor> {
        Ok(self.0.get_ref().0.add_watch(path, AddWatchFlags::IN_MODIFY)?)
    }

    /// Waits for files that have been written to.
    pub(super) async fn changed(&self) -> io::Result<Vec<WatchDescriptor>> {
        loop {
            let mut ready = self.0.readable().await?;
            match self.0.get_ref().0.read_events() {
                Ok(events) => return Ok(events.into_iter().map(|event| event.wd).collect()),
                Err(Errno::EAGAIN) => ready.clear_ready(),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
