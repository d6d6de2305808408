//! Types of variables, as the API shows them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::time::Rfc3339;

/// A variable of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, for all to see who are in the organization: secrets are stored as credentials.
    pub value: String,
    /// When it was set.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub changed: OffsetDateTime,
}

/// Body of `PATCH /api/environments/{name}/variables`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariableChanges {
    /// Values by name; null takes a variable away. What is not named stays.
    pub variables: BTreeMap<String, Option<String>>,
}

/// Answer of `PATCH /api/environments/{name}/variables`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ChangedVariables {
    /// All variables of the environment, as they are now.
    pub items: Vec<Variable>,
    /// Deployments that bring them to what is live.
    pub deployments: Vec<Uuid>,
}
