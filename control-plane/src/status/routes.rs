//! The system's state over HTTP.

use aide::axum::{ApiRouter, routing::get_with};
use axum::{Json, extract::State, response::NoContent};

use super::{model::SystemStatus, store};
use crate::{
    http::{Context, Problem, openapi::describe},
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    ApiRouter::new()
        .api_route(
            "/healthz",
            get_with(healthy, describe("system", "isHealthy", "Whether the process answers", &[])),
        )
        .api_route(
            "/readyz",
            get_with(
                ready,
                describe("system", "isReady", "Whether the database answers, too", &[]),
            ),
        )
        .api_route(
            "/api/status",
            get_with(status, describe("system", "showStatus", "Show whether everything runs", &[])),
        )
}

async fn healthy() -> NoContent {
    NoContent
}

/// Ready means that the database answers.
async fn ready(State(plane): State<ControlPlane>) -> Result<NoContent, Problem> {
    let mut db = plane.database().system().acquire().await?;
    store::server_version(&mut db).await?;
    Ok(NoContent)
}

async fn status(context: Context) -> Result<Json<SystemStatus>, Problem> {
    let mut db = context.read().await?;
    let workers = store::workers(&mut db).await?;
    let lambda = &context.plane.settings().lambda;
    Ok(Json(SystemStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database: format!("PostgreSQL {}", store::server_version(&mut db).await?),
        builder_warm: workers.iter().any(|worker| worker.builder_warm),
        workers,
        queued: store::queued(&mut db).await?,
        target: match &lambda.endpoint_url {
            Some(url) => url.clone(),
            None => format!("AWS {}", lambda.region),
        },
    }))
}
