//! The system's state, as the API shows it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::http::time::Rfc3339;

/// Answer of `GET /api/status`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SystemStatus {
    /// This program's version.
    pub version: String,
    /// The database server's version.
    pub database: String,
    /// Workers that were heard of in the last minute.
    pub workers: Vec<WorkerStatus>,
    /// Deployments that wait for a worker.
    pub queued: i64,
    /// Where functions are published: `AWS eu-central-1`, or another address.
    pub target: String,
    /// Whether a worker's builder is warm.
    pub builder_warm: bool,
}

/// A worker.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WorkerStatus {
    /// Its id.
    pub id: String,
    /// When it was last heard of.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub seen: OffsetDateTime,
    /// Whether its builder is warm.
    pub builder_warm: bool,
}
