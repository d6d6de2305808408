//! Calls that may be made again by the same `Idempotency-Key`.

use promptpilot_spec::state::{REPEATED_FOR, RepeatAsk, Verdict};
use serde_json::json;

use super::{Items, TableError, expires, in_millis, item, millis, now, table::Written};

impl Items {
    /// What became of the first call with the key; `None` where this is the first.
    pub(super) async fn first_call(&self, ask: &RepeatAsk) -> Result<Option<Verdict>, TableError> {
        let until = in_millis(ask.lease_ms);
        let key = self.pk("REPEAT", &ask.key);
        let body = json!({
            "Item": {
                "pk": item::text(&key),
                "fingerprint": item::text(&ask.request),
                "good_until": item::number(millis(until)),
                "expires": item::number(expires(until)),
            },
            "ConditionExpression": "attribute_not_exists(pk) OR good_until <= :now",
            "ExpressionAttributeValues": { ":now": item::number(millis(now())) },
        });
        let first = match self.table.write("PutItem", &key, body).await? {
            Written::Yes(_) => return Ok(None),
            // Of one that ended just now nothing is kept: the caller may try again.
            Written::No(first) => first.unwrap_or_default(),
        };
        let is_other = |fingerprint| fingerprint != ask.request;
        Ok(Some(match first.text("answer") {
            _ if first.text("fingerprint").is_some_and(is_other) => Verdict::Mismatch,
            Some(answer) => Verdict::Repeat(answer.to_owned()),
            None => Verdict::Running,
        }))
    }

    pub(super) async fn keep_repeat(&self, key: &str, answer: &str) -> Result<(), TableError> {
        let until = in_millis(REPEATED_FOR * 1000);
        let key = self.pk("REPEAT", key);
        let body = json!({
            "Key": { "pk": item::text(&key) },
            "UpdateExpression": "SET answer = :answer, good_until = :until, expires = :expires",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {
                ":answer": item::text(answer),
                ":until": item::number(millis(until)),
                ":expires": item::number(expires(until)),
            },
        });
        self.table.write("UpdateItem", &key, body).await.map(|_| ())
    }

    /// Frees the key of a call that has no answer.
    pub(super) async fn forget_repeat(&self, key: &str) -> Result<(), TableError> {
        let key = self.pk("REPEAT", key);
        let body = json!({
            "Key": { "pk": item::text(&key) },
            "ConditionExpression": "attribute_not_exists(answer)",
        });
        self.table.write("DeleteItem", &key, body).await.map(|_| ())
    }
}
