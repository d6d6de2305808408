//! Runs over HTTP.

use aide::axum::{ApiRouter, routing::post_with};
use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use promptpilot_spec::record::Source;
use serde_json::json;
use tokio::sync::mpsc;

use super::{
    events,
    model::{RunAnswer, RunRequest, RunResult},
    prepare::{Ready, prepare},
    variant,
};
use crate::{
    environments::In,
    http::{
        Context, Problem,
        body::Body,
        extract::Query,
        openapi::{self, describe_with},
        sse,
    },
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    let executed = describe_with(
        "prompts",
        "executePrompt",
        "Run a prompt live, up to four variants side by side, whole or as server-sent events",
        &[
            "prompt-not-found",
            "label-not-found",
            "version-not-found",
            "environment-not-found",
            "run-invalid",
        ],
        json!({
            "variants": [{
                "prompt": { "template": "Greet {{ name }}." },
                "model": { "provider": "sandbox", "name": "echo" },
            }],
            "values": { "name": "Ada" },
        }),
    );
    ApiRouter::new().api_route(
        "/api/llm/execute",
        post_with(execute, |operation| openapi::or_events::<RunAnswer>(executed(operation))),
    )
}

async fn execute(
    context: Context,
    Query(place): Query<In>,
    headers: HeaderMap,
    Body(request): Body<RunRequest>,
) -> Result<Response, Problem> {
    let ready = prepare(&context, place.name(), &request).await?;
    if sse::is_wanted(&headers) {
        return Ok(sse::response(events::stream(&context, ready)));
    }
    let runs = ready.into_iter().enumerate().map(|(index, ready)| whole(&context, index, ready));
    let results: Vec<RunResult> = futures::future::join_all(runs).await;
    Ok(([(header::VARY, "accept")], Json(RunAnswer { results })).into_response())
}

/// Runs a variant in a task of its own: where the caller goes away, it is cancelled and still written
/// down.
async fn whole(context: &Context, index: usize, ready: Ready) -> RunResult {
    let (deltas, held) = mpsc::channel(1);
    let run = variant::run(context.clone(), index, ready, Source::Studio, false, deltas);
    let run = tokio::spawn(run);
    let result = run.await;
    drop(held);
    result.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
