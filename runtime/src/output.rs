//! Standard output carries records and nothing else, one line each.

use std::io::Write;

use promptpilot_spec::record::{CallRecord, MAX_LINE, StartRecord};
use serde::Serialize;

use crate::log::{Level, log};

/// Where a function's records go.
pub(crate) type Output = Box<dyn Fn(&str) + Send + Sync>;

/// Writes a line at once, so that lines of parallel calls do not mix.
pub(crate) fn to_stdout(line: &str) {
    let mut bytes = Vec::with_capacity(line.len() + 1);
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    let mut stdout = std::io::stdout().lock();
    if let Err(error) = stdout.write_all(&bytes).and_then(|()| stdout.flush()) {
        log(Level::Error, &format!("could not write a record: {error}"));
    }
}

/// The line of a beginning call.
pub(crate) fn start_line(record: &StartRecord) -> String {
    to_json(record)
}

/// The line of a finished call, never longer than [`MAX_LINE`]: what is largest goes first.
pub(crate) fn call_line(mut record: CallRecord) -> String {
    let trims: [fn(&mut CallRecord); 5] = [
        |record| drop_text(record, false),
        |record| drop_text(record, true),
        |record| record.attempts.truncate(64),
        |record| record.metadata = None,
        |record| record.attempts.clear(),
    ];
    let mut line = to_json(&record);
    for trim in trims {
        if line.len() <= MAX_LINE {
            break;
        }
        trim(&mut record);
        line = to_json(&record);
    }
    line
}

fn drop_text(record: &mut CallRecord, request: bool) {
    let body = if request { &mut record.request } else { &mut record.response };
    if let Some(body) = body {
        body.text = None;
        body.cut = true;
    }
}

/// Records are texts and numbers, which always serialise.
fn to_json(record: &impl Serialize) -> String {
    serde_json::to_string(record).unwrap_or_default()
}
