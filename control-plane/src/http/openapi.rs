//! The OpenAPI document, put together from the handlers. Extractors and routes note the kinds of
//! problems that they may end in; here these become responses, with an example each.

use aide::{
    axum::ApiRouter,
    generate,
    openapi::{
        ApiKeyLocation, HeaderStyle, Info, License, MediaType, OpenApi, Operation, Parameter,
        ParameterData, ParameterSchemaOrContent, PathItem, PathStyle, QueryStyle, ReferenceOr,
        SchemaObject, SecurityScheme, StatusCode, Tag,
    },
    transform::{TransformOpenApi, TransformOperation},
};
use axum::{Json, Router, http::Method};
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, json_schema};
use serde_json::{Value, json};

use super::{
    catalogue,
    problem::Document,
    refusals::{self, Form},
};
use crate::{
    deploy::model::Batch,
    execution::openai::{errors, model::ErrorDocument},
    people::access::{self, Access},
    plane::ControlPlane,
};

/// Where an operation's kinds of problems are, in the document itself.
pub(super) const KINDS: &str = "x-problem-types";

/// What may happen to any request.
const ALWAYS: [&str; 9] = [
    "header-invalid",
    "text-invalid",
    "origin-refused",
    "method-not-allowed",
    "host-unknown",
    "rate-limited",
    "internal",
    "database-busy",
    "database-unavailable",
];

/// What may happen to any request of the API itself.
const IN_API: [&str; 1] = ["request-timeout"];

/// Where it has to be known who asks.
const KNOWN: [&str; 2] = ["unauthorized", "csrf-token-wrong"];

/// Where an API key is asked for.
const BY_KEY: [&str; 3] = ["key-missing", "key-unknown", "key-denied"];

/// Where a role in an organization is asked for.
const IN_ORGANIZATION: [&str; 5] = [
    "path-invalid",
    "organization-required",
    "role-insufficient",
    "token-of-another-organization",
    "organization-not-found",
];

/// Writes that are kept for a while.
const REPEATABLE: [&str; 3] = ["idempotency-key-busy", "idempotency-key-reused", "body-too-large"];

/// Operations and what they are about.
const TAGS: [(&str, &str); 15] = [
    ("people", "Accounts and sessions"),
    ("access-tokens", "What command lines and CI carry"),
    ("organizations", "Organizations, who is in them, and invitations"),
    ("api-keys", "What callers of endpoints carry"),
    ("provider-credentials", "Keys of model providers, given to functions"),
    ("models", "Models that are known: what they cost and what they can do"),
    ("environments", "Places that endpoints are deployed to"),
    ("prompts", "Texts with versions and labels, and what endpoints make of them"),
    ("endpoints", "Definitions, their versions, and where they answer"),
    ("deployments", "Attempts to bring a version to an environment"),
    ("calls", "What functions wrote down of each call"),
    ("events", "What changes, as it changes"),
    ("audit", "What was done, by whom, from where"),
    ("system", "Whether everything runs"),
    ("documents", "What this server says about itself"),
];

/// The router, and the document of what it answers.
pub(crate) fn finish(router: ApiRouter<ControlPlane>) -> (Router<ControlPlane>, OpenApi) {
    generate::strip_query_null_types(true);
    let mut api = OpenApi::default();
    let router = router.finish_api_with(&mut api, about);
    let problem = generate::in_context(|context| context.schema.subschema_for::<Document>());
    let error = generate::in_context(|context| context.schema.subschema_for::<ErrorDocument>());
    let definitions = generate::in_context(|context| context.schema.take_definitions(true));
    let components = api.components.get_or_insert_default();
    for (name, schema) in definitions {
        if let Ok(json_schema) = Schema::try_from(schema) {
            let schema = SchemaObject { json_schema, external_docs: None, example: None };
            components.schemas.insert(name, schema);
        }
    }
    for (path, item) in api.paths.iter_mut().flat_map(|paths| &mut paths.paths) {
        if let ReferenceOr::Item(item) = item {
            let form = match errors::is_spoken_at(path) {
                true => Form::OpenAi(&error),
                false => Form::Problem(&problem),
            };
            complete(path, item, form);
        }
    }
    (router, api)
}

