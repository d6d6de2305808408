//! One process of a function and the calls it has taken.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::HeaderValue;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::sync::{Notify, mpsc, oneshot};
use uuid::Uuid;

use crate::clock;
use crate::invocation::{Answer, Chunk, Failure, Invocation, Permit};
use crate::output::Stream;
use crate::settings::Disconnect;

use super::pool::Pool;
use super::report::{self, Report, Status};
use super::{Limits, memory};

/// Chunks of a streamed answer that may wait for its reader.
const STREAM_CHUNKS: usize = 16;
/// Reading the memory figure at each call would cost more than the call.
const MEMORY_SAMPLE: Duration = Duration::from_secs(1);

/// Why a process was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// Calls wait for it.
    Demand,
    /// Once more, as the first one failed before it was ready. Its initialisation is part of the
    /// call and has that one's time.
    Retry,
    /// To be there when calls come.
    Provisioned,
}

impl Beginning {
    /// `AWS_LAMBDA_INITIALIZATION_TYPE`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Demand | Self::Retry => "on-demand",
            Self::Provisioned => "provisioned-concurrency",
        }
    }

    /// `Phase` in an INIT_REPORT.
    pub(super) fn phase(self) -> &'static str {
        match self {
            Self::Demand | Self::Provisioned => "init",
            Self::Retry => "invoke",
        }
    }
}

/// A process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(super) id: u64,
    pub(crate) pool: Arc<Pool>,
    pub(super) pid: Option<i32>,
    pub(super) beginning: Beginning,
    stream: Stream,
    state: Mutex<State>,
    /// Tells the watch to look again.
    pub(super) changed: Notify,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) started: Instant,
    /// When it first polled.
    pub(super) ready: Option<Instant>,
    pub(super) calls: HashMap<Uuid, Call>,
    /// When it last polled or answered.
    pub(super) active: Instant,
    pub(super) draining: bool,
    pub(super) kill: bool,
    /// Polled since it last answered, so that nothing is left to do.
    pub(super) rested: bool,
    /// What it said went wrong in its initialisation.
    init_failure: Option<Failure>,
    init_reported: bool,
    memory: Option<(Instant, u64)>,
    /// Whether it is stopped until its next call.
    frozen: bool,
    /// Whether the watch rests, since nothing happens.
    pub(super) unwatched: bool,
    /// The call that it answered last.
    answered: Option<Uuid>,
}

/// A call that a process has taken.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) deadline: Instant,
    started: Instant,
    answer: Option<oneshot::Sender<Answer>>,
    /// Open while its answer is streamed.
    chunks: Option<mpsc::Sender<Chunk>>,
    wants_log: bool,
    log_from: u64,
    init: Option<Duration>,
    _permit: Permit,
}

/// What a process gets for its poll.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) id: Uuid,
    pub(crate) payload: Bytes,
    pub(crate) deadline_ms: u128,
    pub(crate) invoked_arn: Arc<str>,
    pub(crate) trace_id: HeaderValue,
    pub(crate) client_context: Option<HeaderValue>,
}

impl State {
    fn new(started: Instant) -> Self {
        Self {
            started,
            ready: None,
            calls: HashMap::new(),
            active: started,
            draining: false,
            kill: false,
            rested: false,
            init_failure: None,
            init_reported: false,
            memory: None,
            frozen: false,
            unwatched: false,
            answered: None,
        }
    }
}

impl Process {
    pub(super) fn new(
        id: u64,
        pool: Arc<Pool>,
        pid: Option<i32>,
        stream: Stream,
        beginning: Beginning,
        started: Instant,
    ) -> Self {
        let state = Mutex::new(State::new(started));
        Self { id, pool, pid, beginning, stream, state, changed: Notify::new() }
    }

