//! Items as DynamoDB writes them in JSON: each value beside the letter of its type.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Largest answer that is kept, in bytes. An item may have 400 KB.
const MOST: usize = 380_000;

/// Whether an answer fits into an item.
pub(super) fn fits(answer: &str) -> bool {
    answer.len() <= MOST
}

/// A text.
pub(super) fn text(value: &str) -> Value {
    json!({ "S": value })
}

/// A number. DynamoDB keeps 38 digits of it.
pub(super) fn number(value: impl Into<i128>) -> Value {
    json!({ "N": value.into().to_string() })
}

/// Whether or not.
pub(super) fn flag(value: bool) -> Value {
    json!({ "BOOL": value })
}

/// The attributes of an item, or some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Item(Map<String, Value>);

impl Item {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?["S"].as_str()
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name)?["BOOL"].as_bool()
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name)?["N"].as_str()?.parse().ok()
    }
}
