//! What serves, brought elsewhere, over HTTP.

use aide::axum::{ApiRouter, routing::post_with};
use axum::{Json, http::StatusCode};
use serde_json::json;

use super::promote;
use crate::{
    deploy::model::{Batch, PromoteRequest},
    http::{
        Context, Problem,
        body::Body,
        extract::Path,
        openapi::{self, describe_with},
    },
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    let promoted = describe_with(
        "endpoints",
        "promoteEndpoint",
        "Bring what serves in one environment to another, without a build",
        &[
            "environment-not-found",
            "environment-invalid",
            "endpoint-not-found",
            "version-not-found",
            "nothing-live",
            "nothing-to-promote",
            "credentials-missing",
            "definition-invalid-now",
        ],
        json!({ "from": "staging", "to": "production", "message": "Tried for a week" }),
    );
    ApiRouter::new().api_route(
        "/api/endpoints/{name}/promote",
        post_with(bring, |operation| openapi::queued(promoted(operation))),
    )
}

async fn bring(
    context: Context,
    Path(name): Path<String>,
    Body(request): Body<PromoteRequest>,
) -> Result<(StatusCode, Json<Batch>), Problem> {
    promote::run(&context, &name, &request).await.map(Batch::answer)
}
