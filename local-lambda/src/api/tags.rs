//! TagResource, UntagResource, ListTags.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::arn::{FunctionRef, LATEST, function_arn, is_account, is_region, is_word};
use crate::body::Body;
use crate::context::Context;
use crate::model::{Function, new_revision};
use crate::registry::Change;

use super::error::ApiError;
use super::request::{ApiRequest, no_content, reply};

const MAX_TAGS: usize = 50;
const ARN_PATTERN: &str = r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagInput {
    tags: Option<BTreeMap<String, String>>,
}

/// Tags that a function may have.
pub(super) fn check(tags: &BTreeMap<String, String>) -> Result<(), ApiError> {
    if tags.len() > MAX_TAGS {
        return Err(ApiError::invalid("Number of tags exceeds resource tag limit."));
    }
    Ok(())
}

pub(super) fn list(context: &Context, arn: &str) -> Result<Response<Body>, ApiError> {
    let name = function(context, arn)?;
    let entry = context.registry.get(&name).ok_or_else(|| missing(context, &name))?;
    reply(StatusCode::OK, &json!({ "Tags": entry.function.tags }))
}

pub(super) async fn tag(
    context: &Arc<Context>,
    request: &ApiRequest,
    arn: &str,
) -> Result<Response<Body>, ApiError> {
    let name = function(context, arn)?;
    let input: TagInput = request.json()?;
    let tags = input.tags.ok_or_else(|| ApiError::missing("tags"))?;
    if tags.is_empty() {
        return Err(ApiError::invalid("An error occurred and the request cannot be processed."));
    }
    change(context, &name, |function| {
        function.tags.extend(tags);
        check(&function.tags)
    })
    .await
}

pub(super) async fn untag(
    context: &Arc<Context>,
    request: &ApiRequest,
    arn: &str,
) -> Result<Response<Body>, ApiError> {
    let name = function(context, arn)?;
    let keys: Vec<_> = request.query.all("tagKeys").collect();
    if keys.is_empty() {
        return Err(ApiError::missing("tagKeys"));
    }
    change(context, &name, |function| {
        function.tags.retain(|key, _| !keys.contains(&key.as_str()));
        Ok(())
    })
    .await
}

async fn change(
    context: &Context,
    name: &str,
    apply: impl FnOnce(&mut Function) -> Result<(), ApiError>,
) -> Result<Response<Body>, ApiError> {
    let decide = |function: Option<&Function>| {
        let mut function = function.ok_or_else(|| missing(context, name))?.clone();
        apply(&mut function)?;
        // By the service's count a tag changes the function.
        function.latest.revision = new_revision();
        Ok((Change::Save(Box::new(function)), ()))
    };
    context.registry.change(name, decide).await?;
    Ok(no_content())
}

/// The function that an ARN names. Other resources may have tags on the service; here are none.
fn function(context: &Context, arn: &str) -> Result<String, ApiError> {
    let (kind, id) =
        resource(arn).ok_or_else(|| ApiError::pattern("resource", arn, ARN_PATTERN))?;
    let missing = |what| ApiError::not_found(format!("{what} not found: {arn}"));
    match kind {
        "function" => {}
        "event-source-mapping" => return Err(missing("Event source mapping")),
        "capacity-provider" => return Err(missing("Capacity provider")),
        _ => return Err(missing("Resource")),
    }
    if id.contains(':') {
        return Err(ApiError::invalid(
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        ));
    }
    FunctionRef::parse(&context.region, arn, None).map(|reference| reference.name)
}

/// The kind and the name of a resource, as [`ARN_PATTERN`] takes them apart.
fn resource(arn: &str) -> Option<(&str, &str)> {
    let (partition, rest) = arn.strip_prefix("arn:aws")?.split_once(":lambda:")?;
    let mut parts = rest.splitn(4, ':');
    let (region, account) = (parts.next()?, parts.next()?);
    let (kind, id) = (parts.next()?, parts.next()?);
    let known = match kind {
        "function" => {
            let (name, qualifier) = id.split_once(':').unwrap_or((id, LATEST));
            is_word(name) && (qualifier == LATEST || is_word(qualifier))
        }
        "layer" | "capacity-provider" => is_word(id),
        "event-source-mapping" => uuid::Uuid::try_parse(id).is_ok(),
        "code-signing-config" => id.starts_with("csc-") && is_word(id),
        _ => false,
    };
    let placed = partition.bytes().all(|it| it.is_ascii_alphabetic() || it == b'-')
        && is_region(region)
        && is_account(account);
    (known && placed).then_some((kind, id))
}

fn missing(context: &Context, name: &str) -> ApiError {
    ApiError::no_function(&function_arn(&context.region, name))
}
