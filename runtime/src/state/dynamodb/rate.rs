//! Buckets of calls, by the generic cell rate algorithm: a bucket is full again at `full_at`, in
//! microseconds since 1970, and each call moves that on by a step.
//!
//! A condition cannot say "the later of two times", so there are two writes: one for a bucket that is
//! full by now, one for a bucket that is not. Which one it takes is known from what this process saw
//! last; where that was wrong, the refusal tells what is true.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use promptpilot_spec::state::{RateAsk, RateLeft};
use serde_json::{Value, json};

use super::{Items, TableError, expires, item, now, table::Written};

/// A bucket fills up under whoever asks late, then is empty: more often than that nothing changes.
const ROUNDS: usize = 4;

/// Most buckets that a process remembers.
const MOST: usize = 1000;

/// When buckets are full again, as seen last.
#[derive(Debug, Default)]
pub(super) struct Buckets(Mutex<HashMap<String, i64>>);

impl Buckets {
    fn get(&self, key: &str) -> i64 {
        self.lock().get(key).copied().unwrap_or_default()
    }

    fn put(&self, key: &str, full_at: i64) {
        let mut seen = self.lock();
        if seen.len() >= MOST {
            seen.clear();
        }
        seen.insert(key.to_owned(), full_at);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bucket and a call for it; all in microseconds.
struct Taking {
    now: i64,
    step: i64,
    capacity: i64,
}

impl Taking {
    fn new(ask: &RateAsk) -> Self {
        // Far beyond any period that can be written.
        let step = i64::try_from(ask.step_us).unwrap_or(i64::MAX).min(i64::MAX >> 20);
        let capacity = step.saturating_mul(i64::from(ask.capacity));
        let now = i64::try_from(now().as_micros()).unwrap_or(i64::MAX);
        Self { now, step, capacity }
    }

    /// The latest time to be full again at which there is room for one call more.
    fn latest(&self) -> i64 {
        self.now.saturating_add(self.capacity).saturating_sub(self.step)
    }

    /// The write for a bucket that is full again at that time.
    fn write(&self, key: &str, full_at: i64) -> Value {
        let (update, condition) = if full_at > self.now {
            (
                "SET full_at = full_at + :step, expires = :expires",
                "full_at > :now AND full_at <= :latest",
            )
        } else {
            (
                "SET full_at = :first, expires = :expires",
                "attribute_not_exists(full_at) OR full_at <= :now",
            )
        };
        let whole = Duration::from_micros(u64::try_from(self.capacity).unwrap_or_default());
        let mut values = json!({
            ":now": item::number(self.now),
            ":expires": item::number(expires(now().saturating_add(whole))),
        });
        if full_at > self.now {
            values[":step"] = item::number(self.step);
            values[":latest"] = item::number(self.latest());
        } else {
            values[":first"] = item::number(self.now.saturating_add(self.step));
        }
        json!({
            "Key": { "pk": item::text(key) },
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ReturnValues": "ALL_NEW",
        })
    }

    fn left(&self, ask: &RateAsk, allowed: bool, full_at: i64) -> RateLeft {
        let full_in = full_at.saturating_sub(self.now);
        RateLeft::new(ask, allowed, u64::try_from(full_in).unwrap_or_default())
    }
}

impl Items {
    /// A place in the bucket, if there is one.
    pub(super) async fn take_rate(&self, ask: &RateAsk) -> Result<RateLeft, TableError> {
        let (key, taking) = (self.pk("RATE", &ask.bucket), Taking::new(ask));
        let mut seen = self.buckets.get(&key);
        for _ in 0..ROUNDS {
            let body = taking.write(&key, seen);
            let (allowed, item) = match self.table.write("UpdateItem", &key, body).await? {
                Written::Yes(item) => (true, item),
                Written::No(item) => (false, item.unwrap_or_default()),
            };
            seen = item.number("full_at").unwrap_or_default();
            self.buckets.put(&key, seen);
            if allowed || seen > taking.latest() {
                return Ok(taking.left(ask, allowed, seen));
            }
        }
        Err(TableError::Unclear("a bucket of calls changed again and again".to_owned()))
    }
}
