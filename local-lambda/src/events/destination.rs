//! Where asynchronous calls are told that have ended: a file per function, a line of JSON each.
//! Whatever the destination's ARN names, nothing leaves the machine.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::clock;

use super::{Condition, Outcome, Queued};

/// A file is set aside at this size, and what had been set aside before is gone.
const FILE_BYTES: u64 = 8 << 20;

/// The files of all functions.
#[derive(Debug)]
pub(super) struct Destinations {
    folder: PathBuf,
    /// One line at a time.
    writing: Mutex<()>,
}

impl Destinations {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, writing: Mutex::default() }
    }

    pub(super) fn tell(&self, function: &str, destination: &str, record: &Value) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(format!("{function}.jsonl"));
        if fs::metadata(&path).is_ok_and(|it| it.len() >= FILE_BYTES) {
            fs::rename(&path, self.folder.join(format!("{function}.1.jsonl")))?;
        }
        let mut file: File = OpenOptions::new().append(true).create(true).open(path)?;
        let line = json!({ "destination": destination, "record": record });
        file.write_all(format!("{line}\n").as_bytes())
    }
}

/// What the service sends to a destination.
pub(super) fn record(event: &Queued, condition: Condition, outcome: Option<&Outcome>) -> Value {
    let mut record = json!({
        "version": "1.0",
        "timestamp": clock::log_time(),
        "requestContext": {
            "requestId": event.id,
            "functionArn": qualified(event),
            "condition": format!("{condition:?}"),
            "approximateInvokeCount": event.attempts + u32::from(condition == Condition::Success),
        },
        "requestPayload": document(&event.payload),
    });
    if let Some(outcome) = outcome {
        let mut context = json!({ "statusCode": 200, "executedVersion": outcome.version.as_ref() });
        if outcome.failed {
            context["functionError"] = json!("Unhandled");
        }
        record["responseContext"] = context;
        record["responsePayload"] = document(&outcome.payload);
    }
    record
}

/// The function's ARN with a qualifier in any case.
fn qualified(event: &Queued) -> String {
    let suffix = format!(":{}", event.qualifier);
    let arn = event.invoked_arn.strip_suffix(&suffix).unwrap_or(&event.invoked_arn);
    format!("{arn}{suffix}")
}

/// JSON, or what else it is as text.
fn document(payload: &[u8]) -> Value {
    serde_json::from_slice(payload)
        .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(payload).into_owned()))
}
