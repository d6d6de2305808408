//! Who may call, how much, and what is remembered.

use serde::{Deserialize, Serialize};

use crate::units::{Bytes, Duration, Money, Rate};

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    /// With a key, or anybody.
    pub mode: AuthMode,
}

/// Whether a call needs a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AuthMode {
    /// An API key of the organization.
    #[default]
    ApiKey,
    /// Anybody.
    Public,
}

/// How often, how large and at what cost.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Calls per time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Who has a rate of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per: Option<Per>,
    /// Calls at once before the rate holds them back; absent means those of a whole period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
    /// Largest request body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_body: Option<Bytes>,
    /// Money per time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

impl Limits {
    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Who has a rate of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Each API key.
    Key,
    /// Each `x-promptpilot-user`.
    User,
    /// Each address.
    Address,
}

/// Whose calls are taken together: [`Per`] and [`CacheScope`], resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Whose {
    /// All calls of the endpoint.
    Endpoint,
    /// Those with one API key.
    Key,
    /// Those for one `x-promptpilot-user`.
    User,
    /// Those from one address; IPv6 addresses of one /64 are one.
    Address,
}

/// Money per time. Calls past it get 429.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// All calls of the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Money>,
    /// Each key's calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_key: Option<Money>,
    /// Each user's calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_user: Option<Money>,
    /// Tells at this share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soft: Option<f64>,
    /// What happens when the state store cannot be reached.
    pub on_state_failure: OnStateFailure,
}

/// What happens to budgeted calls when the state store cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OnStateFailure {
    /// They are refused.
    #[default]
    Deny,
    /// They go on.
    Allow,
}

/// Remembered answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// How long an answer is good.
    pub ttl: Duration,
    /// How much later it may still answer while it refreshes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Duration>,
    /// Who may share an answer.
    #[serde(default)]
    pub scope: CacheScope,
}

/// Who may share a remembered answer. Never across organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CacheScope {
    /// All callers of the endpoint.
    #[default]
    Endpoint,
    /// Callers with the same key.
    Key,
    /// Callers for the same user.
    User,
}

/// Which web pages may call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Origins such as `https://app.example.com`, or `*`.
    pub origins: Vec<String>,
}
