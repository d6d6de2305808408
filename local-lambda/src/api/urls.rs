//! Create-, Update-, Get-, List- and DeleteFunctionUrlConfig.

use std::sync::Arc;

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arn::{FunctionRef, LATEST, function_arn, qualified_arn};
use crate::body::Body;
use crate::clock;
use crate::context::Context;
use crate::model::{Function, InvokeMode, UrlAuth, UrlConfig};
use crate::registry::Change;
use crate::url;

use super::error::ApiError;
use super::page::page;
use super::request::{ApiRequest, no_content, reply};

const PAGE: usize = 50;
const QUALIFIER_PATTERN: &str = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UrlInput {
    auth_type: Option<String>,
    invoke_mode: Option<String>,
}

impl UrlInput {
    fn read(request: &ApiRequest) -> Result<Self, ApiError> {
        request.refuse_members(&["Cors"])?;
        request.json()
    }

    fn auth(&self) -> Result<Option<UrlAuth>, ApiError> {
        match self.auth_type.as_deref() {
            None => Ok(None),
            Some("NONE") => Ok(Some(UrlAuth::None)),
            Some("AWS_IAM") => Ok(Some(UrlAuth::AwsIam)),
            Some(other) => Err(not_one_of("authType", other, "[AWS_IAM, NONE]")),
        }
    }

    fn mode(&self) -> Result<Option<InvokeMode>, ApiError> {
        match self.invoke_mode.as_deref() {
            None => Ok(None),
            Some("BUFFERED") => Ok(Some(InvokeMode::Buffered)),
            Some("RESPONSE_STREAM") => Ok(Some(InvokeMode::ResponseStream)),
            Some(other) => Err(not_one_of("invokeMode", other, "[RESPONSE_STREAM, BUFFERED]")),
        }
    }
}

fn not_one_of(member: &str, value: &str, set: &str) -> ApiError {
    let constraint = format!("Member must satisfy enum value set: {set}");
    ApiError::constraint(member, value, &constraint)
}

pub(super) async fn create(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let reference = function(context, request)?;
    let input = UrlInput::read(request)?;
    let auth = input.auth()?.ok_or_else(|| ApiError::missing("authType"))?;
    let mode = input.mode()?;
    let qualifier = reference.qualifier_or_latest();
    let decide = |function: Option<&Function>| {
        let mut function = existing(function, qualifier)?.clone();
        if function.urls.contains_key(qualifier) {
            return Err(ApiError::conflict(format!(
                "Failed to create function url config for [functionArn = {}]. Error message:  \
                 FunctionUrlConfig exists for this Lambda function",
                reference.arn(&context.region)
            )));
        }
        let created = clock::url_time();
        let config = UrlConfig {
            id: Uuid::new_v4().simple().to_string(),
            auth,
            invoke_mode: mode.unwrap_or(InvokeMode::Buffered),
            modified: created.clone(),
            created,
        };
        function.urls.insert(qualifier.to_owned(), config.clone());
        Ok((Change::Save(Box::new(function)), config))
    };
    let config = context.registry.change(&reference.name, decide).await?;
    let mut body = shape(context, &reference.name, qualifier, &config);
    without(&mut body, &["LastModifiedTime"]);
    if mode.is_none() {
        // The service shows it here only to those who set it.
        without(&mut body, &["InvokeMode"]);
    }
    reply(StatusCode::CREATED, &body)
}

pub(super) async fn update(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let reference = function(context, request)?;
    let input = UrlInput::read(request)?;
    let (auth, mode) = (input.auth()?, input.mode()?);
    let qualifier = reference.qualifier_or_latest();
    let decide = |function: Option<&Function>| {
        let mut function = existing(function, qualifier)?.clone();
        let config = function.urls.get_mut(qualifier).ok_or_else(ApiError::no_resource)?;
        config.auth = auth.unwrap_or(config.auth);
        config.invoke_mode = mode.unwrap_or(config.invoke_mode);
        config.modified = clock::url_time();
        let config = config.clone();
        Ok((Change::Save(Box::new(function)), config))
    };
    let config = context.registry.change(&reference.name, decide).await?;
    let mut body = shape(context, &reference.name, qualifier, &config);
    if mode.is_none() {
        without(&mut body, &["InvokeMode"]);
    }
    reply(StatusCode::OK, &body)
}

pub(super) fn get(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let reference = function(context, request)?;
    let qualifier = reference.qualifier_or_latest();
    let entry = context.registry.get(&reference.name);
    let config = entry.as_ref().and_then(|entry| entry.function.urls.get(qualifier));
    let config = config.ok_or_else(ApiError::no_resource)?;
    reply(StatusCode::OK, &shape(context, &reference.name, qualifier, config))
}

pub(super) fn list(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let reference = function(context, request)?;
    let entry = context.registry.get(&reference.name).ok_or_else(no_function)?;
    let configs = entry.function.urls.iter();
    let items = configs
        .map(|(qualifier, config)| {
            (qualifier.clone(), shape(context, &reference.name, qualifier, config))
        })
        .collect();
    let (configs, marker) = page(&request.query, PAGE, items)?;
    let mut body = json!({ "FunctionUrlConfigs": configs });
    if let Some(marker) = marker {
        body["NextMarker"] = marker.into();
    }
    reply(StatusCode::OK, &body)
}

pub(super) async fn delete(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let reference = function(context, request)?;
    let decide = |function: Option<&Function>| {
        let mut function = function.ok_or_else(ApiError::no_resource)?.clone();
        let removed = function.urls.remove(reference.qualifier_or_latest());
        removed.ok_or_else(ApiError::no_resource)?;
        Ok((Change::Save(Box::new(function)), ()))
    };
    context.registry.change(&reference.name, decide).await?;
    Ok(no_content())
}

/// URLs are of aliases, or of the function itself when no qualifier is given.
fn function(context: &Context, request: &ApiRequest) -> Result<FunctionRef, ApiError> {
    if let Some(qualifier) = request.query.get("Qualifier") {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let number = qualifier.bytes().all(|byte| byte.is_ascii_digit());
        if number || !qualifier.bytes().all(word) {
            return Err(ApiError::pattern("qualifier", qualifier, QUALIFIER_PATTERN));
        }
    }
    request.function(context)
}

fn existing<'a>(function: Option<&'a Function>, qualifier: &str) -> Result<&'a Function, ApiError> {
    let function = function.ok_or_else(no_function)?;
    let known = qualifier == LATEST || function.aliases.contains_key(qualifier);
    if known { Ok(function) } else { Err(no_function()) }
}

fn no_function() -> ApiError {
    ApiError::not_found("Function does not exist")
}

fn shape(context: &Context, name: &str, qualifier: &str, config: &UrlConfig) -> Value {
    let arn = match qualifier {
        LATEST => function_arn(&context.region, name),
        alias => qualified_arn(&context.region, name, alias),
    };
    let (address, id) = (context.address, &config.id);
    json!({
        "FunctionUrl": format!("http://{address}{}{id}/", url::PATH_PREFIX),
        "FunctionArn": arn,
        "AuthType": config.auth,
        "CreationTime": config.created,
        "LastModifiedTime": config.modified,
        "InvokeMode": config.invoke_mode,
    })
}

fn without(body: &mut Value, members: &[&str]) {
    if let Some(body) = body.as_object_mut() {
        members.iter().for_each(|member| drop(body.remove(*member)));
    }
}
