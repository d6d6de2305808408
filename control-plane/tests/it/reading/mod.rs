//! Reading the call log: filters, search, figures, export, replay, and how long calls are kept.

mod erasure;
mod export;
mod figures;
mod filters;
mod plans;
mod replay;
mod retention;

use promptpilot_spec::record::CallRecord;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Failure, Outcome, pilot::Pilot, records};

/// A system whose endpoint `hello` had these calls.
async fn with_calls(calls: &[CallRecord]) -> Result<Pilot, Failure> {
    let pilot = Pilot::without_worker().await?;
    records::has_function(&pilot).await?;
    for portion in calls.chunks(5000) {
        records::ingest(&pilot, portion).await?;
    }
    Ok(pilot)
}

/// Ids of the calls of a page.
fn ids(page: &Value) -> Vec<Uuid> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|call| call["call_id"].as_str().unwrap().parse().unwrap()).collect()
}
