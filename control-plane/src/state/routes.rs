//! The state service over HTTP, as `promptpilot_spec::state` has it.

use axum::{Json, Router, routing::post};
use promptpilot_spec::state::{KeyQuery, KeyRecord};

use super::{asker::Asker, store};
use crate::{
    http::{Problem, body::Body},
    plane::ControlPlane,
};

pub(crate) fn router() -> Router<ControlPlane> {
    Router::new().route("/v1/key", post(key))
}

async fn key(
    asker: Asker,
    Body(query): Body<KeyQuery>,
) -> Result<Json<Option<KeyRecord>>, Problem> {
    let mut db = asker.begin().await?;
    Ok(Json(store::key(&mut db, &query.hash).await?))
}
