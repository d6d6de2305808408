//! What was taken of an organization's budget, for the control plane: it shows it, and compares it with the
//! records of calls.

use promptpilot_spec::state::ORGANIZATION;
use serde_json::json;
use uuid::Uuid;

use super::{Item, Table, TableError, item, table::Written, window};

/// A window of time of an organization's budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spending {
    key: String,
    /// What was spent in it and what processes hold, in micro-USD.
    pub taken: u64,
    /// When the last block was given, in seconds since 1970.
    pub given: i64,
    /// `given` when it was compared with the records of calls; `None` where it never was.
    pub compared: Option<i64>,
}

/// What was taken in the window that begins then; `None` where nothing was.
///
/// # Errors
/// When the table cannot be reached, or refuses.
pub async fn get(
    table: &Table,
    organization: Uuid,
    begins: i64,
) -> Result<Option<Spending>, TableError> {
    let key = window::key(organization, ORGANIZATION, begins);
    let item = table.get(&key, true).await?;
    Ok(item.map(|item| Spending {
        taken: taken(&item),
        given: item.number("given").unwrap_or_default(),
        compared: item.number("compared"),
        key,
    }))
}

/// What was taken in a window, in micro-USD.
pub(super) fn taken(item: &Item) -> u64 {
    u64::try_from(item.number("taken").unwrap_or_default()).unwrap_or_default()
}

/// Lowers what was taken to what was spent, in micro-USD, unless a block has been given or given back
/// meanwhile: whether it did. `None` where nobody knows what was spent, so that it is left as it is.
///
/// # Errors
/// When the table cannot be reached, or refuses.
pub async fn compare(
    table: &Table,
    seen: &Spending,
    spent: Option<u64>,
) -> Result<bool, TableError> {
    let body = json!({
        "Key": { "pk": item::text(&seen.key) },
        "UpdateExpression": "SET taken = :spent, compared = :given",
        "ConditionExpression": "taken = :taken AND given = :given",
        "ExpressionAttributeValues": {
            ":spent": item::number(spent.unwrap_or(seen.taken).min(seen.taken)),
            ":taken": item::number(seen.taken),
            ":given": item::number(seen.given),
        },
    });
    let written = table.write("UpdateItem", &seen.key, body).await?;
    Ok(matches!(written, Written::Yes(_)))
}
