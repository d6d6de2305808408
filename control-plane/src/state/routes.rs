//! The state service over HTTP, as `promptpilot_spec::state` has it.

use axum::{Json, Router, routing::post};
use promptpilot_spec::state::{KeyQuery, KeyRecord};

use super::{
    admit::{admit, finish},
    asker::Asker,
    budget::reserve,
    calls::calls,
    store,
};
use crate::{
    http::{Problem, body::Body},
    plane::ControlPlane,
};

pub(crate) fn router() -> Router<ControlPlane> {
    Router::new()
        .route("/v1/key", post(key))
        .route("/v1/admit", post(admit))
        .route("/v1/calls", post(calls))
        .route("/v1/finish", post(finish))
        .route("/v1/reserve", post(reserve))
}

async fn key(
    asker: Asker,
    Body(query): Body<KeyQuery>,
) -> Result<Json<Option<KeyRecord>>, Problem> {
    let mut db = asker.read().await?;
    Ok(Json(store::key(&mut db, &query.hash).await?))
}
