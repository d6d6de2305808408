//! Records that a deployment sends of its own calls, from where nobody reads its output.

use axum::Json;
use serde::Deserialize;

use super::asker::Asker;
use crate::{
    calls::ingest::{Ingested, routes::bounded},
    http::{Problem, body::Body},
};

#[derive(Debug, Deserialize)]
pub(super) struct Lines {
    lines: Vec<String>,
}

pub(super) async fn calls(
    asker: Asker,
    Body(Lines { lines }): Body<Lines>,
) -> Result<Json<Ingested>, Problem> {
    bounded(lines.len())?;
    Ok(Json(asker.ingest(&lines).await?))
}
