//! Types of labels, as the API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{http::time::Rfc3339, people::Role};

/// Body of `PUT /api/prompts/{name}/labels/{label}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelTarget {
    /// The version it shall point at; absent means the newest.
    #[schemars(range(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
}

/// Where a label points now, and what that means.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LabelMoved {
    /// The prompt.
    pub prompt: String,
    /// The label.
    pub label: String,
    /// The version that it pointed at before; absent if it is new.
    pub from: Option<i32>,
    /// The version that it points at; absent if it was taken away.
    pub to: Option<i32>,
    /// Endpoints that serve another version now than the label says: deploy them.
    pub endpoints: Vec<String>,
}

/// One move of a label.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LabelMove {
    /// Its place in the order of moves.
    pub position: i64,
    /// The label.
    pub label: String,
    /// The version before; absent if it was new.
    pub from: Option<i32>,
    /// The version from then on; absent if it was taken away.
    pub to: Option<i32>,
    /// Who moved it.
    pub by: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub at: OffsetDateTime,
}

/// Which role a label takes to be moved, whichever prompt it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabelRule {
    /// The label.
    pub label: String,
    /// The least role.
    pub role: Role,
}

/// Body of `PUT /api/label-rules/{label}`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLabelRule {
    /// The least role; absent means the usual: an admin moves `production`, a developer all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}
