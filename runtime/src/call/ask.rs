//! Asks the endpoint's models until one has answered: repeats what may succeed later, goes on to the
//! next model when one has failed for good, and keeps to the time the call has.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::{attempt::Attempts, ledger::Ledger};
use crate::{
    endpoint::{Model, Response},
    function::Function,
    log::{Level, log},
    problem::{
        BUDGET_SPENT, PROVIDER_FAILED, PROVIDER_REFUSED, Problem, STATE_UNAVAILABLE, TIMEOUT,
    },
    provider::{Answer, Failure, Kind, Turn},
    purse::Allowance,
    secret::Secret,
};

/// First wait between two attempts at most; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// No wait of our own is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// What all that is asked in a call has in common.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) function: &'a Function,
    /// The model to ask, where it is none of the endpoint's.
    pub(super) own: Option<Own<'a>>,
    pub(super) deadline: Instant,
    /// A valid W3C trace context, to be passed on.
    pub(super) traceparent: Option<&'a str>,
    /// What attempts are paid from.
    pub(super) allowances: &'a [Allowance],
}

/// A model that belongs to no endpoint, and what it is to answer.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    pub(super) model: &'a Model<'a>,
    pub(super) key: Option<&'a Secret>,
    pub(super) response: &'a Response<'a>,
}

impl<'a> Task<'a> {
    /// The model at a place among all.
    fn model(&self, place: usize) -> Option<&'a Model<'a>> {
        match self.own {
            Some(own) => Some(own.model),
            None => self.function.endpoint.all_models().nth(place),
        }
    }

    /// What the answer must be like.
    pub(super) fn response(&self) -> &'a Response<'a> {
        match self.own {
            Some(own) => own.response,
            None => &self.function.endpoint.response,
        }
    }

    /// The key for a model, where it takes one.
    pub(super) fn key(&self, model: &Model<'_>) -> Option<&'a Secret> {
        match self.own {
            Some(own) => own.key,
            None => model.key.and_then(|variable| self.function.key(variable)),
        }
    }
}

pub(super) struct Asker<'a> {
    pub(super) task: Task<'a>,
    pub(super) ledger: &'a mut Ledger,
    /// Where text goes as it comes; its presence means streaming.
    pub(super) deltas: Option<mpsc::Sender<String>>,
    /// The models that may be asked, by their place among all.
    order: Vec<usize>,
    /// Whose turn it is, of these.
    turn: usize,
    attempts: u32,
    /// When the first text went to the caller.
    first_text: Arc<OnceLock<std::time::Instant>>,
}

impl<'a> Asker<'a> {
    /// Asks models in this order, by their place among all.
    pub(super) fn new(task: Task<'a>, ledger: &'a mut Ledger, order: Vec<usize>) -> Self {
        let (deltas, turn, attempts) = (None, 0, 0);
        let first_text = ledger.first_text();
        Self { task, ledger, deltas, order, turn, attempts, first_text }
    }

    /// The first answer. A later call begins with the model that answered.
    pub(super) async fn ask(&mut self, turns: &[Turn]) -> Result<Answer, Problem> {
        let mut reasons = Vec::new();
        loop {
            let place = self.order.get(self.turn).copied();
            let function = self.task.function;
            let found = place.and_then(|it| Some((it, self.task.model(it)?)));
            let Some((place, model)) = found else {
                return Err(Problem::new(PROVIDER_FAILED, "the endpoint names no model"));
            };
            let provider = model.provider.name();
            if function.circuits.skips(&self.order[self.turn..], Instant::now()) {
                reasons.push(format!("{provider}: left out, since it kept failing"));
                self.turn += 1;
                continue;
            }
            let outcome = self.ask_model(model, turns).await;
            function.circuits.note(place, outcome.as_ref().err(), Instant::now());
            let failure = match outcome {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            reasons.push(failure.for_callers(provider));
            if !self.has_other() || self.has_told() || failure.kind == Kind::Timeout {
                return Err(problem(&failure, &reasons));
            }
            self.turn += 1;
        }
    }

    /// Whether the caller has read something, after which nobody else is asked.
    fn has_told(&self) -> bool {
        self.first_text.get().is_some()
    }

    /// Whether another model could still be asked.
    fn has_other(&self) -> bool {
        self.turn + 1 < self.order.len()
    }

    /// One model, with its repeats.
    async fn ask_model(&mut self, model: &Model<'_>, turns: &[Turn]) -> Result<Answer, Failure> {
        let mut repeats = 0;
        loop {
            let attempts = self.attempts();
            let outcome = attempts.run(model, turns, self.ledger, &mut self.attempts).await;
            let failure = match outcome {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some(wait) = self.wait_before_repeat(&failure, repeats) else {
                log(Level::Warn, &failure.for_callers(model.provider.name()));
                return Err(failure);
            };
            log(Level::Info, &format!("attempt failed, again in {wait:?}: {failure}"));
            let since = std::time::Instant::now();
            sleep(wait).await;
            self.ledger.note_backoff(since);
            repeats += 1;
        }
    }

    fn attempts(&self) -> Attempts<'a> {
        Attempts {
            task: self.task,
            deltas: self.deltas.clone(),
            first_text: Arc::clone(&self.first_text),
        }
    }

    /// How long to wait before the same model is asked again; `None` where it is not.
    fn wait_before_repeat(&self, failure: &Failure, repeats: u8) -> Option<Duration> {
        // An overloaded provider will be so for a while; where there is another, it is asked.
        let is_overloaded = failure.kind == Kind::Overloaded && self.has_other();
        let is_spent = repeats >= self.task.function.endpoint.retries;
        if self.has_told() || !failure.retry || is_spent || is_overloaded {
            return None;
        }
        let wait = failure.retry_after.unwrap_or_else(|| backoff(repeats));
        // A provider may ask for a wait that no clock can hold.
        let until = Instant::now().checked_add(wait)?;
        (until < self.task.deadline).then_some(wait)
    }
}

/// Full jitter: anything up to a bound that doubles, so that callers who failed together do not
/// come back together.
fn backoff(repeats: u8) -> Duration {
    let bound = FIRST_WAIT.saturating_mul(1 << repeats.min(10)).min(LONGEST_WAIT);
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    bound.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

fn problem(failure: &Failure, reasons: &[String]) -> Problem {
    let detail = reasons.join("; then ");
    let problem = match failure.kind {
        Kind::Timeout => Problem::new(TIMEOUT, detail),
        Kind::Budget => Problem::new(BUDGET_SPENT, detail),
        Kind::Unguarded => Problem::new(STATE_UNAVAILABLE, detail),
        Kind::Refusal => Problem::new(PROVIDER_REFUSED, detail),
        _ => return Problem::new(PROVIDER_FAILED, detail),
    };
    match failure.retry_after {
        Some(wait) => problem.retry_after(wait),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_double_up_to_a_bound(repeats in any::<u8>()) {
            let bound = Duration::from_millis(500 * (1 << repeats.min(4)));
            prop_assert!(backoff(repeats) <= bound.min(LONGEST_WAIT));
        }
    }
}
