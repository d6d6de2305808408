//! What the rounds of a row come to.

use std::time::Duration;

use crate::load::Load;
use crate::table::{median, ms};

/// All rounds of a row with so many clients.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    rounds: Vec<Load>,
}

impl Figures {
    pub(crate) fn add(&mut self, round: Load) {
        self.rounds.push(round);
    }

    /// Whether there is something to tell.
    pub(crate) fn any(&self) -> bool {
        !self.rounds.is_empty()
    }

    /// The middle of the rounds' p50, in milliseconds.
    pub(crate) fn p50(&self) -> f64 {
        median(self.p50s().collect())
    }

    /// What a call took longer than one straight to the provider: each round is compared with the same
    /// round's, and the middle is taken.
    pub(crate) fn added_p50(&self, direct: &Self) -> f64 {
        median(self.added(direct))
    }

    /// The least and the most that a round says of that.
    pub(crate) fn added_range(&self, direct: &Self) -> (f64, f64) {
        let added = self.added(direct);
        let by = |pick: fn(f64, f64) -> f64| added.iter().copied().reduce(pick).unwrap_or(f64::NAN);
        (by(f64::min), by(f64::max))
    }

    /// A percentile of all calls of all rounds, in milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let mut times: Vec<Duration> = self.rounds.iter().flat_map(|it| it.times.clone()).collect();
        times.sort_unstable();
        at(&times, percent)
    }

    /// The middle of the rounds' calls in a second.
    pub(crate) fn rate(&self) -> f64 {
        median(self.rounds.iter().map(|it| it.rate).collect())
    }

    fn p50s(&self) -> impl Iterator<Item = f64> {
        self.rounds.iter().map(|it| at(&it.times, 50))
    }

    fn added(&self, direct: &Self) -> Vec<f64> {
        self.p50s().zip(direct.p50s()).map(|(ours, base)| ours - base).collect()
    }
}

fn at(sorted: &[Duration], percent: usize) -> f64 {
    sorted.get(sorted.len() * percent / 100).copied().map_or(f64::NAN, ms)
}
