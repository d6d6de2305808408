//! Leaves out, for a while, a model whose provider keeps failing, so that calls in the midst of an
//! outage do not each wait for it first. Every process finds out for itself.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::provider::{Failure, Kind};

/// So many failures in a row are an outage.
const MANY: u32 = 3;

/// How long a model is left out before it is tried again.
const PAUSE: Duration = Duration::from_secs(20);

/// One circuit for each model of an endpoint.
pub(crate) struct Circuits(Vec<Mutex<Circuit>>);

#[derive(Default)]
struct Circuit {
    failures: u32,
    closed_again: Option<Instant>,
}

impl Circuits {
    pub(crate) fn new(models: usize) -> Self {
        Self((0..models).map(|_| Mutex::default()).collect())
    }

    /// Whether the first of these models is left out now: it keeps failing, and another that does
    /// not comes after it.
    pub(crate) fn skips(&self, order: &[usize], now: Instant) -> bool {
        let Some((first, others)) = order.split_first() else { return false };
        self.is_open(*first, now) && others.iter().any(|other| !self.is_open(*other, now))
    }

    fn is_open(&self, model: usize, now: Instant) -> bool {
        self.with(model, |circuit| circuit.closed_again.is_some_and(|time| now < time))
            .unwrap_or_default()
    }

    /// Takes note of how asking a model ended.
    pub(crate) fn note(&self, model: usize, failure: Option<&Failure>, now: Instant) {
        self.with(model, |circuit| match failure {
            Some(failure) if is_outage(failure) => {
                circuit.failures = circuit.failures.saturating_add(1);
                circuit.closed_again = (circuit.failures >= MANY).then(|| now + PAUSE);
            }
            // Whoever refuses or asks for patience is there.
            _ => *circuit = Circuit::default(),
        });
    }

    fn with<T>(&self, model: usize, act: impl FnOnce(&mut Circuit) -> T) -> Option<T> {
        let circuit = self.0.get(model)?;
        Some(act(&mut circuit.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn is_outage(failure: &Failure) -> bool {
    match failure.kind {
        Kind::Connect | Kind::Broken | Kind::Timeout | Kind::Overloaded | Kind::Truncated => true,
        Kind::Status => failure.status.is_none_or(|status| status >= 500),
        Kind::Key
        | Kind::NoMoney
        | Kind::Budget
        | Kind::Unguarded
        | Kind::RateLimited
        | Kind::Refusal
        | Kind::Malformed => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(circuits: &Circuits, model: usize, times: u32, now: Instant) {
        let failure = Failure::new(Kind::Connect, "nobody there");
        for _ in 0..times {
            circuits.note(model, Some(&failure), now);
        }
    }

    #[test]
    fn a_model_that_keeps_failing_is_left_out_for_a_while() {
        let (circuits, start) = (Circuits::new(2), Instant::now());
        fails(&circuits, 0, MANY - 1, start);
        assert!(!circuits.skips(&[0, 1], start));
        fails(&circuits, 0, 1, start);
        assert!(circuits.skips(&[0, 1], start));
        let later = start + PAUSE;
        assert!(!circuits.skips(&[0, 1], later));
        fails(&circuits, 0, 1, later);
        assert!(circuits.skips(&[0, 1], later), "one more failure is enough then");
        circuits.note(0, None, later);
        assert!(!circuits.skips(&[0, 1], later));
    }

    #[test]
    fn somebody_is_always_asked() {
        let (circuits, now) = (Circuits::new(2), Instant::now());
        fails(&circuits, 1, MANY, now);
        assert!(!circuits.skips(&[1], now), "the last");
        fails(&circuits, 0, MANY, now);
        assert!(!circuits.skips(&[0, 1], now), "all fail");
    }

    #[test]
    fn an_answer_between_failures_counts_and_a_refusal_is_one() {
        let (circuits, now) = (Circuits::new(2), Instant::now());
        fails(&circuits, 0, MANY - 1, now);
        circuits.note(0, Some(&Failure::refusal(None)), now);
        fails(&circuits, 0, MANY - 1, now);
        assert!(!circuits.skips(&[0, 1], now));
    }
}