fn about(api: TransformOpenApi<'_>) -> TransformOpenApi<'_> {
    let description = "Everything that Prompt Pilot's command line does goes through this API. \
        Whatever goes wrong is told as a problem document, whose `type` never changes. Every answer \
        carries the request's id in the header `x-request-id`.";
    let api = api
        .info(Info {
            title: "Prompt Pilot".to_owned(),
            description: Some(description.to_owned()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            license: Some(License {
                name: "Apache License 2.0".to_owned(),
                identifier: Some("Apache-2.0".to_owned()),
                ..License::default()
            }),
            ..Info::default()
        })
        .security_scheme(
            "token",
            SecurityScheme::Http {
                scheme: "bearer".to_owned(),
                bearer_format: None,
                description: Some("An access token, or the installation's own.".to_owned()),
                extensions: IndexMap::default(),
            },
        )
        .security_scheme(
            "key",
            SecurityScheme::Http {
                scheme: "bearer".to_owned(),
                bearer_format: None,
                description: Some("An API key that opens prompts: `pp_live_…`.".to_owned()),
                extensions: IndexMap::default(),
            },
        )
        .security_scheme(
            "session",
            SecurityScheme::ApiKey {
                location: ApiKeyLocation::Cookie,
                name: "promptpilot".to_owned(),
                description: Some(
                    "What signing in leaves; over TLS its name begins with `__Host-`. Writes take \
                     `x-csrf-token`, too."
                        .to_owned(),
                ),
                extensions: IndexMap::default(),
            },
        );
    TAGS.into_iter().fold(api, |api, (name, description)| {
        api.tag(Tag {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            ..Tag::default()
        })
    })
}

/// Remembers kinds of problems that an operation may end in.
pub(crate) fn note(operation: &mut Operation, kinds: &[&str]) {
    let noted = operation.extensions.entry(KINDS.to_owned()).or_insert_with(|| json!([]));
    let Some(noted) = noted.as_array_mut() else { return };
    for kind in kinds {
        debug_assert!(catalogue::find(kind).is_some(), "the catalogue of problems has no `{kind}`");
        if !noted.iter().any(|known| known == kind) {
            noted.push(json!(kind));
        }
    }
}

/// An operation's name, its sentence, and the problems of its own.
pub(crate) fn describe(
    tag: &'static str,
    id: &'static str,
    summary: &'static str,
    kinds: &'static [&'static str],
) -> impl for<'a> FnOnce(TransformOperation<'a>) -> TransformOperation<'a> {
    move |mut operation: TransformOperation<'_>| {
        note(operation.inner_mut(), kinds);
        operation.tag(tag).id(id).summary(summary)
    }
}

/// The same, with an example of the body.
pub(crate) fn describe_with(
    tag: &'static str,
    id: &'static str,
    summary: &'static str,
    kinds: &'static [&'static str],
    example: Value,
) -> impl for<'a> FnOnce(TransformOperation<'a>) -> TransformOperation<'a> {
    move |operation: TransformOperation<'_>| {
        let mut operation = describe(tag, id, summary, kinds)(operation);
        if let Some(ReferenceOr::Item(body)) = &mut operation.inner_mut().request_body
            && let Some(json) = body.content.get_mut("application/json")
        {
            json.example = Some(example);
        }
        operation
    }
}

/// An operation that queues deployments, or finds that nothing is to be done.
pub(crate) fn queued(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    operation
        .response_with::<200, Json<Batch>, _>(|response| {
            response.description("Nothing had to be queued: it is live already.")
        })
        .response_with::<202, Json<Batch>, _>(|response| response.description("Queued."))
}

/// An operation that answers with JSON, or with events where the caller accepts them.
pub(crate) fn or_events<'a, T: JsonSchema>(
    operation: TransformOperation<'a>,
) -> TransformOperation<'a> {
    let mut operation = or_live_events::<T>(operation);
    let what = "Where a stream of events goes on: the id of the last one seen.";
    operation.inner_mut().parameters.push(header("last-event-id", what));
    operation
}

/// The same of events that are gone once they were sent.
pub(crate) fn or_live_events<'a, T: JsonSchema>(
    operation: TransformOperation<'a>,
) -> TransformOperation<'a> {
    let mut operation = operation.response::<200, Json<T>>();
    let inner = operation.inner_mut();
    let responses = &mut inner.responses.get_or_insert_default().responses;
    if let Some(ReferenceOr::Item(response)) = responses.get_mut(&StatusCode::Code(200)) {
        let text = json_schema!({ "type": "string" });
        let schema = SchemaObject { json_schema: text, example: None, external_docs: None };
        let events = MediaType { schema: Some(schema), ..MediaType::default() };
        response.content.insert("text/event-stream".to_owned(), events);
    }
    operation
}

