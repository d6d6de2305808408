//! Environment variables: what an owner may set, and how they are kept.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

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

/// Variables in the order of the request, in which an error shows them.
#[derive(Debug, Default)]
pub(super) struct Variables(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Variables;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of strings")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Variables, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Variables(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl Variables {
    /// As the service measures them: compact JSON.
    fn measured(&self) -> String {
        let quoted = |text: &String| serde_json::Value::from(text.as_str()).to_string();
        let pairs =
            self.0.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    }
}

/// Seals new values; unchanged ones stay sealed as they are, so that settings compare equal.
pub(super) fn sealed(
    context: &Context,
    name: &str,
    before: Option<&Sealed>,
    variables: &Variables,
) -> Result<Option<Sealed>, ApiError> {
    let measured = variables.measured();
    let variables: BTreeMap<_, _> = variables.0.iter().cloned().collect();
    check_variables(&variables, &measured)?;
    if let Some(before) = before
        && context.secrets.open_sealed(name, before).is_ok_and(|before| before == variables)
    {
        return Ok(Some(before.clone()));
    }
    let sealed = context.secrets.seal(name, &variables);
    sealed.map(Some).map_err(|error| ApiError::internal("encrypt the environment", &error))
}

fn check_variables(variables: &BTreeMap<String, String>, measured: &str) -> Result<(), ApiError> {
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
    if measured.len() > MAX_ENVIRONMENT {
        return Err(ApiError::invalid(format!(
            "{UNABLE} exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(())
}
