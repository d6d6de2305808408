//! Types of environments, as the API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::time::Rfc3339;

/// Body of `POST /api/environments`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEnvironment {
    /// Its name: a letter, then at most 31 of a-z, 0-9 and -.
    pub name: String,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Endpoints that serve in it.
    pub live: i64,
    /// Credentials that are for it alone.
    pub credentials: i64,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub created: OffsetDateTime,
}

/// Answer of `DELETE /api/environments/{name}`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DeletedEnvironment {
    /// The name, which is free again.
    pub name: String,
    /// Endpoints that served in it and were taken down.
    pub endpoints: Vec<String>,
}
