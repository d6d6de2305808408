//! AddPermission, RemovePermission, GetPolicy.

use std::sync::Arc;

use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::arn::{FunctionRef, LATEST, function_arn, qualified_arn};
use crate::body::Body;
use crate::context::Context;
use crate::model::{Function, Policy, new_revision};
use crate::policy::{Permission, statement};
use crate::registry::Change;

use super::error::ApiError;
use super::request::{ApiRequest, no_content, reply};

const MAX_POLICY: usize = 20_480;

pub(super) async fn add(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let permission: Permission = request.json()?;
    check(&permission)?;
    if reference.qualifier.as_deref() == Some(LATEST) {
        return Err(ApiError::invalid("We currently do not support adding policies for $LATEST."));
    }
    let qualifier = reference.qualifier_or_latest();
    let decide = |function: Option<&Function>| {
        let mut function = existing(context, &reference, function)?.clone();
        let made = statement(&permission, &reference.arn(&context.region)).ok_or_else(|| {
            ApiError::invalid(
                "The provided principal was invalid. Please check the principal and try again.",
            )
        })?;
        check_revision(permission.revision_id.as_deref(), &function, qualifier)?;
        let revision = new_revision();
        let policy = function.policies.entry(qualifier.to_owned()).or_default();
        if policy.statements.iter().any(|it| it["Sid"] == made["Sid"]) {
            let id = permission.statement_id.as_deref().unwrap_or_default();
            return Err(ApiError::conflict(format!(
                "The statement id ({id}) provided already exists. Please provide a new statement id, \
                 or remove the existing statement."
            )));
        }
        policy.statements.push(made.clone());
        policy.revision.clone_from(&revision);
        if document(policy).len() > MAX_POLICY {
            return Err(ApiError::invalid(
                "The final policy size is bigger than the limit (20480).",
            ));
        }
        function.touch(qualifier, &revision);
        Ok((Change::Save(Box::new(function)), made))
    };
    let made = context.registry.change(&reference.name, decide).await?;
    reply(StatusCode::CREATED, &json!({ "Statement": made.to_string() }))
}

pub(super) async fn remove(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let (qualifier, sid) = (reference.qualifier_or_latest(), request.item());
    let decide = |function: Option<&Function>| {
        let arn = reference.arn(&context.region);
        let missing = || ApiError::not_found(format!("No policy found for: {arn}"));
        let mut function = function.ok_or_else(missing)?.clone();
        existing(context, &reference, Some(&function))?;
        check_revision(request.query.get("RevisionId"), &function, qualifier)?;
        let revision = new_revision();
        let policy = function.policies.get_mut(qualifier).ok_or_else(|| {
            ApiError::not_found("No policy is associated with the given resource.")
        })?;
        let before = policy.statements.len();
        policy.statements.retain(|statement| statement["Sid"] != sid);
        if policy.statements.len() == before {
            return Err(ApiError::not_found(format!(
                "Statement {sid} is not found in resource policy."
            )));
        }
        policy.revision.clone_from(&revision);
        if policy.statements.is_empty() {
            function.policies.remove(qualifier);
        }
        function.touch(qualifier, &revision);
        Ok((Change::Save(Box::new(function)), ()))
    };
    context.registry.change(&reference.name, decide).await?;
    Ok(no_content())
}

pub(super) fn get(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let reference = request.function(context)?;
    let entry = context.registry.get(&reference.name);
    let policies = entry.as_ref().map(|entry| &entry.function.policies);
    let policy = policies.and_then(|policies| policies.get(reference.qualifier_or_latest()));
    let policy = policy.ok_or_else(ApiError::no_resource)?;
    let body = json!({ "Policy": document(policy), "RevisionId": policy.revision });
    reply(StatusCode::OK, &body)
}

fn document(policy: &Policy) -> String {
    let document: Value =
        json!({ "Version": "2012-10-17", "Id": "default", "Statement": policy.statements });
    document.to_string()
}

fn check(permission: &Permission) -> Result<(), ApiError> {
    let sid = permission.statement_id.as_deref().ok_or_else(|| ApiError::missing("statementId"))?;
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if sid.is_empty() || sid.len() > 100 || !sid.bytes().all(word) {
        return Err(ApiError::pattern("statementId", sid, "([a-zA-Z0-9-_]+)"));
    }
    let action = permission.action.as_deref().ok_or_else(|| ApiError::missing("action"))?;
    let operation = action.strip_prefix("lambda:");
    let named =
        operation.is_some_and(|it| it == "*" || it.bytes().all(|it| it.is_ascii_alphabetic()));
    if action != "*" && !named {
        return Err(ApiError::pattern("action", action, "(lambda:[*]|lambda:[a-zA-Z]+|[*])"));
    }
    if permission.principal.is_none() {
        return Err(ApiError::missing("principal"));
    }
    match permission.function_url_auth_type.as_deref() {
        None | Some("NONE" | "AWS_IAM") => Ok(()),
        Some(other) => {
            let constraint = "Member must satisfy enum value set: [AWS_IAM, NONE]";
            Err(ApiError::constraint("functionUrlAuthType", other, constraint))
        }
    }
}

/// A policy's revision is that of its last change, which was its resource's too. Where there is no
/// policy yet the resource's counts.
fn check_revision(
    seen: Option<&str>,
    function: &Function,
    qualifier: &str,
) -> Result<(), ApiError> {
    let policy = function.policies.get(qualifier).map(|policy| policy.revision.as_str());
    let current = policy.or_else(|| function.revision(qualifier));
    match seen {
        Some(seen) if Some(seen) != current => Err(ApiError::stale_revision("GetPolicy")),
        _ => Ok(()),
    }
}

/// The function, if it has what the qualifier names.
fn existing<'a>(
    context: &Context,
    reference: &FunctionRef,
    function: Option<&'a Function>,
) -> Result<&'a Function, ApiError> {
    let arn = || function_arn(&context.region, &reference.name);
    let function = function.ok_or_else(|| ApiError::no_function(&arn()))?;
    let qualifier = reference.qualifier_or_latest();
    if function.resolve(qualifier).is_some() {
        return Ok(function);
    }
    let arn = qualified_arn(&context.region, &reference.name, qualifier);
    let is_version = qualifier.bytes().all(|byte| byte.is_ascii_digit());
    if is_version || qualifier.contains('$') {
        return Err(ApiError::no_function(&arn));
    }
    Err(ApiError::not_found(format!("Cannot find alias arn: {arn}")))
}
