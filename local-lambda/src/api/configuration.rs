//! UpdateFunctionConfiguration, and the checks of settings that it shares with CreateFunction.

use std::sync::Arc;

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arn::{LATEST, function_arn};
use crate::body::Body;
use crate::clock;
use crate::context::Context;
use crate::model::{Function, Version, VersionSettings, new_revision};
use crate::registry::Change;

use super::error::ApiError;
use super::request::{ApiRequest, reply};
use super::runtimes;
use super::shape::{Settled, Shown, configuration};
use super::variables::{self, Variables};

const ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];
const MAX_DESCRIPTION: usize = 256;

/// What the service has and this host does not.
const UNAVAILABLE: [&str; 13] = [
    "VpcConfig",
    "DeadLetterConfig",
    "KMSKeyArn",
    "FileSystemConfigs",
    "ImageConfig",
    "CodeSigningConfigArn",
    "SnapStart",
    "TenancyConfig",
    "CapacityProviderConfig",
    "DurableConfig",
    "RuntimeConfig",
    "AcceleratorConfig",
    "PublishTo",
];

/// The settings in a request; what is absent stays as it is, or as the service's default.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SettingsInput {
    pub(super) description: Option<String>,
    runtime: Option<String>,
    role: Option<String>,
    handler: Option<String>,
    timeout: Option<u32>,
    memory_size: Option<u32>,
    environment: Option<EnvironmentInput>,
    tracing_config: Option<TracingInput>,
    ephemeral_storage: Option<EphemeralInput>,
    logging_config: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct EnvironmentInput {
    variables: Variables,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TracingInput {
    mode: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EphemeralInput {
    size: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateFunctionConfiguration {
    revision_id: Option<String>,
    #[serde(flatten)]
    settings: SettingsInput,
}

/// Settings that are refused in the service's words.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refusable {
    layers: Option<Vec<String>>,
    snap_start: Option<SnapStartInput>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnapStartInput {
    apply_on: Option<String>,
}

impl SettingsInput {
    /// Refuses settings that would have to be ignored.
    pub(super) fn refuse_unavailable(request: &ApiRequest) -> Result<(), ApiError> {
        let said: Refusable = request.json()?;
        if let Some(layer) = said.layers.iter().flatten().next() {
            return Err(ApiError::invalid(format!(
                "Layer version {layer} does not exist. (This host has no layers.)"
            )));
        }
        if let Some(mode) = said.snap_start.and_then(|it| it.apply_on) {
            one_of("snapStart.applyOn", &mode, &["PublishedVersions", "None"])?;
        }
        request.refuse_members(&UNAVAILABLE)
    }

    /// The settings of a new function.
    pub(super) fn create(
        &self,
        context: &Context,
        name: &str,
        architectures: Option<&[String]>,
    ) -> Result<VersionSettings, ApiError> {
        if self.role.is_none() {
            return Err(ApiError::missing("role"));
        }
        if self.runtime.is_none() || self.handler.is_none() {
            return Err(ApiError::invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
            ));
        }
        let defaults = VersionSettings {
            runtime: String::new(),
            role: String::new(),
            handler: None,
            timeout_seconds: 3,
            memory_mb: 128,
            environment: None,
            architecture: architectures.map_or_else(|| Ok("x86_64".to_owned()), architecture)?,
            tracing: "PassThrough".to_owned(),
            ephemeral_storage_mb: 512,
            logging: json!({ "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{name}") }),
        };
        self.apply(context, name, defaults)
    }

    /// `settings` with what the request sets.
    fn apply(
        &self,
        context: &Context,
        name: &str,
        mut settings: VersionSettings,
    ) -> Result<VersionSettings, ApiError> {
        if let Some(text) = &self.description
            && text.chars().count() > MAX_DESCRIPTION
        {
            return Err(too_long("description", text, MAX_DESCRIPTION));
        }
        if let Some(runtime) = &self.runtime {
            settings.runtime = runtimes::checked(runtime)?;
        }
        if let Some(role) = &self.role {
            settings.role = checked_role(role)?;
        }
        if let Some(handler) = &self.handler {
            settings.handler = Some(checked_handler(handler)?);
        }
        if let Some(timeout) = self.timeout {
            settings.timeout_seconds = in_range("timeout", timeout, 1, 900)?;
        }
        if let Some(memory) = self.memory_size {
            settings.memory_mb = in_range("memorySize", memory, 128, 10_240)?;
        }
        if let Some(storage) = &self.ephemeral_storage {
            settings.ephemeral_storage_mb =
                in_range("ephemeralStorage.size", storage.size, 512, 10_240)?;
        }
        if let Some(mode) = self.tracing_config.as_ref().and_then(|it| it.mode.as_deref()) {
            settings.tracing = one_of("tracingConfig.mode", mode, &["Active", "PassThrough"])?;
        }
        if let Some(logging) = &self.logging_config {
            merge_logging(&mut settings.logging, logging)?;
        }
        if let Some(environment) = &self.environment {
            let before = settings.environment.as_ref();
            settings.environment =
                variables::sealed(context, name, before, &environment.variables)?;
        }
        Ok(settings)
    }
}

pub(super) async fn update(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let input: UpdateFunctionConfiguration = request.json()?;
    SettingsInput::refuse_unavailable(request)?;
    let reference = request.function(context)?;
    let name = reference.name.as_str();
    let decide = |function: Option<&Function>| {
        let missing = || ApiError::no_function(&function_arn(&context.region, name));
        let mut function = function.ok_or_else(missing)?.clone();
        if input.revision_id.as_ref().is_some_and(|seen| *seen != function.latest.revision) {
            return Err(ApiError::stale_revision("GetFunction/GetAlias"));
        }
        let settings = input.settings.apply(context, name, function.latest.settings.clone())?;
        let latest = &mut function.latest;
        let description =
            input.settings.description.clone().unwrap_or_else(|| latest.description.clone());
        if (&settings, &description) != (&latest.settings, &latest.description) {
            function.published_as = None;
        }
        (latest.settings, latest.description) = (settings, description);
        latest.revision = new_revision();
        latest.modified = clock::last_modified();
        let latest = latest.clone();
        Ok((Change::Save(Box::new(function)), latest))
    };
    let latest = context.registry.change(name, decide).await?;
    let version = Version { revision: new_revision(), ..latest };
    let settled = Settled::Updating;
    let shown = Shown { name, number: LATEST, qualifier: None, version: &version, settled };
    reply(StatusCode::OK, &configuration(context, &shown)?)
}

/// The one architecture of a list.
pub(super) fn architecture(asked: &[String]) -> Result<String, ApiError> {
    let shown = || format!("[{}]", asked.join(", "));
    match asked {
        [one] if ARCHITECTURES.contains(&one.as_str()) => Ok(one.clone()),
        [_] => Err(ApiError::constraint(
            "architectures",
            &shown(),
            "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], \
             Member must not be null]",
        )),
        _ => Err(ApiError::constraint(
            "architectures",
            &shown(),
            "Member must have length less than or equal to 1",
        )),
    }
}

fn checked_role(role: &str) -> Result<String, ApiError> {
    const PATTERN: &str = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+";
    let valid = || {
        let (partition, rest) = role.strip_prefix("arn:aws")?.split_once(":iam::")?;
        let (account, name) = rest.split_once(":role")?;
        let account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let name = name.len() > 1
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&byte));
        Some(account && name && partition.bytes().all(|it| it.is_ascii_alphabetic() || it == b'-'))
    };
    if valid() == Some(true) {
        Ok(role.to_owned())
    } else {
        Err(ApiError::pattern("role", role, PATTERN))
    }
}

