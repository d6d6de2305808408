//! Calls as a file over HTTP.

use aide::axum::{ApiRouter, routing::get_with};
use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Format, content};
use crate::{
    calls::search::{routes::KINDS, wanted::Of},
    http::{Context, Problem, extract::Query, openapi::describe},
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    ApiRouter::new().api_route(
        "/api/calls/export",
        get_with(export, |operation| {
            let what = "Export calls, newest first, as CSV or as a JSON object a line";
            describe("calls", "exportCalls", what, KINDS)(operation)
                .response_with::<200, String, _>(|mut response| {
                    let content = &mut response.inner().content;
                    let text = content.shift_remove("text/plain; charset=utf-8");
                    let text = text.unwrap_or_default();
                    for format in [Format::Jsonl, Format::Csv] {
                        content.insert(format.media_type().to_owned(), text.clone());
                    }
                    response
                })
        }),
    )
}

/// What kind of file.
#[derive(Debug, Deserialize, JsonSchema)]
struct As {
    /// `csv` or `jsonl`.
    #[serde(default)]
    format: Format,
}

async fn export(
    context: Context,
    Query(of): Query<Of>,
    Query(file): Query<As>,
) -> Result<Response, Problem> {
    let span = of.span();
    let wanted = {
        let mut db = context.read().await?;
        of.wanted(&mut db).await?
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(file.format.media_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(file.format.disposition())),
    ];
    let body = Body::from_stream(content(context, wanted, span, file.format));
    Ok((headers, body).into_response())
}
