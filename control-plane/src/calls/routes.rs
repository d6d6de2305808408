//! The call log over HTTP.

use std::{convert::Infallible, time::Duration};

use aide::axum::{ApiRouter, routing::get_with};
use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response, sse::Event},
};
use futures::Stream;
use promptpilot_spec::record::CallRecord;
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use super::store::{self, Arrived, Place};
use crate::{
    endpoints::routes::endpoint,
    http::{
        Context, Page, Paging, Problem,
        extract::Query,
        openapi::{self, describe},
        sse,
    },
    plane::ControlPlane,
};

/// How often those who follow look for calls that another process took in.
const LOOK: Duration = Duration::from_millis(500);

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    ApiRouter::new().api_route(
        "/api/calls",
        get_with(list, |operation| {
            let summary = "List calls, newest first, or follow them as server-sent events";
            let operation =
                describe("calls", "listCalls", summary, &["endpoint-not-found"])(operation);
            openapi::or_events::<Page<CallRecord>>(operation)
        }),
    )
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Of {
    /// Only this endpoint's.
    endpoint: Option<String>,
}

async fn list(
    context: Context,
    Query(of): Query<Of>,
    Query(paging): Query<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut db = context.begin().await?;
    let of = match &of.endpoint {
        Some(name) => Some(endpoint(&mut db, name).await?),
        None => None,
    };
    if sse::is_wanted(&headers) {
        let seen = headers.get("last-event-id").and_then(|id| place(id.to_str().ok()?));
        let from = match seen {
            Some(place) => place,
            None => store::end(&mut db).await?,
        };
        drop(db);
        return Ok(sse::response(follow(context, of, from)));
    }
    let limit = paging.limit();
    let calls = store::before(&mut db, of, paging.after, limit + 1).await?;
    let page = Page::new(calls, limit, |record| record.call_id);
    Ok(([(header::VARY, "accept")], Json(page)).into_response())
}

/// Events `call` as calls arrive. An event's id is its place in the order of arrival.
fn follow(
    context: Context,
    endpoint: Option<Uuid>,
    mut seen: Place,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    async_stream::stream! {
        let wake = context.plane.wake();
        loop {
            let arrived = wake.notified();
            match look(&context, endpoint, seen).await {
                Ok(calls) => for call in calls {
                    seen = Place { xact: call.xact, call: call.record.call_id };
                    let id = format!("{}.{}", seen.xact, seen.call);
                    yield Ok(sse::event("call", &call.record).id(id));
                },
                Err(problem) => {
                    yield Ok(sse::event("error", &problem));
                    return;
                }
            }
            tokio::time::timeout(LOOK, arrived).await.ok();
        }
    }
}

async fn look(
    context: &Context,
    endpoint: Option<Uuid>,
    seen: Place,
) -> Result<Vec<Arrived>, Problem> {
    let mut db = context.begin().await?;
    Ok(store::since(&mut db, endpoint, seen, 500).await?)
}

fn place(id: &str) -> Option<Place> {
    let (xact, call) = id.split_once('.')?;
    Some(Place { xact: xact.parse().ok()?, call: call.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_is_read_back() {
        let call = Uuid::now_v7();
        assert_eq!(place(&format!("17.{call}")), Some(Place { xact: 17, call }));
        assert_eq!(place("17"), None);
        assert_eq!(place("x.y"), None);
    }
}
