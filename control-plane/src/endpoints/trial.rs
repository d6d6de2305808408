//! Somebody tries what serves: the version is called as its deployer calls it, so no key is needed.

use std::time::Instant;

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::{model::Tried, routes::endpoint};
use crate::{
    deploy::release::store,
    environments,
    http::{Context, Problem},
    lambda::{event::Request, invoke},
};

/// Calls the live version with a request and gives back what it answered.
pub(crate) async fn run(
    context: &Context,
    name: &str,
    environment_name: &str,
    request: &Map<String, Value>,
) -> Result<Tried, Problem> {
    let live = {
        let mut db = context.read().await?;
        let environment = environments::find(&mut db, environment_name).await?;
        let endpoint = endpoint(&mut db, name).await?;
        store::live(&mut db, endpoint, environment).await?
    };
    let live = live.ok_or_else(|| {
        Problem::conflict("nothing-live", format!("nothing of `{name}` is live")).hint("deploy it")
    })?;
    let token = context.plane.settings().secret_key.deployment_token(live.deployment);
    let token = token.expose();
    let began = Instant::now();
    let event = Request { method: "POST", path: "/", body: Some(request), token, source: "try" };
    let answer = invoke::run(context.plane.lambda(), &live.function, &live.function_version, event)
        .await
        .map_err(|error| Problem::internal("call the function", &error))?
        .map_err(|crash| {
            let detail = format!("the function did not answer: {crash}");
            Problem::new(StatusCode::BAD_GATEWAY, "function-failed", detail)
        })?;
    let text = || Value::String(String::from_utf8_lossy(&answer.body).into_owned());
    Ok(Tried {
        status: answer.status,
        version: live.version,
        took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        call: answer.headers.get("x-promptpilot-call-id").and_then(|id| id.parse().ok()),
        body: serde_json::from_slice(&answer.body).unwrap_or_else(|_| text()),
    })
}
