//! What the OpenAPI document tells of requests that are refused: a response for each status, with an
//! example of each kind that has it.

use aide::openapi::{
    Header, HeaderStyle, MediaType, Operation, ReferenceOr, Response, SchemaObject, StatusCode,
};
use axum::http;
use indexmap::IndexMap;
use schemars::{Schema, json_schema};
use serde_json::{Value, json};

use super::{
    catalogue::{self, Kind},
    openapi::{KINDS, schema_of},
    problem::TYPE_PREFIX,
};
use crate::execution::openai::errors;

/// How an operation tells what went wrong; with the schema of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form<'a> {
    /// As problem documents.
    Problem(&'a Schema),
    /// As OpenAI's API does.
    OpenAi(&'a Schema),
}

impl Form<'_> {
    fn status(self, kind: &Kind) -> u16 {
        match self {
            Self::Problem(_) => kind.status,
            Self::OpenAi(_) => errors::status(kind.status),
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Problem(_) => "application/problem+json",
            Self::OpenAi(_) => "application/json",
        }
    }

    fn schema(&self) -> Schema {
        match self {
            Self::Problem(schema) | Self::OpenAi(schema) => Schema::clone(schema),
        }
    }

    fn example(self, kind: &Kind) -> Value {
        let status = self.status(kind);
        let what = format!("What happened, in a sentence. To mend it: {}.", kind.advice);
        match self {
            Self::Problem(_) => json!({
                "type": format!("{TYPE_PREFIX}{}", kind.name),
                "title": title(status),
                "status": status,
                "detail": what,
            }),
            Self::OpenAi(_) => json!({ "error": {
                "message": what,
                "type": errors::class(status),
                "param": null,
                "code": errors::code(kind.name),
            } }),
        }
    }
}

/// Adds the responses of all kinds that an operation has noted.
pub(super) fn add(operation: &mut Operation, form: Form<'_>) {
    let noted = operation.extensions.get(KINDS).and_then(Value::as_array);
    let mut kinds: Vec<&Kind> =
        noted.into_iter().flatten().filter_map(|name| catalogue::find(name.as_str()?)).collect();
    kinds.sort_by_key(|kind| (form.status(kind), kind.name));
    let responses = &mut operation.responses.get_or_insert_default().responses;
    for same in kinds.chunk_by(|a, b| form.status(a) == form.status(b)) {
        let response = ReferenceOr::Item(refusal(same, form));
        responses.insert(StatusCode::Code(form.status(same[0])), response);
    }
}

/// The response of one status.
fn refusal(kinds: &[&Kind], form: Form<'_>) -> Response {
    let status = form.status(kinds[0]);
    let names: Vec<String> = kinds.iter().map(|kind| format!("`{}`", kind.name)).collect();
    let examples = kinds
        .iter()
        .map(|kind| (kind.name.to_owned(), ReferenceOr::Item(example(form.example(kind)))));
    let media = MediaType {
        schema: Some(SchemaObject {
            json_schema: form.schema(),
            example: None,
            external_docs: None,
        }),
        examples: examples.collect(),
        ..MediaType::default()
    };
    let mut headers = IndexMap::new();
    if matches!(status, 429 | 503) {
        let seconds = json_schema!({ "type": "integer", "minimum": 0 });
        let header = Header {
            description: Some("Seconds until another attempt makes sense.".to_owned()),
            style: HeaderStyle::Simple,
            required: true,
            deprecated: None,
            format: schema_of(seconds),
            example: None,
            examples: IndexMap::default(),
            extensions: IndexMap::default(),
        };
        headers.insert("retry-after".to_owned(), ReferenceOr::Item(header));
    }
    Response {
        description: format!("{}: {}", title(status), names.join(", ")),
        headers,
        content: [(form.media_type().to_owned(), media)].into_iter().collect(),
        ..Response::default()
    }
}

fn example(value: Value) -> aide::openapi::Example {
    aide::openapi::Example { value: Some(value), ..Default::default() }
}

fn title(status: u16) -> &'static str {
    let status = http::StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or("Error")
}
