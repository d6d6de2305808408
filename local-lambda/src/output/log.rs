//! One function's log: numbered files that only grow, the oldest deleted as new ones are begun.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::segment::Record;

/// A file is closed and the next begun at this size.
const SEGMENT_BYTES: u64 = 8 << 20;
/// At most this many files are kept; what a subscriber has not read by then is gone.
const SEGMENTS: u64 = 32;

/// The numbers of a log's files, oldest first.
pub(super) fn segments(dir: &Path) -> io::Result<Vec<u64>> {
    let mut numbers: Vec<u64> = match fs::read_dir(dir) {
        Ok(entries) => entries
            .filter_map(|entry| {
                entry.ok()?.file_name().to_str()?.strip_suffix(".log")?.parse().ok()
            })
            .collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    numbers.sort_unstable();
    Ok(numbers)
}

/// The path of a log's file.
pub(super) fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:08}.log"))
}

/// The writing end; there is one per function.
#[derive(Debug)]
pub(super) struct Log {
    dir: PathBuf,
    number: u64,
    file: File,
    len: u64,
}

impl Log {
    /// Opens the newest file, cutting off a record that a kill left half written.
    pub(super) fn open(dir: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&dir)?;
        let number = segments(&dir)?.last().copied().unwrap_or(1);
        let path = segment_path(&dir, number);
        let file = OpenOptions::new().append(true).create(true).open(&path)?;
        let bytes = fs::read(&path)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64)?;
        }
        Ok(Self { dir, number, file, len: whole as u64 })
    }

    /// Appends whole records.
    pub(super) fn append(&mut self, records: &[u8]) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        self.file.write_all(records)?;
        self.len += records.len() as u64;
        Ok(())
    }

    /// Whether the next record should go into a new file.
    pub(super) fn is_full(&self) -> bool {
        self.len >= SEGMENT_BYTES
    }

    /// Begins a new file with the positions of the streams that are still written, so that it is
    /// all that a recovery must read.
    pub(super) fn rotate(&mut self, positions: &[(&str, u64)]) -> io::Result<()> {
        let number = self.number + 1;
        let path = segment_path(&self.dir, number);
        self.file = OpenOptions::new().append(true).create_new(true).open(path)?;
        (self.number, self.len) = (number, 0);
        let mut head = Vec::new();
        for (stream, position) in positions {
            Record::Position { stream, position: *position }.write(&mut head);
        }
        self.append(&head)?;
        for old in segments(&self.dir)? {
            if old + SEGMENTS <= number {
                fs::remove_file(segment_path(&self.dir, old))?;
            }
        }
        Ok(())
    }

    /// How far a stream had been copied, by the newest file.
    pub(super) fn position_of(&self, stream: &str) -> io::Result<u64> {
        let bytes = fs::read(segment_path(&self.dir, self.number))?;
        let mut found = 0;
        for line in bytes.split(|byte| *byte == b'\n') {
            match Record::parse(line) {
                Some(Record::Line { stream: its, end: Some(end), .. }) if its == stream => {
                    found = end;
                }
                Some(Record::Position { stream: its, position }) if its == stream => {
                    found = position;
                }
                _ => {}
            }
        }
        Ok(found)
    }
}
