//! Keeps a process within its limits and tells its callers when it is gone.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::invocation::{Failure, TIMED_OUT};
use crate::runtime_api;

use super::memory;
use super::running::{Beginning, Process};

/// What a dead process had already sent is read for at most this long.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// A drained process gets this long after its last answer, to print what it has to say.
const AFTERMATH: Duration = Duration::from_millis(250);

/// After this long without a call a process's memory is not looked at any more.
const QUIET: Duration = Duration::from_secs(1);

/// Why a process is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Limit,
    InitTimeout,
    OutOfMemory,
}

impl Reason {
    /// `Error Type` of the calls that end with the process.
    fn kind(self) -> &'static str {
        match self {
            Self::Limit => "Runtime.ExitError",
            Self::InitTimeout => TIMED_OUT,
            Self::OutOfMemory => "Runtime.OutOfMemory",
        }
    }
}

enum Next {
    LookAgain(Instant),
    End(Reason),
}

/// Runs until the process is gone and everybody knows.
pub(super) async fn run(process: Arc<Process>, mut child: Child, listener: TcpListener) {
    let (connections, stop) = (TaskTracker::new(), CancellationToken::new());
    let served =
        runtime_api::serve(Arc::clone(&process), listener, connections.clone(), stop.clone());
    let server = tokio::spawn(served);

    let (status, reason) = until_exit(&process, &mut child).await;
    // What it started goes with it.
    process.signal(Signal::SIGKILL);
    stop.cancel();
    // A task that was cancelled or panicked serves no more either way.
    let _ = server.await;
    connections.close();
    let _ = timeout(LAST_WORDS, connections.wait()).await;

    let failure = |id| describe(&process, status, reason, id);
    if process.is_starting() {
        let init = process.state().started.elapsed().as_secs_f64() * 1000.0;
        let phase = process.beginning.phase();
        let status = match reason {
            Reason::InitTimeout => "timeout".to_owned(),
            _ => format!("error\tError Type: {}", failure(Uuid::nil()).kind),
        };
        process.note(format!(
            "INIT_REPORT Init Duration: {init:.2} ms\tPhase: {phase}\tStatus: {status}"
        ));
    }
    process.abandon_all(reason.kind(), failure);
    process.pool.gone(&process, failure);
}

async fn until_exit(process: &Process, child: &mut Child) -> (Option<ExitStatus>, Reason) {
    let mut killed = None;
    loop {
        let next = match killed {
            Some(_) => Next::LookAgain(Instant::now() + Duration::from_secs(3600)),
            None => check(process),
        };
        let wake = match next {
            Next::LookAgain(at) => at,
            Next::End(reason) => {
                killed = Some(reason);
                process.signal(Signal::SIGKILL);
                continue;
            }
        };
        tokio::select! {
            status = child.wait() => return (status.ok(), killed.unwrap_or(Reason::Limit)),
            () = process.changed.notified() => {}
            () = process.pool.machine.stop.cancelled(), if killed.is_none() => {
                killed = Some(Reason::Limit);
                process.signal(Signal::SIGKILL);
            }
            () = tokio::time::sleep_until(wake.into()) => {}
        }
    }
}

