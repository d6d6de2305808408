//! The one task that copies finished lines from the streams into the logs.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use nix::sys::inotify::WatchDescriptor;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::error::TryRecvError;

use crate::store::Layout;

use super::Signals;
use super::log::Log;
use super::source::{Source, line_record};
use super::stream::StreamId;
use super::watcher::Watcher;

const READ_BYTES: usize = 64 << 10;
/// More than this is written at once, not at the end of a look.
const WRITE_BYTES: usize = 1 << 20;
/// After it has looked, the collector rests this long: under load it then finds many lines at
/// once, and calls do not pay for a wake-up each.
const REST: Duration = Duration::from_millis(4);

/// What the collector hears of.
#[derive(Debug)]
pub(super) enum Event {
    Opened(Arc<StreamId>),
    Inserted { stream: Arc<StreamId>, at: u64, text: String },
    Ended(Arc<StreamId>),
    Close,
}

pub(super) struct Collector {
    layout: Layout,
    signals: Signals,
    watcher: Watcher,
    watched: HashMap<WatchDescriptor, Arc<StreamId>>,
    /// Streams that may have grown.
    changed: HashSet<Arc<StreamId>>,
    sources: HashMap<Arc<StreamId>, Source>,
    logs: HashMap<String, Pending>,
    buffer: Vec<u8>,
}

/// A log and the records that are still to be written to it.
struct Pending {
    log: Log,
    records: Vec<u8>,
    /// Whether there may be news for subscribers.
    touched: bool,
}

impl Collector {
    pub(super) fn new(layout: Layout, signals: Signals) -> io::Result<Self> {
        let mut collector = Self {
            layout,
            signals,
            watcher: Watcher::new()?,
            watched: HashMap::new(),
            changed: HashSet::new(),
            sources: HashMap::new(),
            logs: HashMap::new(),
            buffer: vec![0; READ_BYTES],
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
            let id = Arc::new(id);
            let pending = pending_of(&mut self.logs, &self.layout, &id)?;
            let position = pending.log.position_of(&id.name)?;
            let file = File::open(entry.path())?;
            self.sources.insert(Arc::clone(&id), Source::new(file, None, position));
            self.copy(&id, u64::MAX)?;
            self.forget(&id)?;
        }
        Ok(())
    }

