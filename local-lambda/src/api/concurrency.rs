//! Put-, Get- and DeleteFunctionConcurrency: the reserved concurrency.

use std::sync::Arc;

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::arn::{FunctionRef, LATEST, function_arn, qualified_arn};
use crate::body::Body;
use crate::context::Context;
use crate::model::Function;
use crate::registry::Change;

use super::account::{CONCURRENCY, MIN_UNRESERVED};
use super::error::ApiError;
use super::request::{ApiRequest, no_content, reply};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ConcurrencyInput {
    reserved_concurrent_executions: Option<u32>,
}

pub(super) async fn put(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let reference = unqualified(context, request)?;
    let input: ConcurrencyInput = request.json()?;
    let reserved = input.reserved_concurrent_executions;
    let reserved = reserved.ok_or_else(|| ApiError::missing("reservedConcurrentExecutions"))?;
    let others = reserved_by_others(context, &reference.name);
    let decide = |function: Option<&Function>| {
        let function = function.ok_or_else(|| missing(context, &reference))?;
        if u64::from(reserved) + others > CONCURRENCY - MIN_UNRESERVED {
            return Err(ApiError::invalid(format!(
                "Specified ReservedConcurrentExecutions for function decreases account's \
                 UnreservedConcurrentExecution below its minimum value of [{MIN_UNRESERVED}]."
            ))
            .untyped());
        }
        let provisioned = function.total_provisioned();
        if reserved < provisioned {
            // The blanks are the service's.
            return Err(ApiError::invalid(format!(
                " ReservedConcurrentExecutions  {reserved} should not be lower than function's \
                 total provisioned concurrency [{provisioned}]."
            ))
            .untyped());
        }
        let changed = Function { reserved_concurrency: Some(reserved), ..function.clone() };
        Ok((Change::Save(Box::new(changed)), ()))
    };
    context.registry.change(&reference.name, decide).await?;
    reply(StatusCode::OK, &json!({ "ReservedConcurrentExecutions": reserved }))
}

pub(super) fn get(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let reference = unqualified(context, request)?;
    let entry = context.registry.get(&reference.name);
    let missing = || ApiError::no_function(&function_arn(&context.region, &reference.name));
    let entry = entry.ok_or_else(missing)?;
    let body = match entry.function.reserved_concurrency {
        Some(reserved) => json!({ "ReservedConcurrentExecutions": reserved }),
        None => json!({}),
    };
    reply(StatusCode::OK, &body)
}

pub(super) async fn delete(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let reference = unqualified(context, request)?;
    let decide = |function: Option<&Function>| {
        let function = function.ok_or_else(|| missing(context, &reference))?;
        let changed = Function { reserved_concurrency: None, ..function.clone() };
        Ok((Change::Save(Box::new(changed)), ()))
    };
    context.registry.change(&reference.name, decide).await?;
    Ok(no_content())
}

/// What all functions but `name` have reserved.
pub(super) fn reserved_by_others(context: &Context, name: &str) -> u64 {
    let entries = context.registry.list();
    let others = entries.iter().filter(|entry| entry.function.name != name);
    others.filter_map(|entry| entry.function.reserved_concurrency).map(u64::from).sum()
}

fn unqualified(context: &Context, request: &ApiRequest) -> Result<FunctionRef, ApiError> {
    let reference = request.function(context)?;
    if reference.qualifier.is_some() {
        return Err(ApiError::invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not \
             support this operation. Please specify either a function name or an unqualified \
             function ARN.",
        ));
    }
    Ok(reference)
}

fn missing(context: &Context, reference: &FunctionRef) -> ApiError {
    ApiError::no_function(&qualified_arn(&context.region, &reference.name, LATEST))
}
