//! What functions print, and how it leaves the host.
//!
//! A process writes stdout and stderr straight into a file of its own (a *stream*), so a line it
//! has finished is safe whatever happens to the host. The *collector*
//! copies finished lines from
//! the streams, with the host's own START, END and REPORT lines in between, into one *log* per
//! function, and notes with each line how far into the stream it reaches: after a kill the copying
//! goes on exactly there. A *subscriber* reads the logs and keeps a durable cursor of its own.

mod collector;
mod cursor;
mod log;
mod segment;
mod source;
mod stream;
mod subscriber;
mod watcher;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::mpsc;

use crate::store::Layout;

use collector::{Collector, Event};
pub(crate) use stream::Stream;
use subscriber::Signal;
pub use subscriber::Subscriber;

/// One per subscriber; those of dropped ones are weeded out as lines come.
type Signals = Arc<Mutex<Vec<Weak<Signal>>>>;

/// A finished line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The function's name.
    pub function: String,
    /// The version that wrote it: a number or `$LATEST`.
    pub version: String,
    /// The log stream: which process wrote it.
    pub stream: String,
    /// When the host took it up, as RFC 3339.
    pub time: String,
    /// The line without its end.
    pub text: String,
}

/// The output of all functions.
#[derive(Debug, Clone)]
pub struct Output {
    layout: Layout,
    signals: Signals,
    events: mpsc::UnboundedSender<Event>,
}

impl Output {
    /// Takes up what a former host left behind and starts collecting, in a thread of its own: its
    /// work is file by file, and a function that prints much must not hold up calls.
    pub(crate) fn start(layout: &Layout) -> io::Result<(Self, JoinHandle<()>)> {
        let (events, inbox) = mpsc::unbounded_channel();
        let signals = Signals::default();
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let collector = {
            let _entered = runtime.enter();
            Collector::new(layout.clone(), Arc::clone(&signals))?
        };
        let thread = thread::Builder::new().name("lambda-output".to_owned());
        let thread = thread.spawn(move || runtime.block_on(collector.run(inbox)))?;
        Ok((Self { layout: layout.clone(), signals, events }, thread))
    }

    /// The subscriber called `name`. It goes on where it last committed, also after a crash, and
    /// starts with the oldest line that is still kept where the name is new.
    ///
    /// # Errors
    /// If its cursor cannot be read or its name is no plain file name.
    pub fn subscribe(&self, name: &str) -> io::Result<Subscriber> {
        let signal = Arc::new(Signal::default());
        self.signals.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&signal));
        Subscriber::open(&self.layout, name, signal)
    }

    /// A stream for a new process.
    pub(crate) fn open_stream(&self, function: &str, version: &str) -> io::Result<Stream> {
        Stream::create(&self.layout, function, version, self.events.clone())
    }

    /// Collects all there is, then ends.
    pub(crate) fn close(&self) {
        // The collector is gone only when it has ended already.
        let _ = self.events.send(Event::Close);
    }

    /// The folder of a function's log, for people who want to read it.
    #[must_use]
    pub fn folder(&self, function: &str) -> PathBuf {
        self.layout.logs().join(function)
    }
}
