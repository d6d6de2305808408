//! TagResource, UntagResource, ListTags.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::arn::{FunctionRef, function_arn};
use crate::body::Body;
use crate::context::Context;
use crate::model::Function;
use crate::registry::Change;

use super::error::ApiError;
use super::request::{ApiRequest, no_content, reply};

const MAX_TAGS: usize = 50;

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
        Ok((Change::Save(Box::new(function)), ()))
    };
    context.registry.change(name, decide).await?;
    Ok(no_content())
}

fn function(context: &Context, arn: &str) -> Result<String, ApiError> {
    if !arn.starts_with("arn:aws:lambda:") {
        let pattern =
            r"arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}-[a-z]+-\d{1}:\d{12}:function:[a-zA-Z0-9-_]+";
        return Err(ApiError::pattern("resource", arn, pattern));
    }
    let reference = FunctionRef::parse(&context.region, arn, None)?;
    if reference.qualifier.is_some() {
        return Err(ApiError::invalid(
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        ));
    }
    Ok(reference.name)
}

fn missing(context: &Context, name: &str) -> ApiError {
    ApiError::no_function(&function_arn(&context.region, name))
}
