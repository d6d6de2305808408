//! The call log: what functions wrote down of each call.

pub mod erasure;
pub(crate) mod export;
pub mod figures;
pub mod ingest;
mod replay;
pub(crate) mod retention;
pub mod search;
pub(crate) mod store;

use promptpilot_spec::record::CallRecord;
use uuid::Uuid;

/// A run of a prompt, with its account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ran<'a> {
    /// The account.
    pub(crate) record: &'a CallRecord,
    /// The prompt and its version, where it is one that is kept.
    pub(crate) prompt: Option<(Uuid, i32)>,
}
