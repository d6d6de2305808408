//! What functions ask of the state store, as it goes over the wire to the state service.
//!
//! Every request is a POST of JSON and carries its deployment's id ([`DEPLOYMENT_HEADER`]) and token
//! (as bearer). The service answers for that deployment's organization only.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// The variable that says where a function's state store is.
pub const ADDRESS_VARIABLE: &str = "PROMPTPILOT_STATE";

/// The header that names the deployment that asks.
pub const DEPLOYMENT_HEADER: &str = "x-promptpilot-deployment";

/// Asks for a key: `POST /v1/key`. The answer is a [`KeyRecord`], or `null` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyQuery {
    /// What [`crate::key::hash`] makes of the key.
    pub hash: String,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Its id.
    pub id: Uuid,
    /// Endpoints that it may call; `None` means all.
    pub endpoints: Option<Vec<Uuid>>,
    /// Environments that it may call in, by name; `None` means all.
    pub environments: Option<Vec<String>>,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires: Option<OffsetDateTime>,
    /// Whether somebody ended it.
    pub revoked: bool,
}