fn checked_handler(handler: &str) -> Result<String, ApiError> {
    if handler.len() > 128 {
        return Err(too_long("handler", handler, 128));
    }
    if handler.is_empty() || handler.contains(char::is_whitespace) {
        return Err(ApiError::pattern("handler", handler, r"[^\s]+"));
    }
    Ok(handler.to_owned())
}

fn in_range(member: &str, value: u32, min: u32, max: u32) -> Result<u32, ApiError> {
    let refused =
        |constraint: String| ApiError::constraint(member, &value.to_string(), &constraint);
    if value < min {
        return Err(refused(format!("Member must have value greater than or equal to {min}")));
    }
    if value > max {
        return Err(refused(format!("Member must have value less than or equal to {max}")));
    }
    Ok(value)
}

fn one_of(member: &str, value: &str, allowed: &[&str]) -> Result<String, ApiError> {
    if allowed.contains(&value) {
        return Ok(value.to_owned());
    }
    let set = format!("Member must satisfy enum value set: [{}]", allowed.join(", "));
    Err(ApiError::constraint(member, value, &set))
}

fn too_long(member: &str, value: &str, max: usize) -> ApiError {
    let constraint = format!("Member must have length less than or equal to {max}");
    ApiError::constraint(member, value, &constraint)
}

fn merge_logging(logging: &mut Value, asked: &Value) -> Result<(), ApiError> {
    if asked["LogFormat"].as_str().is_some_and(|format| format != "Text") {
        return Err(ApiError::invalid("LogFormat JSON is not available on this host"));
    }
    if let Some(group) = asked["LogGroup"].as_str() {
        logging["LogGroup"] = group.into();
    }
    Ok(())
}
