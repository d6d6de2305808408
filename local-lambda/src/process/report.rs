//! The lines that the service writes around each call.

use std::time::Duration;

use uuid::Uuid;

use crate::clock;

/// How much of the log a caller gets who asks for it.
const TAIL_BYTES: usize = 4096;

/// The figures of a finished call.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) id: Uuid,
    pub(super) duration: Duration,
    /// Of the call for which the process was started.
    pub(super) init: Option<Duration>,
    pub(super) memory_mb: u32,
    pub(super) used_mb: u64,
    pub(super) status: Status,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Done,
    Error(&'static str),
    TimedOut,
}

/// Before the call.
pub(super) fn start_line(id: Uuid, version: &str) -> String {
    format!("START RequestId: {id} Version: {version}")
}

impl Report {
    /// After the call.
    pub(super) fn end_lines(&self) -> String {
        let Self { id, memory_mb, used_mb, .. } = self;
        let timed_out = match self.status {
            Status::TimedOut => {
                let seconds = self.duration.as_secs_f64();
                format!("{} {id} Task timed out after {seconds:.2} seconds\n", clock::log_time())
            }
            _ => String::new(),
        };
        let duration = millis(self.duration);
        let billed = millis(self.duration + self.init.unwrap_or_default()).ceil();
        let init = match self.init {
            Some(init) => format!("Init Duration: {:.2} ms\t", millis(init)),
            None => String::new(),
        };
        let status = match self.status {
            Status::Done => String::new(),
            Status::Error(kind) => format!("Status: error\tError Type: {kind}\t"),
            Status::TimedOut => "Status: timeout\t".to_owned(),
        };
        format!(
            "{timed_out}END RequestId: {id}\n\
             REPORT RequestId: {id}\tDuration: {duration:.2} ms\tBilled Duration: {billed:.0} ms\t\
             Memory Size: {memory_mb} MB\tMax Memory Used: {used_mb} MB\t{init}{status}"
        )
    }
}

/// The end of a call's log, as `LogResult` tells it.
pub(super) fn tail(start: &str, printed: &[u8], end: &str) -> Vec<u8> {
    let printed_end = if printed.ends_with(b"\n") || printed.is_empty() { "" } else { "\n" };
    let mut log = Vec::with_capacity(start.len() + printed.len() + end.len() + 3);
    log.extend_from_slice(start.as_bytes());
    log.push(b'\n');
    log.extend_from_slice(printed);
    log.extend_from_slice(printed_end.as_bytes());
    log.extend_from_slice(end.as_bytes());
    log.push(b'\n');
    log.split_off(log.len().saturating_sub(TAIL_BYTES))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(status: Status, init: Option<Duration>) -> String {
        let duration = Duration::from_micros(1234);
        let id = Uuid::nil();
        Report { id, duration, init, memory_mb: 128, used_mb: 5, status }.end_lines()
    }

    #[test]
    fn the_lines_are_those_of_the_service() {
        insta::assert_snapshot!(
            report(Status::Done, Some(Duration::from_millis(3))).replace('\t', " "),
            @r"
        END RequestId: 00000000-0000-0000-0000-000000000000
        REPORT RequestId: 00000000-0000-0000-0000-000000000000 Duration: 1.23 ms Billed Duration: 5 ms Memory Size: 128 MB Max Memory Used: 5 MB Init Duration: 3.00 ms
        ");
        assert!(report(Status::TimedOut, None).contains(" Task timed out after 0.00 seconds\nEND"));
        assert!(report(Status::TimedOut, None).ends_with("\tStatus: timeout\t"));
    }

    #[test]
    fn a_tail_keeps_the_end() {
        let log = tail("START", &[b'x'; 5000], "END");
        assert_eq!(log.len(), TAIL_BYTES);
        assert!(log.ends_with(b"xx\nEND\n"));
        assert_eq!(tail("START", b"", "END"), b"START\nEND\n");
    }
}
