//! A stream while it is copied: what has been read of it, and where its lines end.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::inotify::WatchDescriptor;

use crate::clock;

use super::segment::Record;
use super::stream::StreamId;

/// A line longer than this is split, as the service splits log events.
const MAX_LINE: usize = 1 << 20;
/// What has been copied is given back to the disk in steps of this size.
const PUNCH_BYTES: u64 = 4 << 20;

/// A stream being copied.
pub(super) struct Source {
    file: File,
    pub(super) watch: Option<WatchDescriptor>,
    /// Read and, but for `rest`, copied.
    position: u64,
    punched: u64,
    /// The beginning of a line that is not finished.
    rest: Vec<u8>,
}

impl Source {
    /// A stream that has been copied up to `position`.
    pub(super) fn new(file: File, watch: Option<WatchDescriptor>, position: u64) -> Self {
        Self { file, watch, position, punched: 0, rest: Vec::new() }
    }

    /// How much the process has written so far.
    pub(super) fn len(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Takes up the next bytes, not past `until`, through `buffer`. Finished lines become records;
    /// false when there is no more.
    pub(super) fn copy(
        &mut self,
        id: &StreamId,
        until: u64,
        buffer: &mut [u8],
        records: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let wanted = until.saturating_sub(self.position);
        let room = usize::try_from(wanted).unwrap_or(usize::MAX).min(buffer.len());
        if room == 0 {
            return Ok(false);
        }
        let read = self.file.read_at(&mut buffer[..room], self.position)?;
        self.take(id, &buffer[..read], records);
        self.punch();
        Ok(read > 0)
    }

    /// The unfinished line of a process that has ended: nobody will finish it.
    pub(super) fn end(&mut self, id: &StreamId, records: &mut Vec<u8>) {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            line_record(id, Some(self.position), &rest, records);
        }
    }

    /// Splits what was read into records of finished lines.
    fn take(&mut self, id: &StreamId, read: &[u8], records: &mut Vec<u8>) {
        let mut left = read;
        while let Some(end) = left.iter().position(|byte| *byte == b'\n') {
            self.position += end as u64 + 1;
            self.rest.extend_from_slice(&left[..end]);
            line_record(id, Some(self.position), &self.rest, records);
            self.rest.clear();
            left = &left[end + 1..];
        }
        self.position += left.len() as u64;
        self.rest.extend_from_slice(left);
        if self.rest.len() > MAX_LINE {
            line_record(id, Some(self.position), &self.rest, records);
            self.rest.clear();
        }
    }

    /// Up to where finished lines have been copied.
    pub(super) fn copied(&self) -> u64 {
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

/// Writes a finished line of a stream, `end` being where it ends there.
pub(super) fn line_record(id: &StreamId, end: Option<u64>, text: &[u8], into: &mut Vec<u8>) {
    let (time, text) = (clock::log_time(), text.strip_suffix(b"\r").unwrap_or(text));
    Record::Line { time: &time, version: &id.version, stream: &id.name, end, text }.write(into);
}
