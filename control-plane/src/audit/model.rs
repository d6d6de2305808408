//! Types of the audit log, as the API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::time::Rfc3339;

/// One change.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AuditEvent {
    /// Its place in the log: later ones have greater numbers.
    pub position: i64,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub at: OffsetDateTime,
    /// Who did it; null means the system itself.
    pub actor_id: Option<Uuid>,
    /// Their address of mail at that time.
    pub actor: Option<String>,
    /// How they came, from which address, and the request's id; null means the system itself.
    pub origin: Option<Origin>,
    /// What was done.
    pub action: Action,
    /// What kind of thing it was done to, such as `api-key`.
    pub subject: String,
    /// The thing's id.
    pub subject_id: Option<String>,
    /// Its name, or whom or what it is about.
    pub subject_name: Option<String>,
    /// How it was; of a change, what differs. Secrets are masked.
    pub before: Option<Value>,
    /// How it is since.
    pub after: Option<Value>,
}

/// Where a change came from.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// By a `session`, an access `token`, the `installation`'s own token, the link of a `letter`, or a
    /// `sign-in`.
    pub via: String,
    /// The access token's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Uuid>,
    /// The caller's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The request's id, as the answer's `x-request-id` had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is there since.
    Created,
    /// It is another since.
    Changed,
    /// It is gone since.
    Deleted,
}

impl Action {
    /// The word in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
        }
    }

    /// The action of a word that the database holds.
    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "created" => Self::Created,
            "deleted" => Self::Deleted,
            // The column has a check constraint over the same words.
            _ => Self::Changed,
        }
    }
}
