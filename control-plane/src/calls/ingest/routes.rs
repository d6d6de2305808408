//! Records over HTTP: whoever has functions' output sends it here in batches, each line with the
//! function that wrote it.

use aide::axum::{ApiRouter, routing::post_with};
use axum::Json;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{EnvelopeLine, Ingested};
use crate::{
    http::{Context, Problem, body::Body, openapi::describe_with},
    plane::ControlPlane,
};

/// Most lines of one request.
const MOST_LINES: usize = 10_000;

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    let described = describe_with(
        "calls",
        "ingestCalls",
        "Take in what functions wrote, in batches; a call that comes twice is one call",
        &["ingest-busy"],
        json!({ "lines": [{ "function": "pp-0123456789ab-summarize", "version": "1", "text": "{}" }] }),
    );
    ApiRouter::new().api_route("/api/ingest", post_with(ingest, described))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Lines {
    /// Lines in the order in which they were written, at most 10,000.
    #[schemars(length(max = 10_000))]
    lines: Vec<Line>,
}

/// A line of a function's output.
#[derive(Debug, Deserialize, JsonSchema)]
struct Line {
    /// The function that wrote it.
    function: String,
    /// The function's numbered version.
    version: String,
    /// The line, as it was written.
    text: String,
}

async fn ingest(
    Context { plane, organization, .. }: Context,
    Body(Lines { lines }): Body<Lines>,
) -> Result<Json<Ingested>, Problem> {
    bounded(lines.len())?;
    let envelope = |Line { function, version, text }| EnvelopeLine { function, version, text };
    let lines: Vec<EnvelopeLine> = lines.into_iter().map(envelope).collect();
    Ok(Json(plane.ingest_for(organization, &lines).await?))
}

/// Refuses what is too much for one request.
pub(crate) fn bounded(lines: usize) -> Result<(), Problem> {
    if lines <= MOST_LINES {
        return Ok(());
    }
    let detail = format!("there are {lines} lines and may be {MOST_LINES}");
    Err(Problem::bad_request("body-invalid", detail))
}
