//! Deployments over HTTP.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    accept,
    model::{Batch, DeployRequest, Deployment, Failure, LogLine, Status},
    store, stream,
};
use crate::{
    http::{
        Context, Page, Paging, Problem,
        body::Body,
        extract::{Path, Query},
        openapi::{self, describe, describe_with},
        sse,
    },
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const TAG: &str = "deployments";
    let file = json!({ "file": "greet.toml", "toml": super::model::EXAMPLE });
    let deployed = describe_with(
        TAG,
        "deploy",
        "Save what changed, and queue it; all or none go live",
        &["definitions-missing", "definition-invalid", "environment-not-found"],
        json!({ "definitions": [file], "message": "Greet more warmly" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/deployments",
            get_with(list, describe(TAG, "listDeployments", "List deployments, newest first", &[]))
                .post_with(deploy, |operation| openapi::queued(deployed(operation))),
        )
        .api_route(
            "/api/deployments/{id}",
            get_with(
                show,
                describe(TAG, "showDeployment", "Show a deployment", &["deployment-not-found"]),
            ),
        )
        .api_route(
            "/api/deployments/{id}/logs",
            get_with(logs, |operation| {
                let id = "showDeploymentLog";
                let summary = "Show a deployment's log, or follow it as server-sent events";
                let operation = describe(TAG, id, summary, &["deployment-not-found"])(operation);
                openapi::or_events::<Log>(operation)
            }),
        )
        .api_route(
            "/api/deployments/{id}/cancel",
            post_with(cancel, |operation| {
                let kinds = &["deployment-not-found", "deployment-finished"];
                describe(TAG, "cancelDeployment", "Stop a deployment", kinds)(operation)
                    .response::<202, Json<Stands>>()
            }),
        )
        .api_route(
            "/api/deployments/{id}/retry",
            post_with(retry, |operation| {
                let kinds = &[
                    "deployment-not-found",
                    "deployment-not-failed",
                    "endpoint-deleted",
                    "nothing-to-promote",
                ];
                let summary = "Queue again what a deployment's batch asked for";
                describe(TAG, "retryDeployment", summary, kinds)(operation)
                    .response::<202, Json<Retried>>()
            }),
        )
}

async fn deploy(
    context: Context,
    Body(request): Body<DeployRequest>,
) -> Result<(StatusCode, Json<Batch>), Problem> {
    accept::run(&context, &request).await.map(Batch::answer)
}

impl Batch {
    /// With the status that tells whether anything was queued.
    pub(crate) fn answer(self) -> (StatusCode, Json<Self>) {
        let status = if self.batch.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
        (status, Json(self))
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Which {
    /// Only this endpoint's.
    endpoint: Option<String>,
}

async fn list(
    context: Context,
    Query(which): Query<Which>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Deployment>>, Problem> {
    let mut db = context.read().await?;
    let limit = paging.limit();
    let items =
        store::list(&mut db, None, which.endpoint.as_deref(), paging.after, limit + 1).await?;
    Ok(Json(Page::new(items, limit, |deployment| deployment.id)))
}

async fn show(context: Context, Path(id): Path<Uuid>) -> Result<Json<Deployment>, Problem> {
    let mut db = context.read().await?;
    store::get(&mut db, id).await?.map(Json).ok_or_else(|| Problem::not_found("deployment", id))
}

/// A log as JSON: what went wrong comes first.
#[derive(Debug, Serialize, JsonSchema)]
struct Log {
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
    items: Vec<LogLine>,
}

async fn logs(
    context: Context,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut db = context.read().await?;
    let found = store::list(&mut db, Some(id), None, None, 1).await?.pop();
    let deployment = found.ok_or_else(|| Problem::not_found("deployment", id))?;
    if sse::is_wanted(&headers) {
        let seen = headers
            .get("last-event-id")
            .and_then(|seen| seen.to_str().ok()?.parse().ok())
            .unwrap_or(0);
        return Ok(sse::response(stream::follow(context, id, seen)));
    }
    let items = store::log(&mut db, id, 0).await?;
    let log = Log { status: deployment.status, error: deployment.error, items };
    Ok(([(header::VARY, "accept")], Json(log)).into_response())
}

#[derive(Debug, Serialize, JsonSchema)]
struct Stands {
    id: Uuid,
    status: Status,
}

async fn cancel(
    context: Context,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<Stands>), Problem> {
    let mut db = context.begin().await?;
    let status = store::request_cancel(&mut db, id)
        .await?
        .ok_or_else(|| Problem::not_found("deployment", id))?;
    db.commit().await?;
    if status.is_final() && status != Status::Cancelled {
        return Err(Problem::conflict("deployment-finished", format!("it is {status} already")));
    }
    Ok((StatusCode::ACCEPTED, Json(Stands { id, status })))
}

#[derive(Debug, Serialize, JsonSchema)]
struct Retried {
    batch: Uuid,
}

async fn retry(
    context: Context,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<Retried>), Problem> {
    let deployment = {
        let mut db = context.read().await?;
        store::list(&mut db, Some(id), None, None, 1).await?.pop()
    };
    let deployment = deployment.ok_or_else(|| Problem::not_found("deployment", id))?;
    match deployment.status {
        Status::Failed | Status::Cancelled | Status::Superseded => {
            let batch = accept::again(&context, deployment.batch).await?;
            Ok((StatusCode::ACCEPTED, Json(Retried { batch })))
        }
        status => Err(Problem::conflict(
            "deployment-not-failed",
            format!("only what failed or was stopped can be tried again, this one is {status}"),
        )),
    }
}
