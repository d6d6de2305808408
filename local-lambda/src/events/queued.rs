//! An event on disk: a line of JSON with all that is known of it, then its payload as it came.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::files;

use super::now_ms;

/// An asynchronous call that is not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Queued {
    pub(super) id: Uuid,
    pub(super) function: String,
    pub(super) qualifier: String,
    pub(super) invoked_arn: String,
    trace_id: String,
    client_context: Option<String>,
    accepted_ms: u64,
    /// That have failed.
    pub(super) attempts: u32,
    #[serde(skip)]
    pub(super) payload: Bytes,
}

impl Queued {
    /// A fresh event.
    pub(crate) fn new(
        id: Uuid,
        (function, qualifier): (String, String),
        invoked_arn: String,
        trace_id: &HeaderValue,
        client_context: Option<&HeaderValue>,
        payload: Bytes,
    ) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let (trace_id, client_context) = (text(trace_id), client_context.map(text));
        let accepted_ms = now_ms();
        let attempts = 0;
        Self {
            id,
            function,
            qualifier,
            invoked_arn,
            trace_id,
            client_context,
            accepted_ms,
            attempts,
            payload,
        }
    }

    pub(super) fn trace_id(&self) -> HeaderValue {
        HeaderValue::from_bytes(self.trace_id.as_bytes())
            .unwrap_or_else(|_| HeaderValue::from_static("Sampled=0"))
    }

    pub(super) fn client_context(&self) -> Option<HeaderValue> {
        HeaderValue::from_bytes(self.client_context.as_ref()?.as_bytes()).ok()
    }

    pub(super) fn age(&self) -> Duration {
        Duration::from_millis(now_ms().saturating_sub(self.accepted_ms))
    }

    pub(super) fn save(&self, folder: &Path) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.payload);
        files::replace(&self.path(folder), &bytes)
    }

    pub(super) fn remove(&self, folder: &Path) -> io::Result<()> {
        fs::remove_file(self.path(folder))
    }

    /// All events of a folder, oldest first.
    pub(super) fn load_all(folder: &Path) -> io::Result<Vec<Self>> {
        let mut events = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match Self::parse(&fs::read(&path)?) {
                Some(event) => events.push(event),
                // A file that was being written when the host was killed: nobody was promised it.
                None => fs::remove_file(&path)?,
            }
        }
        events.sort_by_key(|event| event.accepted_ms);
        Ok(events)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let mut event: Self = serde_json::from_slice(&bytes[..end]).ok()?;
        event.payload = Bytes::copy_from_slice(&bytes[end + 1..]);
        Some(event)
    }

    fn path(&self, folder: &Path) -> PathBuf {
        folder.join(self.id.hyphenated().to_string())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_event_comes_back_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let trace = HeaderValue::from_static("Root=1");
        let named = ("f".to_owned(), "live".to_owned());
        let payload = Bytes::from_static(b"{\n\"a\": 1}");
        let mut event = Queued::new(Uuid::new_v4(), named, "arn".to_owned(), &trace, None, payload);
        event.save(dir.path()).unwrap();
        event.attempts = 1;
        event.save(dir.path()).unwrap();
        fs::write(dir.path().join(".tmp123"), b"half").unwrap();
        assert_eq!(Queued::load_all(dir.path()).unwrap(), [event.clone()]);
        event.remove(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
