//! What functions ask of the state store, as it goes over the wire to the state service.
//!
//! Every request is a POST of JSON and carries its deployment's id ([`DEPLOYMENT_HEADER`]) and token
//! (as bearer). The service answers for that deployment's organization only.

mod address;

pub use self::address::{Address, AddressError, Table};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::units::Money;

/// The variable that says where a function's state store is.
pub const ADDRESS_VARIABLE: &str = "PROMPTPILOT_STATE";

/// The header that names the deployment that asks.
pub const DEPLOYMENT_HEADER: &str = "x-promptpilot-deployment";

/// Asks for a key: `POST /v1/key`. The answer is a [`KeyRecord`], or `null` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyQuery {
    /// What [`crate::key::hash`] makes of the key.
    pub hash: String,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Its id.
    pub id: Uuid,
    /// Endpoints that it may call; `None` means all.
    pub endpoints: Option<Vec<Uuid>>,
    /// Environments that it may call in, by name; `None` means all.
    pub environments: Option<Vec<String>>,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires: Option<OffsetDateTime>,
    /// Whether somebody ended it.
    pub revoked: bool,
}

/// Asks whether a call may go on: `POST /v1/admit`. The answer is [`Admitted`]. Asked once a call,
/// before anything of it costs money.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admit {
    /// Takes a place in a bucket of calls. Where there is none, nothing else is looked at.
    pub rate: Option<RateAsk>,
    /// Sees whether the call is the repeat of another.
    pub repeat: Option<RepeatAsk>,
    /// Looks for a remembered answer under this key.
    pub cache: Option<String>,
}

/// A bucket of calls that fills up again by itself: the generic cell rate algorithm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateAsk {
    /// Whose calls are counted together; at most [`MOST_NAME`] bytes.
    pub bucket: String,
    /// Calls that it holds when full.
    pub capacity: u32,
    /// How long it takes to gain one call, in microseconds.
    pub step_us: u64,
}

/// A call that its caller may make again by the same `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatAsk {
    /// Of endpoint, API key and `Idempotency-Key`; at most [`MOST_NAME`] bytes.
    pub key: String,
    /// Hash of the request: the same key with another request is a mistake.
    pub request: String,
    /// When the call is over at the latest, in milliseconds from now: a process that died holds the
    /// key no longer.
    pub lease_ms: u64,
}

/// Longest name of a bucket or a key, in bytes.
pub const MOST_NAME: usize = 300;

/// How long an answer is kept for repeats, in seconds: 24 h.
pub const REPEATED_FOR: u64 = 86_400;

/// What a call learns before it goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admitted {
    /// Of the bucket, where one was asked for.
    pub rate: Option<RateLeft>,
    /// What to do.
    pub verdict: Verdict,
}

/// Whether a call does its work. Answers are as they were kept by [`Finish`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It does, unless its bucket was empty.
    Go,
    /// It was answered before.
    Repeat(String),
    /// The first one is still at work.
    Running,
    /// The key belongs to another request.
    Mismatch,
    /// The answer is remembered.
    Hit(String),
}

/// What is left in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLeft {
    /// Whether there was room for the call.
    pub allowed: bool,
    /// Calls that there is room for now.
    pub remaining: u32,
    /// When it will be full again, in microseconds from now.
    pub reset_us: u64,
    /// When there will be room for one, in microseconds from now.
    pub retry_after_us: u64,
}

impl RateLeft {
    /// Of a bucket that is full again `full_in_us` from now, after the call was let in or not.
    pub fn new(ask: &RateAsk, allowed: bool, full_in_us: u64) -> Self {
        let step = ask.step_us.max(1);
        let whole = step.saturating_mul(u64::from(ask.capacity));
        let room = whole.saturating_sub(full_in_us) / step;
        Self {
            allowed,
            remaining: u32::try_from(room).unwrap_or(u32::MAX).min(ask.capacity),
            reset_us: full_in_us,
            retry_after_us: full_in_us.saturating_add(step).saturating_sub(whole),
        }
    }
}

/// Tells how a call ended that was admitted: `POST /v1/finish`. The answer is `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    /// The key of [`RepeatAsk`].
    pub repeat: Option<String>,
    /// The key to remember the answer by, and for how many milliseconds.
    pub cache: Option<(String, u64)>,
    /// The answer, as text that means nothing to the store. Without one the key is free again.
    pub answer: Option<String>,
}

/// Asks for money before it is spent: `POST /v1/reserve`. The answer is [`Reserved`]. All budgets
/// give, or none does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserve {
    /// What is wanted.
    pub budgets: Vec<BudgetAsk>,
    /// What is left of blocks that were given before.
    pub returned: Vec<Returned>,
}