fn complete(path: &str, item: &mut PathItem, form: Form<'_>) {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ];
    for (method, operation) in operations {
        let Some(operation) = operation else { continue };
        note(operation, &ALWAYS);
        if path.starts_with("/api/") || path.starts_with("/v1/models") {
            note(operation, &IN_API);
        }
        let access = access::of(&method, path);
        let in_organization = admit(path, operation, access);
        if method != Method::GET && (in_organization || access == Access::Key) {
            note(operation, &REPEATABLE);
            let what = "Makes this request safe to repeat: with the same key, the same answer.";
            let schema = json_schema!({ "type": "string", "minLength": 1, "maxLength": 255 });
            operation.parameters.push(bounded_header("idempotency-key", what, schema));
        }
        for name in names(path) {
            operation.parameters.push(path_parameter(name));
        }
        refusals::add(operation, form);
    }
}

/// What it takes to be let in; whether an organization is meant.
fn admit(path: &str, operation: &mut Operation, access: Access) -> bool {
    if access == Access::Anybody {
        return false;
    }
    if access == Access::Key {
        note(operation, &BY_KEY);
        operation.security.push([("key".to_owned(), Vec::new())].into_iter().collect());
        return false;
    }
    if access == Access::Installation {
        note(operation, &["unauthorized"]);
        operation.security.push([("token".to_owned(), Vec::new())].into_iter().collect());
        return false;
    }
    note(operation, &KNOWN);
    for scheme in ["token", "session"] {
        operation.security.push([(scheme.to_owned(), Vec::new())].into_iter().collect());
    }
    if matches!(access, Access::InPerson | Access::MemberInPerson(_)) {
        note(operation, &["in-person-only"]);
    }
    let (Access::Member(role) | Access::MemberInPerson(role)) = access else { return false };
    note(operation, &IN_ORGANIZATION);
    operation.extensions.insert("x-least-role".to_owned(), json!(role));
    if !path.contains("{organization}") {
        let what = "The organization, by slug or id. May be left out where only one can be meant.";
        let schema = json_schema!({ "type": "string" });
        let parameter_data = parameter("org", Some(what), false, schema);
        operation.parameters.push(ReferenceOr::Item(Parameter::Query {
            parameter_data,
            allow_reserved: false,
            style: QueryStyle::Form,
            allow_empty_value: None,
        }));
    }
    true
}

/// Names between braces.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn parameter(
    name: &str,
    description: Option<&str>,
    required: bool,
    schema: Schema,
) -> ParameterData {
    ParameterData {
        name: name.to_owned(),
        description: description.map(ToOwned::to_owned),
        required,
        deprecated: None,
        format: schema_of(schema),
        example: None,
        examples: IndexMap::default(),
        explode: None,
        extensions: IndexMap::default(),
    }
}

pub(super) fn schema_of(json_schema: Schema) -> ParameterSchemaOrContent {
    ParameterSchemaOrContent::Schema(SchemaObject {
        json_schema,
        example: None,
        external_docs: None,
    })
}

/// What is called `id` is one.
fn path_parameter(name: &str) -> ReferenceOr<Parameter> {
    let schema = match name {
        "id" => json_schema!({ "type": "string", "format": "uuid" }),
        "version" => json_schema!({ "type": "integer", "minimum": 1 }),
        _ => json_schema!({ "type": "string", "minLength": 1 }),
    };
    let parameter_data = parameter(name, None, true, schema);
    ReferenceOr::Item(Parameter::Path { parameter_data, style: PathStyle::Simple })
}

/// A header that may be left out.
pub(crate) fn header(name: &str, description: &str) -> ReferenceOr<Parameter> {
    bounded_header(name, description, json_schema!({ "type": "string" }))
}

fn bounded_header(name: &str, description: &str, schema: Schema) -> ReferenceOr<Parameter> {
    let parameter_data = parameter(name, Some(description), false, schema);
    ReferenceOr::Item(Parameter::Header { parameter_data, style: HeaderStyle::Simple })
}
