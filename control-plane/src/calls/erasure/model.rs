//! Types of forgetting, as the API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose calls are to be forgotten.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Whose {
    /// The user, as callers named them in `x-promptpilot-user`.
    #[schemars(length(min = 1))]
    pub(super) user: String,
}

/// Answer of `DELETE /api/calls`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
pub struct ErasedCalls {
    /// How many calls were forgotten.
    pub calls: i64,
    /// Whether these were all; else there are more, for another request.
    pub finished: bool,
}
