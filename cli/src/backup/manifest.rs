//! What a backup says of itself.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The form of backups that this program writes, and the newest that it reads.
pub(super) const FORMAT: u32 = 1;

/// The first entry of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The form of the file.
    pub(crate) format: u32,
    /// The program that wrote it.
    pub(crate) promptpilot: String,
    /// The version of the database's schema.
    pub(crate) schema: i64,
    /// When it was taken.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) taken: OffsetDateTime,
}

impl Manifest {
    pub(super) const NAME: &'static str = "manifest.json";

    /// Of a backup that is taken now.
    pub(super) fn now() -> Self {
        Self {
            format: FORMAT,
            promptpilot: env!("CARGO_PKG_VERSION").to_owned(),
            schema: promptpilot_control_plane::schema_version(),
            taken: OffsetDateTime::now_utc(),
        }
    }

    /// Whether this program understands the backup.
    pub(super) fn is_known(&self) -> bool {
        self.format <= FORMAT && self.schema <= promptpilot_control_plane::schema_version()
    }
}