    /// Notes a poll; true for the first one.
    pub(super) fn polled(&self) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        (state.active, state.rested) = (now, true);
        let first = state.ready.is_none();
        if first {
            state.ready = Some(now);
        }
        if state.draining {
            self.changed.notify_one();
        }
        first
    }

    /// Takes a call: from here its time runs.
    pub(crate) fn deliver(&self, invocation: Invocation) -> Delivery {
        let settings = &self.pool.unit.version.settings;
        let timeout = Duration::from_secs(settings.timeout_seconds.into());
        let started = Instant::now();
        let log_from = self.stream.position();
        self.stream.insert(log_from, report::start_line(invocation.id, &self.pool.unit.number));

        let mut state = self.state();
        let init = state.ready.filter(|_| !state.init_reported).map(|ready| ready - state.started);
        state.init_reported = true;
        state.rested = false;
        if std::mem::take(&mut state.unwatched) {
            self.changed.notify_one();
        }
        let call = Call {
            deadline: started + timeout,
            started,
            answer: Some(invocation.answer),
            chunks: None,
            wants_log: invocation.wants_log,
            log_from,
            init,
            _permit: invocation.permit,
        };
        state.calls.insert(invocation.id, call);
        Delivery {
            id: invocation.id,
            payload: invocation.payload,
            deadline_ms: clock::epoch_millis(SystemTime::now() + timeout),
            invoked_arn: invocation.invoked_arn,
            trace_id: invocation.trace_id,
            client_context: invocation.client_context,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.pool.machine.limits
    }

    /// Whether a stream ends when its reader has gone.
    pub(crate) fn tells_of_disconnects(&self) -> bool {
        self.pool.machine.disconnect == Disconnect::Propagate
    }

    /// Whether the call is this process's and waits for an answer.
    pub(crate) fn expects(&self, id: Uuid) -> bool {
        self.state().calls.get(&id).is_some_and(|call| call.answer.is_some())
    }

    /// Whether it was the last call to be answered.
    pub(crate) fn has_answered(&self, id: Uuid) -> bool {
        self.state().answered == Some(id)
    }

    /// Whether it may take another call.
    pub(crate) fn has_room(&self) -> bool {
        self.state().calls.len() < self.pool.slots()
    }

    /// Stops it until it is thawed, if it has nothing to do.
    pub(super) fn freeze(&self) {
        let mut state = self.state();
        if !state.frozen && !state.draining && state.calls.is_empty() {
            state.frozen = true;
            self.signal(Signal::SIGSTOP);
        }
    }

    /// Lets it run again.
    pub(super) fn thaw(&self) {
        let mut state = self.state();
        if std::mem::take(&mut state.frozen) {
            self.signal(Signal::SIGCONT);
        }
    }

    /// Signals it and all that it started.
    pub(super) fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid {
            // It may be gone already.
            let _ = killpg(Pid::from_raw(pid), signal);
        }
    }

    /// Answers a call; false if it is not this process's, or answered already.
    pub(crate) fn answer(&self, id: Uuid, content_type: Option<HeaderValue>, body: Bytes) -> bool {
        self.conclude(id, Status::Done, |log| Answer::Whole { content_type, body, log })
    }

    /// Answers a call with a failure, likewise.
    pub(crate) fn fail(&self, id: Uuid, failure: Failure, kind: &'static str) -> bool {
        self.conclude(id, Status::Error(kind), |log| Answer::Failed { failure, log })
    }

    fn conclude(
        &self,
        id: Uuid,
        status: Status,
        answer: impl FnOnce(Option<Bytes>) -> Answer,
    ) -> bool {
        let Some(mut call) = self.take(id) else { return false };
        let Some(sender) = call.answer.take() else { return false };
        let end = self.end_of(id, &call, status);
        let log = self.log_of(id, &call, &end);
        // Whoever asked may have gone; the call counts as done all the same.
        let _ = sender.send(answer(log));
        self.stream.insert(self.stream.position(), end);
        true
    }

    /// Begins a streamed answer; `None` if the call is not this process's, or answered already.
    pub(crate) fn begin_stream(
        &self,
        id: Uuid,
        content_type: Option<HeaderValue>,
    ) -> Option<mpsc::Sender<Chunk>> {
        let mut state = self.state();
        let call = state.calls.get_mut(&id)?;
        let answer = call.answer.take()?;
        let (sender, chunks) = mpsc::channel(STREAM_CHUNKS);
        call.chunks = Some(sender.clone());
        drop(state);
        let _ = answer.send(Answer::Stream { content_type, chunks });
        Some(sender)
    }

    /// Ends a streamed answer.
    pub(crate) async fn end_stream(&self, id: Uuid, failure: Option<Failure>) {
        let Some(mut call) = self.take(id) else { return };
        let status = match failure {
            None => Status::Done,
            Some(_) => Status::Error("Runtime.StreamError"),
        };
        let end = self.end_of(id, &call, status);
        let log = self.log_of(id, &call, &end);
        if let Some(chunks) = call.chunks.take() {
            // The reader may have gone.
            let _ = chunks.send(Chunk::End { failure, log }).await;
        }
        self.stream.insert(self.stream.position(), end);
    }

    /// Answers a call that has reached its deadline.
    pub(super) fn time_out(&self, id: Uuid) {
        let Some(mut call) = self.take(id) else { return };
        let seconds = self.pool.unit.version.settings.timeout_seconds;
        let what = format!("Task timed out after {seconds}.00 seconds");
        let failure = Failure::of_host(id, crate::invocation::TIMED_OUT, &what);
        self.abandon(id, &mut call, failure, Status::TimedOut);
    }

    /// The process is gone: its calls fail.
    pub(super) fn abandon_all(&self, kind: &'static str, failure: impl Fn(Uuid) -> Failure) {
        let calls = std::mem::take(&mut self.state().calls);
        for (id, mut call) in calls {
            let failure = failure(id);
            self.note(format!("{}\n{kind}", failure.message()));
            self.abandon(id, &mut call, failure, Status::Error(kind));
        }
    }

    fn abandon(&self, id: Uuid, call: &mut Call, failure: Failure, status: Status) {
        let end = self.end_of(id, call, status);
        let log = self.log_of(id, call, &end);
        if let Some(answer) = call.answer.take() {
            let _ = answer.send(Answer::Failed { failure, log });
        } else if let Some(chunks) = call.chunks.take() {
            // A reader that is behind sees the stream stop, which says the same.
            let _ = chunks.try_send(Chunk::End { failure: Some(failure), log });
        }
        self.stream.insert(self.stream.position(), end);
    }

    /// Notes what went wrong in the initialisation; the calls hear of it when the process ends.
    pub(crate) fn fail_init(&self, failure: Failure) {
        let mut state = self.state();
        state.init_failure = Some(failure);
        state.kill = true;
        drop(state);
        self.changed.notify_one();
    }

    pub(super) fn init_failure(&self) -> Option<Failure> {
        self.state().init_failure.clone()
    }

    /// A line of the host's own in the process's output.
    pub(super) fn note(&self, text: String) {
        self.stream.insert(self.stream.position(), text);
    }

    /// Takes no more calls and ends when those it has are done.
    pub(super) fn drain(&self) {
        self.state().draining = true;
        // It may have something to print.
        self.thaw();
        self.changed.notify_one();
    }

    pub(super) fn is_draining(&self) -> bool {
        self.state().draining
    }

    pub(super) fn is_starting(&self) -> bool {
        self.state().ready.is_none()
    }

    fn take(&self, id: Uuid) -> Option<Call> {
        let mut state = self.state();
        let call = state.calls.remove(&id);
        if call.is_some() {
            state.answered = Some(id);
        }
        state.active = Instant::now();
        if state.draining {
            self.changed.notify_one();
        }
        call
    }

    fn end_of(&self, id: Uuid, call: &Call, status: Status) -> String {
        let memory_mb = self.pool.unit.version.settings.memory_mb;
        let duration = call.started.elapsed();
        let used_mb = self.used_mb();
        Report { id, duration, init: call.init, memory_mb, used_mb, status }.end_lines()
    }

    fn log_of(&self, id: Uuid, call: &Call, end: &str) -> Option<Bytes> {
        call.wants_log.then(|| {
            let start = report::start_line(id, &self.pool.unit.number);
            let printed = self.stream.tail(call.log_from, self.stream.position(), 4096);
            report::tail(&start, &printed, end).into()
        })
    }

    /// The most memory it has held, sampled now and then.
    fn used_mb(&self) -> u64 {
        let now = Instant::now();
        if let Some((at, used)) = self.state().memory
            && now - at < MEMORY_SAMPLE
        {
            return used;
        }
        let used = self.pid.map_or(0, memory::peak_mb);
        self.state().memory = Some((now, used));
        used
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