/// Wants a block of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetAsk {
    /// Whose money; at most [`MOST_NAME`] bytes.
    pub bucket: String,
    /// All that may be spent in a window of time; `None` where the store knows that, and `soft`: see
    /// [`ORGANIZATION`].
    pub limit: Option<Money>,
    /// The least that helps, in micro-USD.
    pub amount: u64,
    /// Who takes the block with which so much is taken, the first in its window, is told so; in
    /// micro-USD.
    #[serde(default)]
    pub soft: Option<u64>,
}

/// The bucket of all that an organization spends. What may be spent there is what its people have set.
pub const ORGANIZATION: &str = "organization";

/// How long nobody asks again where no limit is set, in seconds: so much later one is seen everywhere.
pub const UNLIMITED_LIFE: i64 = 30;

impl BudgetAsk {
    /// What may be taken of it; `None` where the store knows that.
    pub fn terms(&self) -> Option<Terms> {
        self.limit.map(|limit| Terms { limit, soft: self.soft, hard: true })
    }
}

/// What may be taken of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What may be spent in a window of time.
    pub limit: Money,
    /// Who takes the block with which so much is taken is told so; in micro-USD.
    pub soft: Option<u64>,
    /// Whether nobody gets any more; else it only tells.
    pub hard: bool,
}

impl Terms {
    /// The most that is ever given in a window, in micro-USD.
    pub const fn most(&self) -> u64 {
        if self.hard { self.limit.micro_usd } else { i64::MAX.unsigned_abs() }
    }

    /// How large a block is, where so much was taken: a hundredth of what is left, so that few blocks
    /// empty it, and never less than is wanted. `None` where there is less than that.
    pub fn block(&self, wanted: u64, taken: u64) -> Option<u64> {
        let share = self.limit.micro_usd.saturating_sub(taken) / 100;
        (wanted <= self.most().saturating_sub(taken)).then(|| wanted.max(share))
    }
}

/// How long a block is good, in seconds, where its window is not over before and the store compares what
/// was taken with the records of calls: so long after the last one was given, nobody holds any.
pub const BLOCK_LIFE: i64 = 900;

/// Gives back a part of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// Whose money.
    pub bucket: String,
    /// The block's window.
    pub window: i64,
    /// In micro-USD; below zero where more was spent than the block held.
    pub amount: i64,
}

/// Whether there was money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reserved {
    /// A block of each budget, in the order in which they were asked for.
    Blocks(Vec<Block>),
    /// The budget at this place is spent.
    Spent {
        /// Which one of those that were asked for.
        place: usize,
        /// When its next window begins, in milliseconds from now.
        retry_after_ms: u64,
    },
}

/// Money that a process may spend without asking again, until it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// When its window began, in seconds since 1970.
    pub window: i64,
    /// When it ends, in seconds since 1970: with its window at the latest. What is left of it then is
    /// given back before, or counts as spent.
    pub ends: i64,
    /// In micro-USD.
    pub amount: u64,
    /// With it, [`BudgetAsk::soft`] is reached.
    #[serde(default)]
    pub reaches_soft: bool,
    /// No limit is set: until it ends, any amount may be spent. Nothing of it is given back.
    #[serde(default)]
    pub unlimited: bool,
}

impl Block {
    /// One without a limit, from a moment in seconds since 1970 on.
    pub const fn unlimited(from: i64) -> Self {
        let ends = from.saturating_add(UNLIMITED_LIFE);
        // Whose clock is behind finds it good, too.
        Self { window: 0, ends, amount: 0, reaches_soft: false, unlimited: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_share_of_what_is_left_and_never_more_than_that() {
        let limit = "0.01 USD/day".parse().unwrap();
        let terms = |hard| Terms { limit, soft: None, hard };
        let blocks = |hard: bool| {
            let of = [(70, 0), (170, 0), (70, 9_930), (71, 9_930), (1, 20_000)];
            of.map(|(wanted, taken)| terms(hard).block(wanted, taken))
        };
        assert_eq!(blocks(true), [Some(100), Some(170), Some(70), None, None]);
        assert_eq!(blocks(false), [Some(100), Some(170), Some(70), Some(71), Some(1)]);
        assert_eq!(terms(false).block(u64::MAX, 0), None);
    }

    #[test]
    fn a_bucket_says_what_is_left_in_it() {
        let ask = RateAsk { bucket: String::new(), capacity: 3, step_us: 10 };
        let left = |full_in| {
            let left = RateLeft::new(&ask, true, full_in);
            (left.remaining, left.reset_us, left.retry_after_us)
        };
        assert_eq!(left(0), (3, 0, 0));
        assert_eq!(left(10), (2, 10, 0));
        assert_eq!(left(15), (1, 15, 0));
        assert_eq!(left(25), (0, 25, 5));
        assert_eq!(left(30), (0, 30, 10));
    }
}
