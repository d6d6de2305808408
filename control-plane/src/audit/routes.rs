//! The audit log over HTTP.

use aide::axum::{ApiRouter, routing::get_with};
use async_stream::try_stream;
use axum::{
    Json,
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::Stream;
use schemars::JsonSchema;
use serde::Deserialize;
use time::OffsetDateTime;

use super::{
    model::AuditEvent,
    store::{self, Wanted},
};
use crate::{
    http::{Context, Page, Paging, Problem, extract::Query, openapi::describe, time::Rfc3339},
    plane::ControlPlane,
};

/// So many events are read at once for an export.
const AT_ONCE: i64 = 1000;

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const TAG: &str = "audit";
    ApiRouter::new()
        .api_route(
            "/api/audit",
            get_with(list, describe(TAG, "listAudit", "List what was done, newest first", &[])),
        )
        .api_route(
            "/api/audit/export",
            get_with(export, |operation| {
                let what = "Export what was done, newest first, a JSON object a line";
                describe(TAG, "exportAudit", what, &[])(operation).response_with::<200, String, _>(
                    |mut response| {
                        let content = &mut response.inner().content;
                        let text = content.shift_remove("text/plain; charset=utf-8");
                        content.insert(LINES.to_owned(), text.unwrap_or_default());
                        response
                    },
                )
            }),
        )
}

/// The media type of JSON objects, one a line.
const LINES: &str = "application/x-ndjson";

/// Which events.
#[derive(Debug, Deserialize, JsonSchema)]
struct Of {
    /// What kind of thing it was done to, such as `api-key`.
    subject: Option<String>,
    /// Who did it, by their address of mail.
    actor: Option<String>,
    /// Not before this time.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    since: Option<OffsetDateTime>,
    /// Before this time.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    until: Option<OffsetDateTime>,
}

impl From<Of> for Wanted {
    fn from(of: Of) -> Self {
        Self { subject: of.subject, actor: of.actor, since: of.since, until: of.until }
    }
}

async fn list(
    context: Context,
    Query(of): Query<Of>,
    Query(paging): Query<Paging<i64>>,
) -> Result<Json<Page<AuditEvent>>, Problem> {
    let mut db = context.read().await?;
    let limit = paging.limit();
    let items = store::list(&mut db, &of.into(), paging.after, limit + 1).await?;
    Ok(Json(Page::new(items, limit, |event| event.position)))
}

async fn export(context: Context, Query(of): Query<Of>) -> Response {
    let name = HeaderValue::from_static("attachment; filename=\"audit.jsonl\"");
    let kind = HeaderValue::from_static(LINES);
    let body = Body::from_stream(lines(context, of.into()));
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], body).into_response()
}

/// All events, read in portions: no transaction is open while the reader is slow.
fn lines(
    context: Context,
    wanted: Wanted,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    try_stream! {
        let mut before = None;
        loop {
            let events = portion(&context, &wanted, before).await?;
            let Some(last) = events.last() else { return };
            before = Some(last.position);
            let mut text = Vec::new();
            for event in &events {
                serde_json::to_writer(&mut text, event)?;
                text.push(b'\n');
            }
            yield Bytes::from(text);
        }
    }
}

async fn portion(
    context: &Context,
    wanted: &Wanted,
    before: Option<i64>,
) -> Result<Vec<AuditEvent>, std::io::Error> {
    let read = async {
        let mut db = context.read().await?;
        Ok::<_, Problem>(store::list(&mut db, wanted, before, AT_ONCE).await?)
    };
    read.await.map_err(|problem| std::io::Error::other(problem.detail().to_owned()))
}
