//! Events over HTTP.

use aide::{
    axum::{ApiRouter, routing::get_with},
    generate,
};
use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    model::{self, Calls, Change, Position, Ready, Reset},
    store, stream,
};
use crate::{
    http::{
        Context, Page, Paging, Problem,
        extract::Query,
        openapi::{self, describe},
        sse,
    },
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    ApiRouter::new().api_route(
        "/api/events",
        get_with(list, |operation| {
            let summary = "Follow what changes as server-sent events, or list it, oldest first";
            let operation = describe("events", "listEvents", summary, &["events-gone"])(operation);
            let kinds =
                model::KINDS.iter().map(|kind| format!("- `{}`: {}\n", kind.name, kind.when));
            let description = format!("Kinds of changes:\n\n{}", kinds.collect::<String>());
            // What the stream has beside changes, for clients that are made from the document.
            generate::in_context(|context| {
                context.schema.subschema_for::<Calls>();
                context.schema.subschema_for::<Ready>();
                context.schema.subschema_for::<Reset>();
            });
            openapi::or_events::<Page<Change>>(operation).description(&description)
        }),
    )
}

async fn list(
    context: Context,
    Query(paging): Query<Paging<Position>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if sse::is_wanted(&headers) {
        let from = from(&headers, paging.after);
        return Ok(sse::response(stream::follow(context, from)));
    }
    let limit = paging.limit();
    let after = paging.after.unwrap_or(Position::START);
    let mut db = context.read().await?;
    let end = store::end(&mut db).await?;
    let kinds = model::told(context.role);
    let changes = store::after(&mut db, after, end, &kinds, limit + 1).await?;
    let swept = store::swept(&mut db).await?;
    if paging.after.is_some() && swept.is_some_and(|swept| after < swept) {
        let detail = format!("what happened after {after} is not kept any more");
        return Err(Problem::new(StatusCode::GONE, "events-gone", detail)
            .hint("load what you show anew, and leave `after` out"));
    }
    let page = Page::new(changes, limit, |change| change.position);
    Ok(([(header::VARY, "accept")], Json(page)).into_response())
}

/// Where a stream begins: its reader says so when it comes back, and may when it comes first.
fn from(headers: &HeaderMap, after: Option<Position>) -> stream::Place {
    let Some(seen) = headers.get("last-event-id").filter(|seen| !seen.is_empty()) else {
        return after.map_or(stream::Place::Now, stream::Place::After);
    };
    let seen = seen.to_str().ok().and_then(|seen| seen.parse().ok());
    seen.map_or(stream::Place::Nowhere, stream::Place::After)
}
