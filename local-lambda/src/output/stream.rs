//! A process's own file, which it writes and the host follows.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

use crate::clock;
use crate::store::Layout;

use super::collector::Event;

/// Where a stream's file is and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct StreamId {
    pub(crate) function: String,
    pub(crate) version: String,
    pub(crate) name: String,
}

impl StreamId {
    pub(crate) fn path(&self, streams: &Path) -> PathBuf {
        streams.join(format!("{}@{}@{}", self.function, self.version, self.name))
    }

    /// The id a file's name tells, `None` for a file that is no stream.
    pub(crate) fn from_file_name(name: &str) -> Option<Self> {
        let mut parts = name.splitn(3, '@').map(str::to_owned);
        let (function, version, name) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { function, version, name })
    }
}

/// The host's end of a process's output.
#[derive(Debug)]
pub(crate) struct Stream {
    id: Arc<StreamId>,
    log_stream: String,
    file: File,
    events: UnboundedSender<Event>,
}

impl Stream {
    pub(super) fn create(
        layout: &Layout,
        function: &str,
        version: &str,
        events: UnboundedSender<Event>,
    ) -> io::Result<Self> {
        let name = Uuid::new_v4().simple().to_string();
        let log_stream = format!("{}/[{version}]{name}", clock::log_stream_day());
        let id =
            Arc::new(StreamId { function: function.to_owned(), version: version.to_owned(), name });
        let path = id.path(&layout.streams());
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(path)?;
        let stream = Self { id, log_stream, file, events };
        stream.tell(Event::Opened(Arc::clone(&stream.id)));
        Ok(stream)
    }

    /// What tells it from all other streams.
    pub(crate) fn name(&self) -> &str {
        &self.id.name
    }

    /// `AWS_LAMBDA_LOG_STREAM_NAME`.
    pub(crate) fn log_stream(&self) -> &str {
        &self.log_stream
    }

    /// A descriptor for the process to write to.
    pub(crate) fn writer(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// How much the process has written so far.
    pub(crate) fn position(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Puts lines of the host after what the process has written up to `at`.
    pub(crate) fn insert(&self, at: u64, text: String) {
        self.tell(Event::Inserted { stream: Arc::clone(&self.id), at, text });
    }

    /// The last `limit` bytes of what the process wrote between two positions.
    pub(crate) fn tail(&self, from: u64, to: u64, limit: u64) -> Vec<u8> {
        let from = from.max(to.saturating_sub(limit));
        let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(0)];
        match self.file.read_exact_at(&mut bytes, from) {
            Ok(()) => bytes,
            Err(_) => Vec::new(),
        }
    }

    fn tell(&self, event: Event) {
        // The collector is gone only while the host shuts down.
        let _ = self.events.send(event);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.tell(Event::Ended(Arc::clone(&self.id)));
    }
}
