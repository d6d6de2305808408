//! How long calls are kept, over HTTP.

use aide::axum::{ApiRouter, routing::get_with};
use axum::{Json, http::StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store;
use crate::{
    http::{
        Context, Problem,
        body::Body,
        openapi::{describe, describe_with},
    },
    plane::ControlPlane,
};

/// The least and the most days that calls may be kept.
const DAYS: std::ops::RangeInclusive<i32> = 1..=400;

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const TAG: &str = "calls";
    ApiRouter::new().api_route(
        "/api/calls/retention",
        get_with(show, describe(TAG, "showRetention", "Show how long calls are kept", &[]))
            .put_with(
                keep,
                describe_with(
                    TAG,
                    "setRetention",
                    "Say how long calls are kept; older ones are deleted within minutes",
                    &["retention-invalid"],
                    json!({ "days": 90 }),
                ),
            ),
    )
}

/// How long calls are kept.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Retention {
    /// For so many days.
    #[schemars(range(min = 1, max = 400))]
    days: i32,
}

async fn show(context: Context) -> Result<Json<Retention>, Problem> {
    let mut db = context.read().await?;
    Ok(Json(Retention { days: store::get(&mut db).await? }))
}

async fn keep(
    context: Context,
    Body(retention): Body<Retention>,
) -> Result<Json<Retention>, Problem> {
    if !DAYS.contains(&retention.days) {
        let detail = format!("calls are kept for 1 to 400 days, not {}", retention.days);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(
            Problem::new(status, "retention-invalid", detail).hint("give 1 to 400 as `days`")
        );
    }
    let mut db = context.begin().await?;
    store::set(&mut db, retention.days).await?;
    db.commit().await?;
    Ok(Json(retention))
}
