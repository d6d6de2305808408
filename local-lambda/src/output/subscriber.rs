//! The reading end: finished lines of all functions, from a durable cursor on.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::store::Layout;

use super::Line;
use super::cursor::{Cursor, Place};
use super::log::{segment_path, segments};
use super::segment::Record;

/// At most this much of a log is read at once.
const BATCH_BYTES: usize = 1 << 20;

/// Which functions have new lines.
#[derive(Debug, Default)]
pub(super) struct Signal {
    functions: Mutex<BTreeSet<String>>,
    raised: Notify,
}

impl Signal {
    pub(super) fn raise(&self, function: &str) {
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        if !functions.contains(function) {
            functions.insert(function.to_owned());
            self.raised.notify_one();
        }
    }

    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.functions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads lines in the order they were written, per function.
#[derive(Debug)]
pub struct Subscriber {
    logs: PathBuf,
    cursor_file: PathBuf,
    signal: Arc<Signal>,
    /// Functions that may have lines past the cursor.
    pending: BTreeSet<String>,
    cursor: Cursor,
    committed: Cursor,
}

impl Subscriber {
    pub(super) fn open(layout: &Layout, name: &str, signal: Arc<Signal>) -> io::Result<Self> {
        let plain = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !plain {
            let hint = format!("a subscriber's name is letters, digits, - and _, not `{name}`");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, hint));
        }
        let cursor_file = layout.subscribers().join(format!("{name}.json"));
        let cursor = Cursor::load(&cursor_file)?;
        let logs = layout.logs();
        let pending = existing_logs(&logs)?;
        Ok(Self { logs, cursor_file, signal, pending, committed: cursor.clone(), cursor })
    }

    /// Waits for new lines and returns them. Nothing is lost when the wait is given up.
    ///
    /// # Errors
    /// If a log cannot be read.
    pub async fn next(&mut self) -> io::Result<Vec<Line>> {
        loop {
            let raised = self.signal.take();
            self.pending.extend(raised);
            while let Some(function) = self.pending.first().cloned() {
                let lines = self.read(&function)?;
                if lines.is_empty() {
                    self.pending.remove(&function);
                } else {
                    return Ok(lines);
                }
            }
            let signal = Arc::clone(&self.signal);
            signal.raised.notified().await;
        }
    }

    /// Makes what `next` has returned so far never come again.
    ///
    /// # Errors
    /// If the cursor cannot be written.
    pub fn commit(&mut self) -> io::Result<()> {
        if self.cursor != self.committed {
            self.cursor.save(&self.cursor_file)?;
            self.committed = self.cursor.clone();
        }
        Ok(())
    }

    /// The next lines of one function, none where all have been read.
    fn read(&mut self, function: &str) -> io::Result<Vec<Line>> {
        let dir = self.logs.join(function);
        let numbers = segments(&dir)?;
        let mut place = self.cursor.0.get(function).copied().unwrap_or_default();
        let mut lines = Vec::new();
        for number in numbers {
            if number < place.segment {
                continue;
            }
            if number > place.segment {
                place = Place { segment: number, offset: 0 };
            }
            let chunk = whole_lines(&segment_path(&dir, number), &mut place.offset)?;
            place.offset += chunk.len() as u64;
            lines.extend(chunk.split(|byte| *byte == b'\n').filter_map(|it| line_of(function, it)));
            if !lines.is_empty() {
                break;
            }
        }
        self.cursor.0.insert(function.to_owned(), place);
        Ok(lines)
    }
}

/// Whole records from `offset` on, at most a batch of them.
fn whole_lines(path: &Path, offset: &mut u64) -> io::Result<Vec<u8>> {
    let file = match File::open(path) {
        Ok(file) => file,
        // Deleted since it was listed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let len = file.metadata()?.len();
    // After a power failure the cursor may know of lines that the log has lost.
    *offset = len.min(*offset);
    let mut wanted = BATCH_BYTES;
    loop {
        let available = usize::try_from(len - *offset).unwrap_or(usize::MAX);
        let mut bytes = vec![0; available.min(wanted)];
        file.read_exact_at(&mut bytes, *offset)?;
        if let Some(last) = bytes.iter().rposition(|byte| *byte == b'\n') {
            bytes.truncate(last + 1);
            return Ok(bytes);
        }
        if bytes.len() == available {
            return Ok(Vec::new());
        }
        // One record is longer than the batch.
        wanted *= 2;
    }
}

fn line_of(function: &str, record: &[u8]) -> Option<Line> {
    match Record::parse(record)? {
        Record::Line { time, version, stream, text, .. } => Some(Line {
            function: function.to_owned(),
            version: version.to_owned(),
            stream: stream.to_owned(),
            time: time.to_owned(),
            text: String::from_utf8_lossy(text).into_owned(),
        }),
        Record::Position { .. } => None,
    }
}

fn existing_logs(logs: &Path) -> io::Result<BTreeSet<String>> {
    match fs::read_dir(logs) {
        Ok(entries) => {
            Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}
