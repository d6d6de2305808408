//! The processes of one version and the calls that wait for them.
//!
//! A call goes to a process that is polling, straight through a channel. Where none is, it waits in
//! the queue, which the next poll takes from; a queue that stands still starts another process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;
use uuid::Uuid;

use crate::invocation::{Answer, Failure, Invocation};
use crate::model::Version;
use crate::settings::Disconnect;
use crate::store::Pin;

use super::running::{Beginning, Process};
use super::{Machine, max_concurrency, start};

/// What a process runs.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) function: Arc<str>,
    /// The version's number or `$LATEST`.
    pub(crate) number: Arc<str>,
    pub(crate) version: Version,
}

/// The processes of one version.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) unit: Unit,
    pub(crate) machine: Arc<Machine>,
    /// Calls that one process takes at once.
    slots: OnceLock<usize>,
    state: Mutex<State>,
    _code: Pin,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Queued>,
    /// Processes waiting for an event, the one that came last first: what is warm stays warm, and
    /// the others become idle.
    polls: Vec<Poll>,
    processes: HashMap<u64, Arc<Process>>,
    started: u64,
    /// Processes that have not polled yet.
    starting: usize,
    /// Processes that have.
    ready: usize,
    scaling: bool,
    retired: bool,
    /// Processes that are to be there whether or not calls come.
    provisioned: usize,
}

#[derive(Debug)]
struct Queued {
    since: Instant,
    invocation: Invocation,
}

#[derive(Debug)]
struct Poll {
    process: u64,
    sender: oneshot::Sender<Invocation>,
}

/// Too many calls wait already.
#[derive(Debug)]
pub(crate) struct QueueFull;

impl Pool {
    pub(crate) fn new(machine: Arc<Machine>, unit: Unit) -> Self {
        let code = machine.code.pin(&unit.version.code);
        Self { unit, machine, slots: OnceLock::new(), state: Mutex::default(), _code: code }
    }

    /// Hands a call to a process, now or when there is one.
    pub(crate) fn submit(self: &Arc<Self>, mut invocation: Invocation) -> Result<(), QueueFull> {
        let mut state = self.state();
        while let Some(poll) = state.polls.pop() {
            match poll.sender.send(invocation) {
                Ok(()) => return Ok(()),
                // The process hung up.
                Err(back) => invocation = back,
            }
        }
        if state.queue.len() >= self.machine.limits.queue {
            return Err(QueueFull);
        }
        state.queue.push_back(Queued { since: Instant::now(), invocation });
        self.scale(&mut state);
        Ok(())
    }

    /// The next call for a process. Never returns for one that is to end.
    pub(crate) async fn next(self: &Arc<Self>, process: &Process) -> Invocation {
        match self.take_or_wait(process) {
            Ok(invocation) => invocation,
            Err(mut waiting) => {
                if self.machine.limits.freeze {
                    process.freeze();
                }
                match (&mut waiting.receiver).await {
                    Ok(invocation) => {
                        process.thaw();
                        invocation
                    }
                    Err(_) => std::future::pending().await,
                }
            }
        }
    }

    fn take_or_wait(self: &Arc<Self>, process: &Process) -> Result<Invocation, Waiting> {
        let mut state = self.state();
        if process.polled() {
            state.starting = state.starting.saturating_sub(1);
            state.ready += 1;
        }
        let (sender, receiver) = oneshot::channel();
        let waiting = Waiting { receiver, pool: Arc::clone(self) };
        if process.is_draining() {
            return Err(waiting);
        }
        while let Some(queued) = state.queue.pop_front() {
            if self.is_given_up(&queued.invocation) {
                continue;
            }
            self.scale(&mut state);
            drop(state);
            return Ok(queued.invocation);
        }
        if state.retired {
            process.drain();
        } else {
            state.polls.push(Poll { process: process.id, sender });
        }
        drop(state);
        Err(waiting)
    }

    /// Keeps this many processes there from now on, whether or not calls come.
    pub(crate) fn provision(self: &Arc<Self>, processes: usize) {
        let mut state = self.state();
        state.provisioned = processes;
        self.replenish(&mut state);
    }

    fn replenish(self: &Arc<Self>, state: &mut State) {
        while !state.retired && state.ready + state.starting < state.provisioned {
            if !self.start_one(state, Beginning::Provisioned) {
                break;
            }
        }
    }

    /// Whether so many processes are to be there that none may be ended for being idle.
    pub(super) fn keeps_idle(&self) -> bool {
        let state = self.state();
        !state.retired && state.ready <= state.provisioned
    }

    /// Lets calls that are here finish, and ends every process that has none.
    pub(crate) fn retire(&self) {
        let mut state = self.state();
        state.retired = true;
        if state.queue.is_empty() {
            state.polls.clear();
            state.processes.values().for_each(|process| process.drain());
        }
    }

