//! Remembered answers.

use serde_json::json;

use super::{Items, TableError, expires, in_millis, item, millis, now};

impl Items {
    /// An answer that is still good. One that was written a moment ago may be missed, and is made
    /// again then: that costs half of what certainty would, at every call.
    pub(super) async fn remembered(&self, key: &str) -> Result<Option<String>, TableError> {
        let item = self.table.get(&self.pk("CACHE", key), false).await?;
        let is_good = |until: i64| u64::try_from(until).is_ok_and(|until| until > millis(now()));
        let item = item.filter(|item| item.number("good_until").is_some_and(is_good));
        Ok(item.and_then(|item| item.text("answer").map(str::to_owned)))
    }

    pub(super) async fn remember(
        &self,
        key: &str,
        answer: &str,
        ttl_ms: u64,
    ) -> Result<(), TableError> {
        let until = in_millis(ttl_ms);
        let key = self.pk("CACHE", key);
        let body = json!({ "Item": {
            "pk": item::text(&key),
            "answer": item::text(answer),
            "good_until": item::number(millis(until)),
            "expires": item::number(expires(until)),
        } });
        self.table.write("PutItem", &key, body).await.map(|_| ())
    }
}
