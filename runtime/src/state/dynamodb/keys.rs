//! API keys: written by the control plane, read by functions.

use std::time::Duration;

use promptpilot_spec::state::KeyRecord;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Item, Table, TableError, expires, item};

/// How long a key that has ended is still told apart from one that never was.
const REMEMBERED: time::Duration = time::Duration::days(30);

/// A key of an organization's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Whose.
    pub organization: Uuid,
    /// Its hash.
    pub hash: String,
    /// What is known of it.
    pub record: KeyRecord,
    /// When it was revoked.
    pub revoked: Option<OffsetDateTime>,
}

impl StoredKey {
    /// Whether it has ended so long ago that nobody need know it.
    pub fn is_forgotten(&self, now: OffsetDateTime) -> bool {
        self.ends().is_some_and(|end| end.saturating_add(REMEMBERED) <= now)
    }

    fn ends(&self) -> Option<OffsetDateTime> {
        match (self.revoked, self.record.expires) {
            (Some(revoked), Some(expires)) => Some(revoked.min(expires)),
            (revoked, expires) => revoked.or(expires),
        }
    }

    fn key(&self) -> String {
        key(self.organization, &self.hash)
    }
}

fn key(organization: Uuid, hash: &str) -> String {
    super::pk(organization, "KEY", hash)
}

/// What is known of a key. What was written a moment ago may not be seen yet, which a process that
/// remembers keys for half a minute would not see either.
pub(super) async fn get(
    table: &Table,
    organization: Uuid,
    hash: &str,
) -> Result<Option<KeyRecord>, TableError> {
    let Some(item) = table.get(&key(organization, hash), false).await? else { return Ok(None) };
    record(&item).map(Some)
}

fn record(item: &Item) -> Result<KeyRecord, TableError> {
    let text = item.text("key_record").unwrap_or_default();
    serde_json::from_str(text)
        .map_err(|error| TableError::Unclear(format!("a key cannot be read: {error}")))
}

/// Writes a key. One that was revoked stays so: whoever read it before that comes too late.
///
/// # Errors
/// When the table cannot be reached, or refuses.
pub async fn put(table: &Table, stored: &StoredKey) -> Result<(), TableError> {
    let key = stored.key();
    // A record is texts and times; it always serialises.
    let record = serde_json::to_string(&stored.record).unwrap_or_default();
    let mut attributes = json!({
        "pk": item::text(&key),
        "key_record": item::text(&record),
        "revoked": item::flag(stored.record.revoked),
    });
    if let Some(end) = stored.ends() {
        let end = end.saturating_add(REMEMBERED).unix_timestamp();
        let end = Duration::from_secs(u64::try_from(end).unwrap_or_default());
        attributes["expires"] = item::number(expires(end));
    }
    let mut body = json!({ "Item": attributes });
    if !stored.record.revoked {
        body["ConditionExpression"] = "attribute_not_exists(pk) OR revoked = :no".into();
        body["ExpressionAttributeValues"] = json!({ ":no": item::flag(false) });
    }
    table.write("PutItem", &key, body).await.map(|_| ())
}

/// Those of at most [`MOST_AT_ONCE`](super::MOST_AT_ONCE) keys that the table has otherwise, or not at all.
///
/// # Errors
/// When the table cannot be reached, or refuses.
pub async fn differing(
    table: &Table,
    mut keys: Vec<StoredKey>,
) -> Result<Vec<StoredKey>, TableError> {
    let wanted: Vec<String> = keys.iter().map(StoredKey::key).collect();
    // What is left out is written once more than it had to be.
    let items = table.get_all(&wanted).await?;
    let same = |stored: &StoredKey| {
        let (key, record) = (stored.key(), &stored.record);
        let found = items.iter().find(|item| item.text("pk") == Some(&key));
        found.is_some_and(|item| self::record(item).is_ok_and(|found| found == *record))
    };
    keys.retain(|stored| !same(stored));
    Ok(keys)
}