    /// A process has ended. One that never polled has failed to start.
    pub(super) fn gone(self: &Arc<Self>, process: &Process, failure: impl Fn(Uuid) -> Failure) {
        let mut state = self.state();
        state.processes.remove(&process.id);
        state.polls.retain(|poll| poll.process != process.id);
        if process.is_starting() && process.beginning != Beginning::Retry {
            self.retry_init(&mut state);
        } else if process.is_starting() {
            self.start_failed(&mut state, failure);
        } else {
            state.ready = state.ready.saturating_sub(1);
            // One that never was ready is not replaced: the next would fail likewise.
            self.replenish(&mut state);
        }
        self.scale(&mut state);
    }

    /// A process ended before it was ready. The calls that wait get another try, as on the service.
    fn retry_init(self: &Arc<Self>, state: &mut State) {
        state.starting = state.starting.saturating_sub(1);
        if state.ready == 0 && !state.queue.is_empty() {
            self.start_one(state, Beginning::Retry);
        }
    }

    /// No process could be started. If none is there to take them, the waiting calls fail: another
    /// try would fail in the same way.
    fn start_failed(&self, state: &mut State, failure: impl Fn(Uuid) -> Failure) {
        state.starting = state.starting.saturating_sub(1);
        if state.ready > 0 {
            return;
        }
        for Queued { invocation, .. } in state.queue.drain(..) {
            let failure = failure(invocation.id);
            // Whoever asked may have gone.
            let _ = invocation.answer.send(Answer::Failed { failure, log: None });
        }
    }

    /// Starts processes for calls that wait: at once where nothing runs, else after a moment, since
    /// a process that has just answered is about to poll again.
    fn scale(self: &Arc<Self>, state: &mut State) {
        let limits = &self.machine.limits;
        if state.queue.is_empty() {
            return;
        }
        if state.ready > 0 {
            if !state.scaling {
                state.scaling = true;
                self.machine.tasks.spawn(Arc::clone(self).scale_later());
            }
            return;
        }
        let slots = self.slots();
        while state.starting * slots < state.queue.len() && state.starting < limits.starting {
            if !self.start_one(state, Beginning::Demand) {
                break;
            }
        }
    }

    async fn scale_later(self: Arc<Self>) {
        let wait = self.machine.limits.scale_after;
        tokio::time::sleep(wait).await;
        let mut state = self.state();
        state.scaling = false;
        let stands_still = state.queue.front().is_some_and(|queued| queued.since.elapsed() >= wait);
        if stands_still && state.starting < self.machine.limits.starting {
            self.start_one(&mut state, Beginning::Demand);
        }
        self.scale(&mut state);
    }

    /// Whether there was room for another process.
    fn start_one(self: &Arc<Self>, state: &mut State, beginning: Beginning) -> bool {
        if state.ready + state.starting >= self.machine.limits.processes {
            return false;
        }
        state.starting += 1;
        state.started += 1;
        let id = state.started;
        self.machine.tasks.spawn(Arc::clone(self).start(id, beginning));
        true
    }

    async fn start(self: Arc<Self>, id: u64, beginning: Beginning) {
        match start::start(Arc::clone(&self), id, beginning).await {
            Ok(started) => {
                let process = Arc::clone(&started.process);
                self.state().processes.insert(id, process);
                started.run().await;
            }
            Err(failed) => {
                tracing::warn!(function = %self.unit.function, "could not start a process: {failed}");
                let mut state = self.state();
                self.start_failed(&mut state, |id| failed.failure(id));
                self.scale(&mut state);
            }
        }
    }

    /// Whether nobody waits for the call, and the host is told to heed it.
    fn is_given_up(&self, invocation: &Invocation) -> bool {
        self.machine.disconnect == Disconnect::Propagate && invocation.answer.is_closed()
    }

    /// Puts back a call whose process hung up before it had it.
    fn put_back(self: &Arc<Self>, invocation: Invocation) {
        let mut state = self.state();
        state.queue.push_front(Queued { since: Instant::now(), invocation });
        self.scale(&mut state);
    }

    /// Processes that have polled and are still there.
    pub(crate) fn ready(&self) -> usize {
        self.state().ready
    }

    /// Calls that one process takes at once.
    pub(super) fn slots(&self) -> usize {
        *self.slots.get_or_init(|| {
            let unit = &self.unit;
            let sealed = unit.version.settings.environment.as_ref();
            let own = sealed.map(|it| self.machine.secrets.open_sealed(&unit.function, it));
            own.and_then(Result::ok).map_or(1, |own| max_concurrency(&own))
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A poll that waits. If its connection breaks in the instant a call is handed over, the call goes
/// back to the queue.
struct Waiting {
    receiver: oneshot::Receiver<Invocation>,
    pool: Arc<Pool>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.receiver.close();
        if let Ok(invocation) = self.receiver.try_recv() {
            self.pool.put_back(invocation);
        }
    }
}
