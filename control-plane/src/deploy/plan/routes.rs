//! Plans over HTTP.

use aide::axum::{ApiRouter, routing::post_with};
use axum::Json;
use serde_json::json;

use super::model::{DeployPlan, PlanRequest};
use crate::{
    environments::In,
    http::{Context, Problem, body::Body, extract::Query, openapi::describe_with},
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    let file = json!({ "file": "greet.toml", "toml": crate::deploy::model::EXAMPLE });
    let planned = describe_with(
        "endpoints",
        "planDeploy",
        "Say what a deploy would do: what changes, what is built, and what breaks callers",
        &["definitions-missing", "definition-invalid", "environment-not-found"],
        json!({ "definitions": [file] }),
    );
    ApiRouter::new().api_route("/api/endpoints/plan", post_with(plan, planned))
}

async fn plan(
    context: Context,
    Query(place): Query<In>,
    Body(request): Body<PlanRequest>,
) -> Result<Json<DeployPlan>, Problem> {
    super::run(&context, place.name(), &request).await.map(Json)
}
