//! Finding calls over HTTP.

use std::collections::HashMap;

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use promptpilot_spec::record::CallRecord;
use uuid::Uuid;

use super::{
    WITHIN, find,
    follow::{self, Following},
    model::{CallDetail, CallPage, ListedCall, Replayed},
    store,
    wanted::{Of, time_of},
};
use crate::{
    calls::replay,
    events,
    http::{
        Context, Paging, Problem,
        extract::{Path, Query},
        openapi::{self, describe},
        sse,
    },
    plane::ControlPlane,
};

/// What may be wrong with what is asked for.
pub(in crate::calls) const KINDS: &[&str] =
    &["endpoint-not-found", "environment-not-found", "key-not-found"];

const TAG: &str = "calls";

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    ApiRouter::new()
        .api_route(
            "/api/calls",
            get_with(list, |operation| {
                let summary = "List calls, newest first, or follow them as server-sent events";
                let operation = describe(TAG, "listCalls", summary, KINDS)(operation);
                openapi::or_events::<CallPage>(operation)
            }),
        )
        .api_route(
            "/api/calls/{id}",
            get_with(show, describe(TAG, "showCall", "Show a call", &["call-not-found"])),
        )
        .api_route(
            "/api/calls/{id}/replay",
            post_with(
                replay,
                describe(
                    TAG,
                    "replayCall",
                    "Make a call again, to what is live now",
                    &[
                        "call-not-found",
                        "call-not-replayable",
                        "endpoint-deleted",
                        "environment-not-found",
                        "endpoint-not-found",
                        "nothing-live",
                        "function-failed",
                    ],
                ),
            ),
        )
}

async fn list(
    context: Context,
    Query(of): Query<Of>,
    Query(paging): Query<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut span = of.span();
    let (wanted, end) = {
        let mut db = context.read().await?;
        (of.wanted(&mut db).await?, events::store::end(&mut db).await?)
    };
    if sse::is_wanted(&headers) {
        let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok());
        let following = Following::new(wanted, span, seen, end);
        return Ok(sse::response(follow::follow(context, following)));
    }
    let limit = paging.limit();
    span.end = paging.after.map_or(span.end, |after| after.min(span.end));
    let mut found = find(&context, &wanted, span, limit + 1, WITHIN).await?;
    let room = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.calls.len() > room;
    found.calls.truncate(room);
    let next = match more {
        true => found.calls.last().map(|call| call.call_id),
        false => found.stopped,
    };
    let page = CallPage {
        items: listed(&context, found.calls).await?,
        next: next.map(|next| next.to_string()),
        scanned_until: found.stopped.filter(|_| !more).and_then(time_of),
    };
    Ok(([(header::VARY, "accept")], Json(page)).into_response())
}

/// Calls with the prompts that they ran.
async fn listed(context: &Context, calls: Vec<CallRecord>) -> Result<Vec<ListedCall>, Problem> {
    let runs: Vec<Uuid> =
        calls.iter().filter(|call| call.endpoint.is_nil()).map(|call| call.call_id).collect();
    let mut prompts = match runs.is_empty() {
        true => HashMap::new(),
        false => {
            let mut db = context.read().await?;
            store::prompts(&mut db, &runs).await?
        }
    };
    let with_prompt =
        |record: CallRecord| ListedCall { prompt: prompts.remove(&record.call_id), record };
    Ok(calls.into_iter().map(with_prompt).collect())
}

async fn show(context: Context, Path(id): Path<Uuid>) -> Result<Json<CallDetail>, Problem> {
    let mut db = context.read().await?;
    let about = store::get(&mut db, id).await?.ok_or_else(|| Problem::not_found("call", id))?;
    let not_replayable = replay::request_of(&about.record).err();
    Ok(Json(CallDetail {
        record: about.record,
        key: about.key,
        prompt: about.prompt,
        not_replayable,
    }))
}

async fn replay(context: Context, Path(id): Path<Uuid>) -> Result<Json<Replayed>, Problem> {
    replay::run(&context, id).await.map(Json)
}
