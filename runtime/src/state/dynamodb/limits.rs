//! What organizations may spend: written by the control plane, read by functions.

use promptpilot_spec::state::{ORGANIZATION, Terms};
use serde_json::json;
use uuid::Uuid;

use super::{Item, Table, TableError, item};

/// What an organization may spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredLimit {
    /// Which one.
    pub organization: Uuid,
    /// `None` where it may spend what it likes.
    pub terms: Option<Terms>,
}

impl StoredLimit {
    fn key(&self) -> String {
        super::pk(self.organization, "LIMIT", ORGANIZATION)
    }
}

/// What may be taken of a bucket; `None` where nobody has set that. What was written a moment ago is seen.
pub(super) async fn get(table: &Table, key: &str) -> Result<Option<Terms>, TableError> {
    let Some(item) = table.get(key, true).await? else { return Ok(None) };
    let unclear = || TableError::Unclear(format!("the limit of {key} cannot be read"));
    terms(&item).ok_or_else(unclear).map(Some)
}

fn terms(item: &Item) -> Option<Terms> {
    let limit = item.text("limit")?.parse().ok()?;
    let soft = item.number("soft").map(i64::unsigned_abs);
    Some(Terms { limit, soft, hard: item.flag("hard")? })
}

/// Writes what an organization may spend, or that nobody says so.
///
/// # Errors
/// When the table cannot be reached, or refuses.
pub async fn put(table: &Table, stored: &StoredLimit) -> Result<(), TableError> {
    let key = item::text(&stored.key());
    let (operation, mut body) = match &stored.terms {
        None => ("DeleteItem", json!({ "Key": { "pk": key } })),
        Some(terms) => {
            let limit = item::text(&terms.limit.to_string());
            let mut attributes =
                json!({ "pk": key, "limit": limit, "hard": item::flag(terms.hard) });
            if let Some(soft) = terms.soft {
                attributes["soft"] = item::number(soft);
            }
            ("PutItem", json!({ "Item": attributes }))
        }
    };
    body["TableName"] = table.name().into();
    table.ask(operation, &body).await.map(|_| ())
}

/// Those of at most [`MOST_AT_ONCE`](super::MOST_AT_ONCE) organizations of which the table says otherwise,
/// or nothing.
///
/// # Errors
/// When the table cannot be reached, or refuses.
pub async fn differing(
    table: &Table,
    mut limits: Vec<StoredLimit>,
) -> Result<Vec<StoredLimit>, TableError> {
    let wanted: Vec<String> = limits.iter().map(StoredLimit::key).collect();
    let items = table.get_all(&wanted).await?;
    let same = |stored: &StoredLimit| {
        let found = items.iter().find(|item| item.text("pk") == Some(&stored.key()));
        found.map(terms) == stored.terms.map(Some)
    };
    limits.retain(|stored| !same(stored));
    Ok(limits)
}
