//! Code signing: this host has no configurations for it, and says so as the service does where
//! one is not found.

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::body::Body;
use crate::context::Context;

use super::error::ApiError;
use super::functions;
use super::request::{ApiRequest, no_content, reply};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SigningInput {
    code_signing_config_arn: Option<String>,
}

/// A function never has one.
pub(super) fn get(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    functions::find(context, request)?;
    reply(StatusCode::OK, &json!({}))
}

/// Removing what is not there is no error.
pub(super) fn delete(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    functions::find(context, request)?;
    Ok(no_content())
}

/// No configuration can be found.
pub(super) fn put(request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let input: SigningInput = request.json()?;
    let arn = input.code_signing_config_arn;
    let arn = arn.ok_or_else(|| ApiError::missing("codeSigningConfigArn"))?;
    Err(ApiError::no_code_signing(&arn))
}
