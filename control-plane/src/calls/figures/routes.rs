//! Figures over calls over HTTP.

use aide::axum::{ApiRouter, routing::get_with};
use axum::Json;
use schemars::JsonSchema;
use serde::Deserialize;

use super::model::{Facets, Histogram, Summary, SummaryBy};
use crate::{
    calls::search::wanted::Of,
    http::{Context, Problem, extract::Query, openapi::describe},
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const KINDS: &[&str] =
        &["endpoint-not-found", "environment-not-found", "key-not-found", "range-invalid"];
    let counted = |id, what| describe("calls", id, what, KINDS);
    ApiRouter::new()
        .api_route(
            "/api/calls/facets",
            get_with(facets, counted("countCalls", "Count calls by each of what they differ by")),
        )
        .api_route(
            "/api/calls/histogram",
            get_with(histogram, counted("showCallHistogram", "Count calls over time")),
        )
        .api_route(
            "/api/calls/summary",
            get_with(summary, counted("summarizeCalls", "Sum up what calls took and cost")),
        )
}

async fn facets(context: Context, Query(of): Query<Of>) -> Result<Json<Facets>, Problem> {
    super::facets(&context, of).await.map(Json)
}

async fn histogram(context: Context, Query(of): Query<Of>) -> Result<Json<Histogram>, Problem> {
    super::histogram(&context, of).await.map(Json)
}

/// How calls are put together.
#[derive(Debug, Deserialize, JsonSchema)]
struct How {
    /// What they are put together by.
    #[serde(default)]
    by: SummaryBy,
}

async fn summary(
    context: Context,
    Query(of): Query<Of>,
    Query(how): Query<How>,
) -> Result<Json<Summary>, Problem> {
    super::summary(&context, of, how.by).await.map(Json)
}
