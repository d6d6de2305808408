//! Variables of environments over HTTP.

use aide::axum::{ApiRouter, routing::get_with};
use axum::Json;
use serde_json::json;

use super::model::{ChangedVariables, Variable, VariableChanges};
use crate::{
    http::{
        Context, Page, Problem,
        body::Body,
        extract::Path,
        openapi::{describe, describe_with},
    },
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const TAG: &str = "environments";
    ApiRouter::new().api_route(
        "/api/environments/{name}/variables",
        get_with(
            list,
            describe(
                TAG,
                "listVariables",
                "List the variables of an environment",
                &["environment-not-found"],
            ),
        )
        .patch_with(
            change,
            describe_with(
                TAG,
                "changeVariables",
                "Set variables of an environment and take others away; what is live gets them",
                &["environment-not-found", "variable-not-found", "variable-invalid"],
                json!({ "variables": { "LOG_LEVEL": "debug", "OLD_NAME": null } }),
            ),
        ),
    )
}

async fn list(context: Context, Path(name): Path<String>) -> Result<Json<Page<Variable>>, Problem> {
    super::list(&context, &name).await.map(Json)
}

async fn change(
    context: Context,
    Path(name): Path<String>,
    Body(changes): Body<VariableChanges>,
) -> Result<Json<ChangedVariables>, Problem> {
    super::change(&context, &name, changes).await.map(Json)
}
