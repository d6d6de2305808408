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
use crate::model::{Cors, Function, InvokeMode, UrlAuth, UrlConfig};
use crate::registry::Change;
use crate::url;

use super::error::ApiError;
use super::page::list_reply;
use super::request::{ApiRequest, no_content, reply};

const PAGE: usize = 50;
/// Seconds that a browser may keep an answer about CORS.
const MAX_AGE: u32 = 86_400;
const QUALIFIER_PATTERN: &str = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UrlInput {
    auth_type: Option<String>,
    invoke_mode: Option<String>,
    cors: Option<Cors>,
}

impl UrlInput {
    fn read(request: &ApiRequest) -> Result<Self, ApiError> {
        let input: Self = request.json()?;
        input.cors.as_ref().map_or(Ok(()), check_cors)?;
        Ok(input)
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

fn check_cors(cors: &Cors) -> Result<(), ApiError> {
    let lists = [
        ("cors.allowHeaders", &cors.allow_headers, 100),
        ("cors.allowMethods", &cors.allow_methods, 6),
        ("cors.allowOrigins", &cors.allow_origins, 100),
        ("cors.exposeHeaders", &cors.expose_headers, 100),
    ];
    for (member, items, most) in lists {
        if items.len() > most {
            let constraint = format!("Member must have length less than or equal to {most}");
            return Err(ApiError::constraint(member, &shown(items), &constraint));
        }
    }
    if let Some(method) = cors.allow_methods.iter().find(|it| it.len() > 6) {
        let constraint = "Member must satisfy constraint: [Member must have length less than or \
                          equal to 6, Member must have length greater than or equal to 0, Member \
                          must satisfy regular expression pattern: .*, Member must not be null]";
        return Err(ApiError::constraint("cors.allowMethods", &format!("[{method}]"), constraint));
    }
    match cors.max_age {
        Some(age) if age > MAX_AGE => {
            let constraint = format!("Member must have value less than or equal to {MAX_AGE}");
            Err(ApiError::constraint("cors.maxAge", &age.to_string(), &constraint))
        }
        _ => Ok(()),
    }
}

fn shown(items: &[String]) -> String {
    format!("[{}]", items.join(", "))
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
            mode_chosen: mode.is_some(),
            cors: input.cors.clone(),
            modified: created.clone(),
            created,
        };
        function.urls.insert(qualifier.to_owned(), config.clone());
        Ok((Change::Save(Box::new(function)), config))
    };
    let config = context.registry.change(&reference.name, decide).await?;
    let mut body = shape(context, &reference.name, qualifier, &config);
    without(&mut body, &["LastModifiedTime"]);
    hide_default_mode(&mut body, &config);
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
        config.mode_chosen |= mode.is_some();
        if let Some(cors) = &input.cors {
            config.cors = Some(cors.clone());
        }
        config.modified = clock::url_time();
        let config = config.clone();
        Ok((Change::Save(Box::new(function)), config))
    };
    let config = context.registry.change(&reference.name, decide).await?;
    let mut body = shape(context, &reference.name, qualifier, &config);
    hide_default_mode(&mut body, &config);
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
    list_reply(&request.query, PAGE, "FunctionUrlConfigs", items)
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
    let id = &config.id;
    let mut shape = json!({
        "FunctionUrl": format!("{}{}{id}/", context.public_url(), url::PATH_PREFIX),
        "FunctionArn": arn,
        "AuthType": config.auth,
        "CreationTime": config.created,
        "LastModifiedTime": config.modified,
        "InvokeMode": config.invoke_mode,
    });
    if let Some(cors) = &config.cors {
        shape["Cors"] = json!(cors);
    }
    shape
}

/// Replies to changes show the mode only where somebody has chosen it.
fn hide_default_mode(body: &mut Value, config: &UrlConfig) {
    if !config.mode_chosen {
        without(body, &["InvokeMode"]);
    }
}

fn without(body: &mut Value, members: &[&str]) {
    if let Some(body) = body.as_object_mut() {
        members.iter().for_each(|member| drop(body.remove(*member)));
    }
}
