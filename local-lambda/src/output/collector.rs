//! The one task that copies finished lines from the streams into the logs.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::PoisonError;

use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::inotify::WatchDescriptor;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::clock;
use crate::store::Layout;

use super::Signals;
use super::log::Log;
use super::segment::Record;
use super::stream::StreamId;
use super::watcher::Watcher;

/// A line longer than this is split, as the service splits log events.
const MAX_LINE: usize = 1 << 20;
const READ_BYTES: usize = 256 << 10;
/// What has been copied is given back to the disk in steps of this size.
const PUNCH_BYTES: u64 = 4 << 20;

/// What the collector hears of.
#[derive(Debug)]
pub(super) enum Event {
    Opened(StreamId),
    Inserted { stream: StreamId, at: u64, text: String },
    Ended(StreamId),
    Close,
}

pub(super) struct Collector {
    layout: Layout,
    signals: Signals,
    watcher: Watcher,
    watched: HashMap<WatchDescriptor, StreamId>,
    sources: HashMap<StreamId, Source>,
    logs: HashMap<String, Log>,
}

/// A stream being copied.
struct Source {
    file: File,
    watch: Option<WatchDescriptor>,
    /// Read and, but for `rest`, copied.
    position: u64,
    punched: u64,
    /// The beginning of a line that is not finished.
    rest: Vec<u8>,
}

impl Collector {
    pub(super) fn new(layout: Layout, signals: Signals) -> io::Result<Self> {
        let mut collector = Self {
            layout,
            signals,
            watcher: Watcher::new()?,
            watched: HashMap::new(),
            sources: HashMap::new(),
            logs: HashMap::new(),
        };
        collector.recover()?;
        Ok(collector)
    }

    /// Copies what processes of a former host finished and nobody had copied. What they had not
    /// finished will never be: they are gone.
    fn recover(&mut self) -> io::Result<()> {
        for entry in fs::read_dir(self.layout.streams())? {
            let entry = entry?;
            let Some(id) = entry.file_name().to_str().and_then(StreamId::from_file_name) else {
                continue;
            };
            let position = log_of(&mut self.logs, &self.layout, &id)?.position_of(&id.name)?;
            let file = File::open(entry.path())?;
            let punched = 0;
            let source = Source { file, watch: None, position, punched, rest: Vec::new() };
            self.sources.insert(id.clone(), source);
            self.copy(&id, u64::MAX)?;
            self.forget(&id)?;
        }
        Ok(())
    }

    pub(super) async fn run(mut self, mut inbox: UnboundedReceiver<Event>) {
        loop {
            let handled = tokio::select! {
                biased;
                event = inbox.recv() => match event {
                    Some(Event::Close) | None => return self.finish(),
                    Some(event) => self.handle(event),
                },
                changed = self.watcher.changed() => self.follow(changed),
            };
            if let Err(error) = handled {
                tracing::error!(%error, "could not keep the output of a function");
            }
            tokio::task::consume_budget().await;
        }
    }

    fn handle(&mut self, event: Event) -> io::Result<()> {
        match event {
            Event::Opened(id) => self.open(&id),
            Event::Inserted { stream, at, text } => {
                self.copy(&stream, at)?;
                let mut records = Vec::new();
                for line in text.lines() {
                    line_record(&stream, None, line.as_bytes(), &mut records);
                }
                self.append(&stream, &records)
            }
            Event::Ended(id) => {
                self.copy(&id, u64::MAX)?;
                self.deliver_rest(&id)?;
                self.forget(&id)
            }
            Event::Close => Ok(()),
        }
    }

    fn follow(&mut self, changed: io::Result<Vec<WatchDescriptor>>) -> io::Result<()> {
        for watch in changed? {
            if let Some(id) = self.watched.get(&watch).cloned() {
                self.copy(&id, u64::MAX)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, id: &StreamId) -> io::Result<()> {
        let path = id.path(&self.layout.streams());
        let file = File::options().read(true).write(true).open(&path)?;
        let watch = self.watcher.watch(&path)?;
        self.watched.insert(watch, id.clone());
        let source = Source { file, watch: Some(watch), position: 0, punched: 0, rest: Vec::new() };
        self.sources.insert(id.clone(), source);
        // It may have been written to before it was watched.
        self.copy(id, u64::MAX)
    }

    /// Copies the finished lines up to the position `until`.
    fn copy(&mut self, id: &StreamId, until: u64) -> io::Result<()> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let Some(source) = self.sources.get_mut(id) else { return Ok(()) };
            let wanted = until.saturating_sub(source.position).min(READ_BYTES as u64);
            let Some(room) = buffer.get_mut(..usize::try_from(wanted).unwrap_or(READ_BYTES)) else {
                return Ok(());
            };
            let read =
                if room.is_empty() { 0 } else { source.file.read_at(room, source.position)? };
            if read == 0 {
                return Ok(());
            }
            let records = source.take(id, &room[..read]);
            self.append(id, &records)?;
            if let Some(source) = self.sources.get_mut(id) {
                source.punch();
            }
        }
    }

