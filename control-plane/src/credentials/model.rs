//! Types of provider credentials, as the API shows them. None of them has the secret.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::time::Rfc3339;
use promptpilot_spec::definition::ProviderKind;

/// Body of `PUT /api/provider-credentials`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCredential {
    /// Whose key it is.
    pub provider: ProviderKind,
    /// What definitions call it; absent means `default`, which they need not name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The environment that it is for; absent means all that have none of this name for themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The key itself. It is never shown again.
    pub secret: String,
}

impl fmt::Debug for NewCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCredential")
            .field("provider", &self.provider)
            .field("name", &self.name)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

/// A stored key of a provider, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Credential {
    /// Its id.
    pub id: Uuid,
    /// Whose key it is.
    pub provider: String,
    /// What definitions call it.
    pub name: String,
    /// The environment that it is for; null means all that have none of this name for themselves.
    pub environment: Option<String>,
    /// The key's last characters.
    pub shown: String,
    /// Counts how often the key was changed, from 1.
    pub version: i32,
    /// When it was first stored.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub created: OffsetDateTime,
    /// When the key was last changed.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub changed: OffsetDateTime,
    /// Who changed it; null means the system's own environment, or somebody who has left.
    pub changed_by: Option<String>,
    /// When a call last went out with it, to the minute.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub used: Option<OffsetDateTime>,
    /// When the provider was last asked about it.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub checked: Option<OffsetDateTime>,
    /// What the provider then said against it; null means nothing.
    pub refusal: Option<String>,
}

/// What definitions call a key of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyName {
    /// Whose key it is.
    pub provider: ProviderKind,
    /// What definitions call it.
    pub name: String,
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of {}", self.name, self.provider.as_str())
    }
}

/// What serves with a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    /// The endpoint's name.
    pub endpoint: String,
    /// The environment's name.
    pub environment: String,
}

/// Answer of writes on a credential.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChangedCredential {
    /// What is known of it.
    #[serde(flatten)]
    pub about: Credential,
    /// Deployments that bring the change to what serves with it.
    pub deployments: Vec<Uuid>,
}

/// Body of `POST /api/provider-credentials/{id}/check`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// Where the provider listens, for those with an address of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The provider's region, where it has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// What a provider said about a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// Whether it takes the key.
    pub accepted: bool,
    /// Its status; null where it could not be reached.
    pub status: Option<u16>,
    /// What it said against the key, or why it could not be reached.
    pub refusal: Option<String>,
    /// From the question to the answer, in ms.
    pub took_ms: u64,
}

/// Answer of `DELETE /api/provider-credentials/{id}`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DeletedCredential {
    /// The credential that was.
    pub id: Uuid,
    /// Deployments that give what served with it another in its place.
    pub deployments: Vec<Uuid>,
}
