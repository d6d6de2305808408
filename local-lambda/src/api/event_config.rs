//! Put-, Update-, Get-, List- and DeleteFunctionEventInvokeConfig: how asynchronous calls end.

use std::sync::Arc;
use std::time::SystemTime;

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arn::{self, FunctionRef, qualified_arn};
use crate::body::Body;
use crate::clock;
use crate::context::Context;
use crate::model::{Function, InvokeConfig};
use crate::registry::Change;

use super::error::ApiError;
use super::page::list_reply;
use super::request::{ApiRequest, no_content, reply};

const PAGE: usize = 50;
const MAX_RETRIES: u32 = 2;
const MIN_AGE: u32 = 60;
const MAX_AGE: u32 = 21_600;
const ARN_PATTERN: &str = r"$|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1})?:(\d{12})?:(.*)";
/// Services that a destination may be of.
const DESTINATIONS: [&str; 5] = ["lambda", "sqs", "sns", "events", "s3"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConfigInput {
    maximum_retry_attempts: Option<u32>,
    maximum_event_age_in_seconds: Option<u32>,
    destination_config: Option<DestinationsInput>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DestinationsInput {
    on_success: Option<DestinationInput>,
    on_failure: Option<DestinationInput>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DestinationInput {
    destination: Option<String>,
}

impl ConfigInput {
    fn read(request: &ApiRequest) -> Result<Self, ApiError> {
        let input: Self = request.json()?;
        let retries = input.maximum_retry_attempts;
        in_range("maximumRetryAttempts", retries, 0, MAX_RETRIES)?;
        in_range("maximumEventAgeInSeconds", input.maximum_event_age_in_seconds, MIN_AGE, MAX_AGE)?;
        let ends = [("onSuccess", input.on_success()), ("onFailure", input.on_failure())];
        for (member, destination) in ends {
            if let Some(text) = destination.filter(|text| !is_destination(text)) {
                let member = format!("destinationConfig.{member}.destination");
                return Err(ApiError::pattern(&member, text, ARN_PATTERN));
            }
        }
        Ok(input)
    }

    fn on_success(&self) -> Option<&str> {
        self.destination_config.as_ref()?.on_success.as_ref()?.destination.as_deref()
    }

    fn on_failure(&self) -> Option<&str> {
        self.destination_config.as_ref()?.on_failure.as_ref()?.destination.as_deref()
    }

    fn says_nothing(&self) -> bool {
        self.maximum_retry_attempts.is_none()
            && self.maximum_event_age_in_seconds.is_none()
            && self.destination_config.is_none()
    }

    /// `before` with what the request sets.
    fn applied_to(&self, before: InvokeConfig) -> InvokeConfig {
        let kept = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let mut config = InvokeConfig {
            max_retries: self.maximum_retry_attempts.or(before.max_retries),
            max_age_seconds: self.maximum_event_age_in_seconds.or(before.max_age_seconds),
            modified: clock::epoch_seconds(SystemTime::now()),
            ..before
        };
        if self.destination_config.is_some() {
            config.on_success = self.on_success().and_then(kept);
            config.on_failure = self.on_failure().and_then(kept);
        }
        config
    }
}

/// Replaces the configuration.
pub(super) async fn put(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    save(context, request, |_| Ok(InvokeConfig::default())).await
}

/// Changes what the request names.
pub(super) async fn update(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    save(context, request, |before| before.cloned().ok_or(())).await
}

async fn save(
    context: &Arc<Context>,
    request: &ApiRequest,
    base: impl FnOnce(Option<&InvokeConfig>) -> Result<InvokeConfig, ()>,
) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let input = ConfigInput::read(request)?;
    if input.says_nothing() {
        return Err(ApiError::invalid(
            "You must specify at least one of error handling or destination setting.",
        ));
    }
    let qualifier = reference.qualifier_or_latest();
    let decide = |function: Option<&Function>| {
        let mut function = function.ok_or_else(no_function)?.clone();
        function.resolve(qualifier).ok_or_else(no_function)?;
        let before = base(function.invoke_configs.get(qualifier));
        let before = before.map_err(|()| no_config(context, &reference))?;
        check_destinations(context, &reference, &input)?;
        let config = input.applied_to(before);
        function.invoke_configs.insert(qualifier.to_owned(), config.clone());
        Ok((Change::Save(Box::new(function)), config))
    };
    let config = context.registry.change(&reference.name, decide).await?;
    reply(StatusCode::OK, &shape(context, &reference.name, qualifier, &config))
}

pub(super) fn get(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let qualifier = reference.qualifier_or_latest();
    let entry = context.registry.get(&reference.name);
    let config = entry.as_ref().and_then(|entry| entry.function.invoke_configs.get(qualifier));
    let config = config.ok_or_else(|| no_config(context, &reference))?;
    reply(StatusCode::OK, &shape(context, &reference.name, qualifier, config))
}

pub(super) fn list(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let entry = context.registry.get(&reference.name).ok_or_else(no_function)?;
    let configs = entry.function.invoke_configs.iter();
    let items = configs
        .map(|(qualifier, config)| {
            (qualifier.clone(), shape(context, &reference.name, qualifier, config))
        })
        .collect();
    list_reply(&request.query, PAGE, "FunctionEventInvokeConfigs", items)
}

pub(super) async fn delete(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let decide = |function: Option<&Function>| {
        let missing = || no_config(context, &reference);
        let mut function = function.ok_or_else(missing)?.clone();
        function.invoke_configs.remove(reference.qualifier_or_latest()).ok_or_else(missing)?;
        Ok((Change::Save(Box::new(function)), ()))
    };
    context.registry.change(&reference.name, decide).await?;
    Ok(no_content())
}

fn in_range(member: &str, value: Option<u32>, min: u32, max: u32) -> Result<(), ApiError> {
    let Some(value) = value else { return Ok(()) };
    let constraint = match value {
        value if value < min => format!("Member must have value greater than or equal to {min}"),
        value if value > max => format!("Member must have value less than or equal to {max}"),
        _ => return Ok(()),
    };
    Err(ApiError::constraint(member, &value.to_string(), &constraint))
}

/// Whether the service's pattern takes it: nothing, a Kafka topic, or an ARN.
fn is_destination(text: &str) -> bool {
    text.is_empty() || text.starts_with("kafka://") || service_of(text).is_some()
}

/// The service that an ARN is of.
fn service_of(arn: &str) -> Option<&str> {
    let mut parts = arn.strip_prefix("arn:aws")?.splitn(5, ':');
    let word = |text: &str| text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    let (partition, service) = (parts.next()?, parts.next()?);
    let (region, account) = (parts.next()?, parts.next()?);
    parts.next()?;
    let placed = (region.is_empty() || arn::is_region(region))
        && (account.is_empty() || arn::is_account(account));
    (word(partition) && !service.is_empty() && word(service) && placed).then_some(service)
}

fn check_destinations(
    context: &Context,
    reference: &FunctionRef,
    input: &ConfigInput,
) -> Result<(), ApiError> {
    for text in [input.on_success(), input.on_failure()].into_iter().flatten() {
        match service_of(text) {
            None => {}
            Some("lambda") => check_function(context, reference, text)?,
            Some(service) if DESTINATIONS.contains(&service) => {}
            Some(_) => return Err(no_destination(input)),
        }
    }
    Ok(())
}

fn check_function(
    context: &Context,
    reference: &FunctionRef,
    destination: &str,
) -> Result<(), ApiError> {
    let invalid = || ApiError::invalid(format!("The destination ARN {destination} is invalid."));
    let target = FunctionRef::parse(&context.region, destination, None).map_err(|_| invalid())?;
    if target.name == reference.name {
        return Err(ApiError::invalid(
            "You can't specify the function as a destination for itself.",
        ));
    }
    context.registry.get(&target.name).map(drop).ok_or_else(invalid)
}

/// The service shows the setting as its own code prints it.
fn no_destination(input: &ConfigInput) -> ApiError {
    let shown = |kind: &str, destination: Option<&str>| match destination {
        Some(arn) => format!("{kind}(destination={arn})"),
        None => "null".to_owned(),
    };
    let (success, failure) =
        (shown("OnSuccess", input.on_success()), shown("OnFailure", input.on_failure()));
    ApiError::invalid(format!(
        "The provided destination config DestinationConfig(onSuccess={success}, \
         onFailure={failure}) is invalid."
    ))
}

fn no_function() -> ApiError {
    ApiError::not_found("The function doesn't exist.")
}

fn no_config(context: &Context, reference: &FunctionRef) -> ApiError {
    let qualifier = reference.qualifier_or_latest();
    let arn = qualified_arn(&context.region, &reference.name, qualifier);
    ApiError::not_found(format!("The function {arn} doesn't have an EventInvokeConfig"))
}

fn shape(context: &Context, name: &str, qualifier: &str, config: &InvokeConfig) -> Value {
    let destination = |arn: &Option<String>| match arn {
        Some(arn) => json!({ "Destination": arn }),
        None => json!({}),
    };
    let mut shape = json!({
        "FunctionArn": qualified_arn(&context.region, name, qualifier),
        "LastModified": config.modified,
        "DestinationConfig": {
            "OnSuccess": destination(&config.on_success),
            "OnFailure": destination(&config.on_failure),
        },
    });
    if let Some(retries) = config.max_retries {
        shape["MaximumRetryAttempts"] = retries.into();
    }
    if let Some(age) = config.max_age_seconds {
        shape["MaximumEventAgeInSeconds"] = age.into();
    }
    shape
}