    fn deliver_rest(&mut self, id: &StreamId) -> io::Result<()> {
        let Some(source) = self.sources.get_mut(id) else { return Ok(()) };
        let rest = std::mem::take(&mut source.rest);
        if rest.is_empty() {
            return Ok(());
        }
        let mut records = Vec::new();
        line_record(id, Some(source.position), &rest, &mut records);
        self.append(id, &records)
    }

    fn append(&mut self, id: &StreamId, records: &[u8]) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let log = log_of(&mut self.logs, &self.layout, id)?;
        log.append(records)?;
        if log.is_full() {
            let positions: Vec<_> = self
                .sources
                .iter()
                .filter(|(other, _)| other.function == id.function)
                .map(|(other, source)| (other.name.as_str(), source.copied()))
                .collect();
            log.rotate(&positions)?;
        }
        let mut signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        signals.retain(|signal| {
            signal.upgrade().inspect(|signal| signal.raise(&id.function)).is_some()
        });
        Ok(())
    }

    fn forget(&mut self, id: &StreamId) -> io::Result<()> {
        if let Some(source) = self.sources.remove(id)
            && let Some(watch) = source.watch
        {
            self.watched.remove(&watch);
        }
        // Removing the file removes its watch.
        fs::remove_file(id.path(&self.layout.streams()))
    }

    fn finish(mut self) {
        for id in self.sources.keys().cloned().collect::<Vec<_>>() {
            if let Err(error) = self.handle(Event::Ended(id)) {
                tracing::error!(%error, "could not keep the last output of a function");
            }
        }
    }
}

impl Source {
    /// Splits what was read into records of finished lines.
    fn take(&mut self, id: &StreamId, read: &[u8]) -> Vec<u8> {
        let mut records = Vec::new();
        let mut left = read;
        while let Some(end) = left.iter().position(|byte| *byte == b'\n') {
            self.position += end as u64 + 1;
            self.rest.extend_from_slice(&left[..end]);
            line_record(id, Some(self.position), &self.rest, &mut records);
            self.rest.clear();
            left = &left[end + 1..];
        }
        self.position += left.len() as u64;
        self.rest.extend_from_slice(left);
        if self.rest.len() > MAX_LINE {
            line_record(id, Some(self.position), &self.rest, &mut records);
            self.rest.clear();
        }
        records
    }

    /// Up to where finished lines have been copied.
    fn copied(&self) -> u64 {
        self.position - self.rest.len() as u64
    }

    /// Gives the disk back what nobody will read again. Where the file system cannot, the file
    /// keeps its size until the process ends.
    fn punch(&mut self) {
        let copied = self.copied();
        if copied.saturating_sub(self.punched) < PUNCH_BYTES {
            return;
        }
        let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
        // The last bytes stay: a tail of the log may still be asked for.
        let len = copied - PUNCH_BYTES / 2 - self.punched;
        let range = (i64::try_from(self.punched), i64::try_from(len));
        if let (Ok(start), Ok(len)) = range {
            let _ = fallocate(&self.file, flags, start, len);
        }
        self.punched += len;
    }
}

/// The function's log, opened when it is first written.
fn log_of<'a>(
    logs: &'a mut HashMap<String, Log>,
    layout: &Layout,
    id: &StreamId,
) -> io::Result<&'a mut Log> {
    if !logs.contains_key(&id.function) {
        let log = Log::open(layout.logs().join(&id.function))?;
        logs.insert(id.function.clone(), log);
    }
    logs.get_mut(&id.function).ok_or_else(|| io::Error::other("the log was closed"))
}

fn line_record(id: &StreamId, end: Option<u64>, text: &[u8], into: &mut Vec<u8>) {
    let (time, text) = (clock::log_time(), text.strip_suffix(b"\r").unwrap_or(text));
    Record::Line { time: &time, version: &id.version, stream: &id.name, end, text }.write(into);
}
