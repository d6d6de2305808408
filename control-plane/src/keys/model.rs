//! Types of API keys, as the API shows them.

use promptpilot_spec::units::Money;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::time::Rfc3339;

/// Body of `POST /api/api-keys`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it is called; no other key that still opens something may be called so.
    pub name: String,
    /// Whether calls with it are answered by the sandbox.
    #[serde(default)]
    pub test: bool,
    /// Endpoints that it may call, by name; absent means all, later ones included.
    #[serde(default)]
    pub endpoints: Option<Vec<String>>,
    /// Environments that it may call in, by name; absent means all.
    #[serde(default)]
    pub environments: Option<Vec<String>>,
    /// Prompts that it may execute; absent means none.
    #[serde(default)]
    pub prompts: PromptScope,
    /// When it ends by itself.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub expires: Option<OffsetDateTime>,
    /// What it may have prompts executed for, and how often.
    #[serde(default)]
    pub limits: KeyLimits,
}

/// What holds one key back where it executes prompts. Endpoints have limits of their own. Body of
/// `PUT /api/api-keys/{key}/limits`: what is left out is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyLimits {
    /// How much may be spent for it in which period, such as `5 USD/day`. Periods are the calendar's, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// How many requests it may make a minute; absent means as many as any key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = MOST_RATE))]
    pub rate: Option<u32>,
}

/// The most requests a minute that a key may be given.
pub const MOST_RATE: u32 = 1_000_000;

/// Prompts that a key may execute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PromptScope {
    /// Every prompt, later ones included.
    Every(Every),
    /// These, by name.
    Only(Vec<String>),
}

/// The word for every prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// All of them.
    All,
}

impl PromptScope {
    /// Every prompt.
    pub const ALL: Self = Self::Every(Every::All);

    /// Names, where not all are meant.
    pub fn names(&self) -> Option<&[String]> {
        match self {
            Self::Every(Every::All) => None,
            Self::Only(names) => Some(names),
        }
    }

    /// Whether there is none among them.
    pub fn is_empty(&self) -> bool {
        self.names().is_some_and(<[String]>::is_empty)
    }
}

impl Default for PromptScope {
    fn default() -> Self {
        Self::Only(Vec::new())
    }
}

impl From<Option<Vec<String>>> for PromptScope {
    fn from(names: Option<Vec<String>>) -> Self {
        names.map_or(Self::ALL, Self::Only)
    }
}

/// A key, without what opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiKey {
    /// Its id, as call records have it.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// Its beginning.
    pub shown: String,
    /// Whether calls with it are answered by the sandbox.
    pub test: bool,
    /// Endpoints that it may call; absent means all.
    pub endpoints: Option<Vec<String>>,
    /// Environments that it may call in; absent means all.
    pub environments: Option<Vec<String>>,
    /// Prompts that it may execute.
    pub prompts: PromptScope,
    /// What it may have them executed for, and how often.
    pub limits: KeyLimits,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub created: OffsetDateTime,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub expires: Option<OffsetDateTime>,
    /// When somebody ended it.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub revoked: Option<OffsetDateTime>,
    /// When it last got another secret.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub rotated: Option<OffsetDateTime>,
    /// Until when a secret that it had before is good, too.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub earlier_until: Option<OffsetDateTime>,
}

/// Body of `POST /api/api-keys/{key}/rotate`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRotation {
    /// How long the secrets that it had before are still good, in seconds; absent means a day.
    #[schemars(range(max = MOST_GRACE))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<u32>,
}

/// How long an earlier secret is good where nobody says otherwise: a day, in seconds.
pub const USUAL_GRACE: u32 = 86_400;

/// The longest that one may be: 30 days, in seconds.
pub const MOST_GRACE: u32 = 30 * 86_400;

/// A key that was just made, or got another secret: the only answer that has the whole of it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct CreatedKey {
    /// The key.
    pub key: String,
    /// What is known of it.
    #[serde(flatten)]
    pub about: ApiKey,
}

impl std::fmt::Debug for CreatedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedKey").field("about", &self.about).finish_non_exhaustive()
    }
}
