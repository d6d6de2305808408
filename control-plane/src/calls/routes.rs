//! The call log over HTTP.

use std::{borrow::Cow, convert::Infallible};

use aide::axum::{ApiRouter, routing::get_with};
use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response, sse::Event},
};
use futures::Stream;
use promptpilot_spec::record::CallRecord;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::store::{self, Arrived, Place, Wanted};
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

/// Calls that a follower is told of at once.
const AT_ONCE: usize = 500;

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
    /// Only those with this status, such as `504`, or one of a class, such as `5xx`.
    status: Option<Statuses>,
    /// Only those that began at this time or later, RFC 3339.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    since: Option<OffsetDateTime>,
}

/// The least and the greatest status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Statuses(i32, i32);

impl TryFrom<String> for Statuses {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let class = text.strip_suffix("xx").and_then(|class| class.parse::<i32>().ok());
        match (class, text.parse::<i32>()) {
            (Some(class @ 1..=5), _) => Ok(Self(class * 100, class * 100 + 99)),
            (_, Ok(status @ 100..=599)) => Ok(Self(status, status)),
            _ => Err("`status` is one such as 504 or a class such as 5xx".to_owned()),
        }
    }
}

impl JsonSchema for Statuses {
    fn schema_name() -> Cow<'static, str> {
        "Statuses".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^([1-5][0-9][0-9]|[1-5]xx)$" })
    }
}

impl Of {
    /// The least call id of its time.
    fn least(&self) -> Option<Uuid> {
        let millis = u128::try_from(self.since?.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        Some(Uuid::from_u128(millis << 80))
    }
}

async fn list(
    context: Context,
    Query(of): Query<Of>,
    Query(paging): Query<Paging>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut db = context.begin().await?;
    let wanted = Wanted {
        endpoint: match &of.endpoint {
            Some(name) => Some(endpoint(&mut db, name).await?),
            None => None,
        },
        statuses: of.status.map(|Statuses(least, greatest)| (least, greatest)),
        least: of.least(),
    };
    if sse::is_wanted(&headers) {
        let seen = headers.get("last-event-id").and_then(|id| place(id.to_str().ok()?));
        let from = match seen {
            Some(place) => place,
            None => store::end(&mut db).await?,
        };
        drop(db);
        return Ok(sse::response(follow(context, wanted, from)));
    }
    let limit = paging.limit();
    let calls = store::before(&mut db, wanted, paging.after, limit + 1).await?;
    let page = Page::new(calls, limit, |record| record.call_id);
    Ok(([(header::VARY, "accept")], Json(page)).into_response())
}

/// Events `call` as calls arrive. An event's id is its place in the order of arrival.
fn follow(
    context: Context,
    wanted: Wanted,
    mut seen: Place,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    async_stream::stream! {
        let mut news = context.plane.tail().follow(context.organization);
        loop {
            news.mark_unchanged();
            let more = match look(&context, wanted, seen).await {
                Ok(calls) => {
                    let full = calls.len() == AT_ONCE;
                    for call in calls {
                    seen = Place { xact: call.xact, call: call.record.call_id };
                    let id = format!("{}.{}", seen.xact, seen.call);
                    yield Ok(sse::event("call", &call.record).id(id));
                    }
                    full
                }
                Err(problem) => {
                    yield Ok(sse::event("error", &problem));
                    return;
                }
            };
            if !more && news.changed().await.is_err() {
                return;
            }
        }
    }
}

async fn look(context: &Context, wanted: Wanted, seen: Place) -> Result<Vec<Arrived>, Problem> {
    let mut db = context.begin().await?;
    Ok(store::since(&mut db, wanted, seen, AT_ONCE as i64).await?)
}

fn place(id: &str) -> Option<Place> {
    let (xact, call) = id.split_once('.')?;
    Some(Place { xact: xact.parse().ok()?, call: call.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_one_or_a_class() {
        let read = |text: &str| Statuses::try_from(text.to_owned());
        assert_eq!(read("504"), Ok(Statuses(504, 504)));
        assert_eq!(read("4xx"), Ok(Statuses(400, 499)));
        for bad in ["", "xx", "6xx", "99", "600", "5x", "-4xx", "ok"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_event_id_is_read_back() {
        let call = Uuid::now_v7();
        assert_eq!(place(&format!("17.{call}")), Some(Place { xact: 17, call }));
        assert_eq!(place("17"), None);
        assert_eq!(place("x.y"), None);
    }
}
