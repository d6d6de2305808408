//! Ctrl-C and SIGTERM, waited for in a thread: the library needs nothing of the kind, so its async
//! runtime is not built with it.

use std::io;
use std::thread;

use nix::sys::signal::{SigSet, Signal};
use tokio::sync::mpsc::{self, UnboundedReceiver};

/// Hears of each from here on. To be called before any other thread starts.
pub(crate) fn hear() -> io::Result<UnboundedReceiver<Signal>> {
    let ends = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
    ends.thread_block()?;
    let (sender, heard) = mpsc::unbounded_channel();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        while let Ok(signal) = ends.wait()
            && sender.send(signal).is_ok()
        {}
    })?;
    Ok(heard)
}
