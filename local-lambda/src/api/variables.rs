//! Environment variables: what an owner may set, and how they are kept.

use std::collections::BTreeMap;

use serde_json::json;

use crate::context::Context;
use crate::store::Sealed;

use super::error::ApiError;

const MAX_ENVIRONMENT: usize = 4096;

/// Names that a function's owner may not set.
const RESERVED: [&str; 18] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Seals new values; unchanged ones stay sealed as they are, so that settings compare equal.
pub(super) fn sealed(
    context: &Context,
    name: &str,
    before: Option<&Sealed>,
    variables: &BTreeMap<String, String>,
) -> Result<Option<Sealed>, ApiError> {
    check_variables(variables)?;
    if let Some(before) = before
        && context.secrets.open_sealed(name, before).is_ok_and(|before| before == *variables)
    {
        return Ok(Some(before.clone()));
    }
    let sealed = context.secrets.seal(name, variables);
    sealed.map(Some).map_err(|error| ApiError::internal("encrypt the environment", &error))
}

fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), ApiError> {
    const UNABLE: &str = "Lambda was unable to configure your environment variables because the \
                          environment variables you have provided";
    let reserved: Vec<_> =
        variables.keys().map(String::as_str).filter(|name| RESERVED.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(ApiError::invalid(format!(
            "{UNABLE} contains reserved keys that are currently not supported for modification. \
             Reserved keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    for name in variables.keys() {
        let mut bytes = name.bytes();
        let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
        if name.len() < 2 || !first || !bytes.all(|it| it.is_ascii_alphanumeric() || it == b'_') {
            return Err(ApiError::pattern(
                "environment.variables",
                name,
                "[a-zA-Z]([a-zA-Z0-9_])+",
            ));
        }
    }
    if variables.values().any(|value| value.contains('\0')) {
        return Err(ApiError::invalid("Environment variables must not contain NUL"));
    }
    let measured = json!(variables).to_string();
    let size: usize = variables.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MAX_ENVIRONMENT {
        return Err(ApiError::invalid(format!(
            "{UNABLE} exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(())
}
