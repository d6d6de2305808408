//! A window of time of a budget, and the writes to its item.

use std::time::Duration;

use promptpilot_spec::{
    state::{BLOCK_LIFE, Block, BudgetAsk, ORGANIZATION, Reserved, Returned, Terms},
    units::Period,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{expires, item, millis};

/// A window of a budget that is asked for.
pub(super) struct Window<'a> {
    /// Where it was asked for.
    pub(super) place: usize,
    pub(super) ask: &'a BudgetAsk,
    pub(super) terms: Terms,
    pub(super) key: String,
    now: i64,
    begins: i64,
    ends: i64,
}

/// The key of a window's item.
pub(super) fn key(organization: Uuid, bucket: &str, begins: i64) -> String {
    super::pk(organization, "BUDGET", &format!("{bucket}#{begins}"))
}

impl<'a> Window<'a> {
    /// The one that it is now.
    pub(super) fn new(
        organization: Uuid,
        (place, ask): (usize, &'a BudgetAsk),
        terms: Terms,
        now: i64,
    ) -> Self {
        let (begins, ends) = terms.limit.per.window(now);
        let key = key(organization, &ask.bucket, begins);
        Self { place, ask, terms, key, now, begins, ends }
    }

    /// How large a block is, where so much was taken.
    pub(super) fn amount(&self, taken: u64) -> Option<u64> {
        self.terms.block(self.ask.amount, taken)
    }

    /// The block of this size. It is good as long as its window is, unless what is lost of it is found.
    pub(super) fn block(&self, amount: u64, reaches_soft: bool) -> Block {
        let Self { now, begins, ends, .. } = *self;
        let ends = if is_compared(&self.ask.bucket) { ends.min(now + BLOCK_LIFE) } else { ends };
        Block { window: begins, ends, amount, reaches_soft, unlimited: false }
    }

    pub(super) fn returned(&self, block: &Block) -> Option<Returned> {
        let amount = i64::try_from(block.amount).ok()?;
        Some(Returned { bucket: self.ask.bucket.clone(), window: block.window, amount })
    }

    pub(super) fn spent(&self, now: Duration) -> Reserved {
        let ends = u64::try_from(self.ends).unwrap_or_default().saturating_mul(1000);
        Reserved::Spent { place: self.place, retry_after_ms: ends.saturating_sub(millis(now)) }
    }

    /// The write that takes so much, if there still is so much.
    pub(super) fn take(&self, amount: u64) -> Value {
        // An organization's has one name in all periods, which begin at the same time now and then.
        let is_over =
            if is_compared(&self.ask.bucket) { Period::all_over(self.begins) } else { self.ends };
        let is_over = Duration::from_secs(u64::try_from(is_over).unwrap_or_default());
        json!({
            "Key": { "pk": item::text(&self.key) },
            "UpdateExpression":
                "SET taken = if_not_exists(taken, :nothing) + :amount, given = :now, \
                 expires = :expires",
            "ConditionExpression": "attribute_not_exists(taken) OR taken <= :most",
            "ExpressionAttributeValues": {
                ":nothing": item::number(0),
                ":amount": item::number(amount),
                ":most": item::number(self.terms.most() - amount),
                ":now": item::number(self.now),
                ":expires": item::number(expires(is_over)),
            },
            "ReturnValues": "ALL_NEW",
        })
    }
}

/// Whether what was taken of this bucket is compared with the records of calls.
fn is_compared(bucket: &str) -> bool {
    bucket == ORGANIZATION
}

/// The write that puts money back that nobody spent, or takes what was spent beyond a block. A window that
/// is over and forgotten stays so; what comes later than any block is good was counted already, where that
/// is done.
pub(super) fn give_back(key: &str, returned: &Returned, now: i64) -> Value {
    let mut body = json!({
        "Key": { "pk": item::text(key) },
        "UpdateExpression": "SET taken = taken - :amount",
        "ConditionExpression": "taken >= :amount",
        "ExpressionAttributeValues": { ":amount": item::number(returned.amount) },
    });
    if is_compared(&returned.bucket) {
        body["ConditionExpression"] = "taken >= :amount AND given > :late".into();
        body["ExpressionAttributeValues"][":late"] = item::number(now - BLOCK_LIFE);
    }
    body
}
