//! The system's state over HTTP.

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};

use super::{model::SystemStatus, store};
use crate::{
    http::{Context, Problem},
    plane::ControlPlane,
};

pub(crate) fn router() -> Router<ControlPlane> {
    Router::new()
        .route("/healthz", get(async || StatusCode::NO_CONTENT))
        .route("/readyz", get(ready))
        .route("/api/status", get(status))
}

/// Ready means that the database answers.
async fn ready(State(plane): State<ControlPlane>) -> Result<StatusCode, Problem> {
    let mut db = plane.database().system().acquire().await?;
    store::server_version(&mut db).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn status(context: Context) -> Result<Json<SystemStatus>, Problem> {
    let mut db = context.begin().await?;
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
