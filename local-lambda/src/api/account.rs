//! GetAccountSettings.

use http::{Response, StatusCode};
use serde_json::json;

use crate::body::Body;
use crate::context::Context;

use super::error::ApiError;
use super::request::reply;

/// Calls at once, as a new account has them; this host does not enforce them in sum.
pub(super) const CONCURRENCY: u64 = 1000;
/// What reservations must leave.
pub(super) const MIN_UNRESERVED: u64 = 100;

pub(super) fn settings(context: &Context) -> Result<Response<Body>, ApiError> {
    let entries = context.registry.list();
    let versions = entries.iter().flat_map(|entry| entry.function.all_versions());
    let code_size: u64 = versions.map(|(_, version)| version.code.size).sum();
    let reserved = entries.iter().filter_map(|entry| entry.function.reserved_concurrency);
    let reserved: u64 = reserved.map(u64::from).sum();
    let body = json!({
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_u64,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": CONCURRENCY,
            "UnreservedConcurrentExecutions": CONCURRENCY.saturating_sub(reserved),
        },
        "AccountUsage": { "TotalCodeSize": code_size, "FunctionCount": entries.len() },
    });
    reply(StatusCode::OK, &body)
}
