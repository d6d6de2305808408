//! Put-, Get-, List- and DeleteProvisionedConcurrencyConfig.

use std::sync::Arc;

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arn::{FunctionRef, LATEST, function_arn, qualified_arn};
use crate::body::Body;
use crate::clock;
use crate::context::Context;
use crate::model::{Function, Provisioned};
use crate::registry::Change;

use super::account::{CONCURRENCY, MIN_UNRESERVED};
use super::concurrency::reserved_by_others;
use super::error::ApiError;
use super::page::list_reply;
use super::request::{ApiRequest, no_content, reply};

const PAGE: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProvisionedInput {
    provisioned_concurrent_executions: Option<i64>,
}

impl ProvisionedInput {
    fn requested(&self) -> Result<u32, ApiError> {
        const MEMBER: &str = "provisionedConcurrentExecutions";
        let asked = self.provisioned_concurrent_executions;
        let asked = asked.ok_or_else(|| ApiError::missing(MEMBER))?;
        if asked < 1 {
            let constraint = "Member must have value greater than or equal to 1";
            return Err(ApiError::constraint(MEMBER, &asked.to_string(), constraint));
        }
        // More than that is more than any account has.
        Ok(u32::try_from(asked).unwrap_or(u32::MAX))
    }
}

pub(super) async fn put(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let requested = request.json::<ProvisionedInput>()?.requested()?;
    let (reference, qualifier) = named(context, request)?;
    if qualifier == LATEST {
        return Err(ApiError::invalid(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        ));
    }
    let others = reserved_by_others(context, &reference.name);
    let decide = |function: Option<&Function>| {
        let mut function = existing(context, &reference, &qualifier, function)?.clone();
        check_conflict(&function, &qualifier)?;
        check_limits(&function, &qualifier, requested, others)?;
        let made = Provisioned { requested, modified: clock::last_modified() };
        function.provisioned.insert(qualifier.clone(), made.clone());
        Ok((Change::Save(Box::new(function)), made))
    };
    let made = context.registry.change(&reference.name, decide).await?;
    reply(StatusCode::ACCEPTED, &shape(&made, 0))
}

pub(super) fn get(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let (reference, qualifier) = published(context, request)?;
    let entry = context.registry.get(&reference.name);
    let function = entry.as_ref().map(|entry| &entry.function);
    existing(context, &reference, &qualifier, function)?;
    let entry = entry.ok_or_else(ApiError::not_provisioned)?;
    let config = entry.function.provisioned.get(&qualifier);
    let config = config.ok_or_else(ApiError::not_provisioned)?;
    reply(StatusCode::OK, &shape(config, entry.kept_ready(&qualifier)))
}

pub(super) fn list(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let name = &reference.name;
    let missing = || ApiError::no_function(&function_arn(&context.region, name));
    let entry = context.registry.get(name).ok_or_else(missing)?;
    let items = entry.function.provisioned.iter();
    let items = items.map(|(qualifier, config)| {
        let mut shape = shape(config, entry.kept_ready(qualifier));
        shape["FunctionArn"] = qualified_arn(&context.region, name, qualifier).into();
        (qualifier.clone(), shape)
    });
    list_reply(&request.query, PAGE, "ProvisionedConcurrencyConfigs", items.collect())
}

/// Deleting one that is not there is no error.
pub(super) async fn delete(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let (reference, qualifier) = published(context, request)?;
    let decide = |function: Option<&Function>| {
        let mut function = existing(context, &reference, &qualifier, function)?.clone();
        let change = match function.provisioned.remove(&qualifier) {
            Some(_) => Change::Save(Box::new(function)),
            None => Change::Keep,
        };
        Ok((change, ()))
    };
    context.registry.change(&reference.name, decide).await?;
    Ok(no_content())
}

fn named(context: &Context, request: &ApiRequest) -> Result<(FunctionRef, String), ApiError> {
    let reference = request.function(context)?;
    let qualifier = reference.qualifier.clone().ok_or_else(|| ApiError::missing("qualifier"))?;
    Ok((reference, qualifier))
}

fn published(context: &Context, request: &ApiRequest) -> Result<(FunctionRef, String), ApiError> {
    let named = named(context, request)?;
    if named.1 == LATEST {
        return Err(ApiError::invalid(
            "The function resource provided must be an alias or a published version.",
        ));
    }
    Ok(named)
}

/// The function, if it has the version or alias.
fn existing<'a>(
    context: &Context,
    reference: &FunctionRef,
    qualifier: &str,
    function: Option<&'a Function>,
) -> Result<&'a Function, ApiError> {
    if let Some(function) = function.filter(|function| function.resolve(qualifier).is_some()) {
        return Ok(function);
    }
    let arn = qualified_arn(&context.region, &reference.name, qualifier);
    if qualifier.bytes().all(|byte| byte.is_ascii_digit()) {
        Err(ApiError::no_function(&arn))
    } else {
        Err(ApiError::not_found(format!("Cannot find alias arn: {arn}")))
    }
}

/// A version is kept ready by its own configuration or by an alias's, not by both.
fn check_conflict(function: &Function, qualifier: &str) -> Result<(), ApiError> {
    let version = function.provisioned_version(qualifier);
    let is_alias = version != qualifier;
    if is_alias && function.provisioned.contains_key(version) {
        return Err(ApiError::conflict(
            "Alias can't be used for Provisioned Concurrency configuration on an already \
             Provisioned version",
        ));
    }
    let mut others = function.provisioned.keys().filter(|other| *other != qualifier);
    if !is_alias && others.any(|other| function.provisioned_version(other) == version) {
        return Err(ApiError::conflict("Version is pointed by a Provisioned Concurrency alias"));
    }
    Ok(())
}

fn check_limits(
    function: &Function,
    qualifier: &str,
    requested: u32,
    reserved_by_others: u64,
) -> Result<(), ApiError> {
    let before = function.provisioned.get(qualifier).map_or(0, |it| it.requested);
    let total = u64::from(function.total_provisioned() - before) + u64::from(requested);
    if let Some(reserved) = function.reserved_concurrency {
        if total > u64::from(reserved) {
            return Err(ApiError::invalid(
                "Requested Provisioned Concurrency should not be greater than the \
                 reservedConcurrentExecution for function",
            ));
        }
        return Ok(());
    }
    let unreserved = CONCURRENCY.saturating_sub(reserved_by_others);
    if total > unreserved {
        return Err(ApiError::invalid(format!(
            "Specified ConcurrentExecutions for function is greater than account's unreserved \
             concurrency [{unreserved}]."
        ))
        .untyped());
    }
    if total + MIN_UNRESERVED > unreserved {
        return Err(ApiError::invalid(format!(
            "Specified ConcurrentExecutions for function decreases account's \
             UnreservedConcurrentExecution below its minimum value of [{MIN_UNRESERVED}]."
        ))
        .untyped());
    }
    Ok(())
}

fn shape(config: &Provisioned, ready: usize) -> Value {
    let requested = config.requested;
    let ready = u32::try_from(ready).unwrap_or(u32::MAX).min(requested);
    let status = if ready == requested { "READY" } else { "IN_PROGRESS" };
    json!({
        "RequestedProvisionedConcurrentExecutions": requested,
        "AvailableProvisionedConcurrentExecutions": ready,
        "AllocatedProvisionedConcurrentExecutions": ready,
        "Status": status,
        "LastModified": config.modified,
    })
}