/// Looks at every limit. The next look is never later than the first deadline: a call that comes
/// in between has its own at least a whole timeout away, and so has this look.
fn check(process: &Process) -> Next {
    let limits = &process.pool.machine.limits;
    let settings = &process.pool.unit.version.settings;
    let now = Instant::now();
    let expired: Vec<Uuid> = {
        let state = process.state();
        if state.kill {
            return Next::End(Reason::Limit);
        }
        if state.ready.is_none() && now >= state.started + init_limit(process) {
            return Next::End(Reason::InitTimeout);
        }
        state.calls.iter().filter(|(_, call)| call.deadline <= now).map(|(id, _)| *id).collect()
    };
    if holds_too_much(process) {
        return Next::End(Reason::OutOfMemory);
    }
    if !expired.is_empty() {
        expired.into_iter().for_each(|id| process.time_out(id));
        // It takes no more calls, and with none left that is still in time, it is ended.
        process.state().draining = true;
        if process.state().calls.is_empty() {
            return Next::End(Reason::Limit);
        }
    }

    let mut state = process.state();
    let timeout = Duration::from_secs(settings.timeout_seconds.into());
    let wake = now + timeout.min(limits.idle);
    if state.ready.is_none() {
        return Next::LookAgain((now + memory::LOOK).min(state.started + init_limit(process)));
    }
    let quiet = now >= state.active + QUIET;
    let busy = !state.calls.is_empty() || !quiet;
    state.unwatched = !busy;
    let wake = if busy { wake.min(now + memory::LOOK) } else { wake };
    if let Some(first) = state.calls.values().map(|call| call.deadline).min() {
        return Next::LookAgain(wake.min(first));
    }
    let keep = match (state.draining, state.rested) {
        (true, true) => AFTERMATH,
        (true, false) => timeout,
        (false, _) => limits.idle,
    };
    let (end, draining) = (state.active + keep, state.draining);
    drop(state);
    if now < end {
        return Next::LookAgain(wake.min(end));
    }
    if !draining && process.pool.keeps_idle() {
        return Next::LookAgain(now + limits.idle);
    }
    Next::End(Reason::Limit)
}

/// How long a process may take to be ready. One that is started again takes the call's own time.
fn init_limit(process: &Process) -> Duration {
    match process.beginning {
        Beginning::Demand | Beginning::Provisioned => process.pool.machine.limits.init,
        Beginning::Retry => {
            Duration::from_secs(process.pool.unit.version.settings.timeout_seconds.into())
        }
    }
}

fn holds_too_much(process: &Process) -> bool {
    let most = u64::from(process.pool.unit.version.settings.memory_mb);
    process.pid.is_some_and(|pid| memory::held_mb(pid) > most)
}

/// What a caller is told whose process has ended.
fn describe(process: &Process, status: Option<ExitStatus>, reason: Reason, id: Uuid) -> Failure {
    if let Some(failure) = process.init_failure() {
        return failure;
    }
    if reason == Reason::InitTimeout {
        let seconds = init_limit(process).as_secs_f64();
        return Failure::of_host(
            id,
            TIMED_OUT,
            &format!("Task timed out after {seconds:.2} seconds"),
        );
    }
    Failure::of_host(id, reason.kind(), &exit_text(status))
}

/// The service's words for an exit.
fn exit_text(status: Option<ExitStatus>) -> String {
    let without_reason = || "Runtime exited without providing a reason".to_owned();
    let Some(status) = status else { return without_reason() };
    match (status.code(), status.signal()) {
        (Some(0), _) => without_reason(),
        (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
        (None, Some(signal)) => {
            format!("Runtime exited with error: signal: {}", signal_text(signal))
        }
        (None, None) => without_reason(),
    }
}

fn signal_text(number: i32) -> String {
    match Signal::try_from(number) {
        Ok(Signal::SIGKILL) => "killed".to_owned(),
        Ok(Signal::SIGSEGV) => "segmentation fault".to_owned(),
        Ok(Signal::SIGABRT) => "aborted".to_owned(),
        Ok(Signal::SIGTERM) => "terminated".to_owned(),
        Ok(Signal::SIGBUS) => "bus error".to_owned(),
        Ok(Signal::SIGILL) => "illegal instruction".to_owned(),
        Ok(Signal::SIGFPE) => "floating point exception".to_owned(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_are_told_in_the_services_words() {
        let told = |raw| exit_text(Some(ExitStatus::from_raw(raw)));
        assert_eq!(told(0), "Runtime exited without providing a reason");
        assert_eq!(told(1 << 8), "Runtime exited with error: exit status 1");
        assert_eq!(told(127 << 8), "Runtime exited with error: exit status 127");
        assert_eq!(told(9), "Runtime exited with error: signal: killed");
        assert_eq!(told(11), "Runtime exited with error: signal: segmentation fault");
    }
}
