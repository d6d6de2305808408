//! What a line of a function's output is.

use std::borrow::Cow;

use promptpilot_spec::record::{CALL_KIND, CallRecord, START_KIND, StartRecord, VERSION};
use serde::{Deserialize, de::DeserializeOwned};

/// The longest line that may be a record, in bytes: a record is shorter.
const MOST: usize = 256 * 1024;

/// A line, read.
pub(super) enum Reading {
    /// A call that has come to its end.
    Call(Box<CallRecord>),
    /// A call that has begun.
    Start(StartRecord),
    /// The platform's word on a call that it has seen the end of.
    Report(Report),
    /// What a function printed besides.
    Other,
    /// What says that it is a record and is none.
    Malformed(String),
}

/// A `REPORT` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) request_id: String,
    pub(super) duration_us: u64,
    pub(super) end: End,
}

/// How the platform saw a call end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    Done,
    /// It was stopped at the function's timeout.
    TimedOut,
    /// Its process ended in it; the platform's word for how.
    Died(String),
    /// The platform said nothing of it.
    Unknown,
}

pub(super) fn read(text: &str) -> Reading {
    if let Some(report) = report(text) {
        return Reading::Report(report);
    }
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        kind: Cow<'a, str>,
    }
    let Ok(head) = serde_json::from_str::<Head<'_>>(text) else { return Reading::Other };
    match &*head.kind {
        CALL_KIND | START_KIND if text.len() > MOST => {
            Reading::Malformed(format!("it has {} bytes and may have {MOST}", text.len()))
        }
        CALL_KIND => record(text, |record: &CallRecord| record.v)
            .map_or_else(Reading::Malformed, |record| Reading::Call(Box::new(record))),
        START_KIND => record(text, |record: &StartRecord| record.v)
            .map_or_else(Reading::Malformed, Reading::Start),
        _ => Reading::Other,
    }
}

fn record<T: DeserializeOwned>(text: &str, version: fn(&T) -> u8) -> Result<T, String> {
    match serde_json::from_str::<T>(text) {
        Ok(record) if version(&record) == VERSION => Ok(record),
        Ok(record) => Err(format!("version {} of the record is not known", version(&record))),
        Err(error) => Err(error.to_string()),
    }
}

/// `REPORT RequestId: …`, and further members after tabs, each `name: value`.
fn report(text: &str) -> Option<Report> {
    let mut members =
        text.strip_prefix("REPORT ")?.split('\t').filter_map(|member| member.split_once(": "));
    let ("RequestId", request_id) = members.next()? else { return None };
    let (mut duration_us, mut status, mut kind) = (0, None, None);
    for (name, value) in members {
        match name {
            "Duration" => duration_us = micros(value)?,
            "Status" => status = Some(value.trim()),
            "Error Type" => kind = Some(value.trim()),
            _ => {}
        }
    }
    let end = match status {
        None => End::Done,
        Some("timeout") => End::TimedOut,
        Some(other) => End::Died(kind.unwrap_or(other).to_owned()),
    };
    Some(Report { request_id: request_id.to_owned(), duration_us, end })
}

/// `12.34 ms`
fn micros(text: &str) -> Option<u64> {
    let millis: f64 = text.strip_suffix(" ms")?.parse().ok()?;
    // A duration is small, and what is no number becomes 0.
    Some((millis * 1000.0).round().clamp(0.0, 1e15) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_records_are_left_alone() {
        for text in ["", "hello", "{}", "[1]", "{\"kind\":1}", "REPORT", "REPORT RequestId", "END"]
        {
            assert!(matches!(read(text), Reading::Other), "{text}");
        }
        for text in [r#"{"kind":"promptpilot.call"}"#, r#"{"kind":"promptpilot.start"}"#] {
            assert!(matches!(read(text), Reading::Malformed(_)), "{text}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_no_record() {
        let text = format!(r#"{{"kind":"promptpilot.call","more":"{}"}}"#, "x".repeat(MOST));
        assert!(matches!(read(&text), Reading::Malformed(why) if why.contains("may have 262144")));
    }

    #[test]
    fn reports_are_read_as_the_service_writes_them() {
        let told = |more: &str| {
            let head = "REPORT RequestId: 3604209a\tDuration: 12.34 ms\tBilled Duration: 13 ms\t";
            report(&format!("{head}Memory Size: 128 MB\tMax Memory Used: 18 MB\t{more}"))
        };
        let report =
            |end| Some(Report { request_id: "3604209a".to_owned(), duration_us: 12_340, end });
        assert_eq!(told(""), report(End::Done));
        assert_eq!(told("Init Duration: 3.00 ms\t"), report(End::Done));
        assert_eq!(told("Status: timeout"), report(End::TimedOut));
        let died = "Status: error\tError Type: Runtime.ExitError\t";
        assert_eq!(told(died), report(End::Died("Runtime.ExitError".to_owned())));
    }
}