    pub(super) async fn run(mut self, mut inbox: UnboundedReceiver<Event>) {
        loop {
            let mut closed = tokio::select! {
                biased;
                event = inbox.recv() => self.handle_all(event, &mut inbox),
                changed = self.watcher.changed() => {
                    self.note(changed);
                    false
                }
            };
            while !closed && !self.changed.is_empty() {
                closed = self.follow(&mut inbox);
            }
            if closed {
                self.finish();
            }
            self.write_pending();
            if closed {
                return;
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// Handles an event and all that wait behind it; true when there will be no more.
    fn handle_all(&mut self, first: Option<Event>, inbox: &mut UnboundedReceiver<Event>) -> bool {
        let mut next = first.ok_or(TryRecvError::Disconnected);
        loop {
            match next {
                Ok(Event::Close) | Err(TryRecvError::Disconnected) => return true,
                Ok(event) => complain(self.handle(event)),
                Err(TryRecvError::Empty) => return false,
            }
            next = inbox.try_recv();
        }
    }

    /// Takes up what the changed streams have grown by; true when there will be no more events.
    ///
    /// The host tells of a line before the process can write what follows it. So the ends are
    /// looked at first and events handled then: no text overtakes the line it belongs behind.
    fn follow(&mut self, inbox: &mut UnboundedReceiver<Event>) -> bool {
        let changed = std::mem::take(&mut self.changed);
        let ends = changed.into_iter().filter_map(|id| {
            let end = self.sources.get(&id)?.len();
            Some((id, end))
        });
        let ends: Vec<_> = ends.collect();
        let closed = match inbox.try_recv() {
            Ok(event) => self.handle_all(Some(event), inbox),
            Err(error) => error == TryRecvError::Disconnected,
        };
        ends.iter().for_each(|(id, end)| complain(self.copy(id, *end)));
        closed
    }

    fn handle(&mut self, event: Event) -> io::Result<()> {
        match event {
            Event::Opened(id) => self.open(&id),
            Event::Inserted { stream, at, text } => {
                self.copy(&stream, at)?;
                self.insert(&stream, &text)
            }
            Event::Ended(id) => {
                self.copy(&id, u64::MAX)?;
                self.deliver_rest(&id)?;
                self.forget(&id)
            }
            Event::Close => Ok(()),
        }
    }

    fn note(&mut self, changed: io::Result<Vec<WatchDescriptor>>) {
        match changed {
            Ok(changed) => {
                self.changed.extend(changed.iter().filter_map(|it| self.watched.get(it)).cloned());
            }
            Err(error) => complain(Err(error)),
        }
    }

    fn open(&mut self, id: &Arc<StreamId>) -> io::Result<()> {
        let path = id.path(&self.layout.streams());
        let file = File::options().read(true).write(true).open(&path)?;
        let watch = self.watcher.watch(&path)?;
        self.watched.insert(watch, Arc::clone(id));
        self.sources.insert(Arc::clone(id), Source::new(file, Some(watch), 0));
        // It may have been written to before it was watched.
        self.changed.insert(Arc::clone(id));
        Ok(())
    }

    /// Takes up the finished lines up to the position `until`.
    fn copy(&mut self, id: &StreamId, until: u64) -> io::Result<()> {
        loop {
            let Some(source) = self.sources.get_mut(id) else { return Ok(()) };
            let pending = pending_of(&mut self.logs, &self.layout, id)?;
            let mut more = true;
            while more && pending.records.len() < WRITE_BYTES {
                more = source.copy(id, until, &mut self.buffer, &mut pending.records)?;
            }
            if !more {
                return Ok(());
            }
            self.flush(&id.function)?;
        }
    }

    fn insert(&mut self, id: &StreamId, text: &str) -> io::Result<()> {
        let pending = pending_of(&mut self.logs, &self.layout, id)?;
        text.lines().for_each(|line| line_record(id, None, line.as_bytes(), &mut pending.records));
        Ok(())
    }

    fn deliver_rest(&mut self, id: &StreamId) -> io::Result<()> {
        let Some(source) = self.sources.get_mut(id) else { return Ok(()) };
        source.end(id, &mut pending_of(&mut self.logs, &self.layout, id)?.records);
        Ok(())
    }

    /// Writes what has been taken up, and tells the subscribers.
    fn write_pending(&mut self) {
        let touched = self.logs.iter_mut().filter_map(|(function, pending)| {
            std::mem::take(&mut pending.touched).then(|| function.clone())
        });
        for function in touched.collect::<Vec<_>>() {
            complain(self.flush(&function));
            let mut signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
            signals.retain(|signal| {
                signal.upgrade().inspect(|signal| signal.raise(&function)).is_some()
            });
        }
    }

    /// Writes a function's lines, and begins a new file where this one is full.
    fn flush(&mut self, function: &str) -> io::Result<()> {
        let Some(pending) = self.logs.get_mut(function) else { return Ok(()) };
        pending.write()?;
        if pending.log.is_full() {
            let sources = self.sources.iter().filter(|(id, _)| id.function == *function);
            let positions: Vec<_> =
                sources.map(|(id, source)| (id.name.as_str(), source.copied())).collect();
            pending.log.rotate(&positions)?;
        }
        Ok(())
    }

    /// Lets go of a stream whose process has ended. Its lines must be written before it is gone.
    fn forget(&mut self, id: &StreamId) -> io::Result<()> {
        pending_of(&mut self.logs, &self.layout, id)?.write()?;
        if let Some(source) = self.sources.remove(id)
            && let Some(watch) = source.watch
        {
            self.watched.remove(&watch);
        }
        // Removing the file removes its watch.
        fs::remove_file(id.path(&self.layout.streams()))
    }

    fn finish(&mut self) {
        for id in self.sources.keys().cloned().collect::<Vec<_>>() {
            complain(self.handle(Event::Ended(id)));
        }
    }
}

impl Pending {
    fn write(&mut self) -> io::Result<()> {
        let records = std::mem::take(&mut self.records);
        self.log.append(&records)
    }
}

/// The function's log, opened when it is first written.
fn pending_of<'a>(
    logs: &'a mut HashMap<String, Pending>,
    layout: &Layout,
    id: &StreamId,
) -> io::Result<&'a mut Pending> {
    let pending = match logs.entry(id.function.clone()) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => {
            let log = Log::open(layout.logs().join(&id.function))?;
            entry.insert(Pending { log, records: Vec::new(), touched: true })
        }
    };
    pending.touched = true;
    Ok(pending)
}

fn complain(done: io::Result<()>) {
    if let Err(error) = done {
        tracing::error!(%error, "could not keep the output of a function");
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tokio::sync::mpsc;

    use super::super::stream::Stream;
    use super::super::subscriber::Subscriber;
    use super::*;

    #[tokio::test]
    async fn what_a_process_wrote_at_once_comes_behind_the_line_told_of_before() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::create(folder.path()).unwrap();
        let (events, mut inbox) = mpsc::unbounded_channel();
        let mut collector = Collector::new(layout.clone(), Signals::default()).unwrap();
        let stream = Stream::create(&layout, "talk", "1", events).unwrap();
        let call = |start: &str, text: &str| {
            stream.insert(stream.position(), start.to_owned());
            writeln!(stream.writer().unwrap(), "{text}").unwrap();
        };

        call("START 1", "new");
        let first = inbox.try_recv().ok();
        collector.handle_all(first, &mut inbox);
        collector.follow(&mut inbox);

        call("START 2", "grown");
        let watched = collector.watched.keys().copied().collect();
        collector.note(Ok(watched));
        collector.follow(&mut inbox);
        collector.write_pending();

        let mut subscriber = Subscriber::open(&layout, "test", Arc::default()).unwrap();
        let lines = subscriber.next().await.unwrap();
        let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["START 1", "new", "START 2", "grown"]);
    }
}
