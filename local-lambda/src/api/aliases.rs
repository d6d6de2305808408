//! CreateAlias, UpdateAlias, GetAlias, ListAliases, DeleteAlias.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::arn::{FunctionRef, LATEST, function_arn, qualified_arn};
use crate::body::Body;
use crate::context::Context;
use crate::model::{Alias, Function, new_revision};
use crate::registry::Change;

use super::error::ApiError;
use super::functions;
use super::page::list_reply;
use super::request::{ApiRequest, no_content, reply};

const PAGE: usize = 50;
const NAME_PATTERN: &str = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AliasInput {
    name: Option<String>,
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<RoutingInput>,
    revision_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RoutingInput {
    additional_version_weights: Option<BTreeMap<String, f64>>,
}

pub(super) async fn create(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let input: AliasInput = request.json()?;
    let reference = unqualified(context, request)?;
    let alias = input.name.as_deref().ok_or_else(|| ApiError::missing("name"))?;
    check_name(alias)?;
    let version = input.function_version.as_deref();
    let version = version.ok_or_else(|| ApiError::missing("functionVersion"))?;
    let additional = additional(input.routing_config.as_ref())?;
    let decide = |function: Option<&Function>| {
        let missing =
            || ApiError::no_function(&qualified_arn(&context.region, &reference.name, version));
        let mut function = function.ok_or_else(missing)?.clone();
        check_target(context, &function, version, additional.as_ref())?;
        if function.aliases.contains_key(alias) {
            let arn = qualified_arn(&context.region, &reference.name, alias);
            return Err(ApiError::conflict(format!("Alias already exists: {arn}")));
        }
        let made = Alias {
            version: version.to_owned(),
            description: input.description.clone().unwrap_or_default(),
            additional: additional.clone(),
            revision: new_revision(),
        };
        function.aliases.insert(alias.to_owned(), made.clone());
        Ok((Change::Save(Box::new(function)), made))
    };
    let made = context.registry.change(&reference.name, decide).await?;
    reply(StatusCode::CREATED, &shape(context, &reference.name, alias, &made))
}

pub(super) async fn update(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let input: AliasInput = request.json()?;
    let reference = unqualified(context, request)?;
    let name = request.item();
    let additional_asked =
        input.routing_config.as_ref().map(|it| additional(Some(it))).transpose()?;
    let decide = |function: Option<&Function>| {
        let missing = || ApiError::no_function(&function_arn(&context.region, &reference.name));
        let mut function = function.ok_or_else(missing)?.clone();
        let mut alias = function.aliases.get(name).cloned().ok_or_else(|| {
            let arn = qualified_arn(&context.region, &reference.name, name);
            ApiError::not_found(format!("Alias not found: {arn}"))
        })?;
        if input.revision_id.as_ref().is_some_and(|seen| *seen != alias.revision) {
            return Err(ApiError::stale_revision("GetFunction/GetAlias"));
        }
        if let Some(version) = &input.function_version {
            alias.version.clone_from(version);
        }
        if let Some(description) = &input.description {
            alias.description.clone_from(description);
        }
        if let Some(additional) = &additional_asked {
            alias.additional.clone_from(additional);
        }
        check_target(context, &function, &alias.version, alias.additional.as_ref())?;
        alias.revision = new_revision();
        function.aliases.insert(name.to_owned(), alias.clone());
        Ok((Change::Save(Box::new(function)), alias))
    };
    let alias = context.registry.change(&reference.name, decide).await?;
    reply(StatusCode::OK, &shape(context, &reference.name, name, &alias))
}

pub(super) fn get(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let reference = unqualified(context, request)?;
    let name = request.item();
    let entry = context.registry.get(&reference.name);
    let alias = entry.as_ref().and_then(|entry| entry.function.aliases.get(name));
    let alias = alias.ok_or_else(|| {
        let arn = qualified_arn(&context.region, &reference.name, name);
        ApiError::not_found(format!("Cannot find alias arn: {arn}"))
    })?;
    reply(StatusCode::OK, &shape(context, &reference.name, name, alias))
}

pub(super) fn list(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let (reference, entry) = functions::find(context, request)?;
    let version = request.query.get("FunctionVersion");
    let aliases = entry.function.aliases.iter();
    let aliases = aliases.filter(|(_, alias)| version.is_none_or(|it| alias.version == it));
    let items = aliases
        .map(|(name, alias)| (name.clone(), shape(context, &reference.name, name, alias)))
        .collect();
    list_reply(&request.query, PAGE, "Aliases", items)
}

/// Deleting one that is not there is no error. Its URL stays, and answers 403 from now on.
pub(super) async fn delete(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let reference = unqualified(context, request)?;
    let name = request.item();
    let decide = |function: Option<&Function>| {
        let missing = || ApiError::no_function(&function_arn(&context.region, &reference.name));
        let mut function = function.ok_or_else(missing)?.clone();
        if function.aliases.remove(name).is_none() {
            return Ok((Change::Keep, ()));
        }
        function.forget_qualifier(name);
        Ok((Change::Save(Box::new(function)), ()))
    };
    context.registry.change(&reference.name, decide).await?;
    Ok(no_content())
}

fn unqualified(context: &Context, request: &ApiRequest) -> Result<FunctionRef, ApiError> {
    FunctionRef::parse(&context.region, request.name(), None)
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let number = name.bytes().all(|byte| byte.is_ascii_digit());
    if name.is_empty() || name.len() > 128 || number || !name.bytes().all(word) {
        return Err(ApiError::pattern("name", name, NAME_PATTERN));
    }
    Ok(())
}

/// The second version and its weight.
fn additional(routing: Option<&RoutingInput>) -> Result<Option<(String, f64)>, ApiError> {
    const MEMBER: &str = "routingConfig.additionalVersionWeights";
    let Some(weights) = routing.and_then(|it| it.additional_version_weights.as_ref()) else {
        return Ok(None);
    };
    if weights.len() > 1 {
        return Err(ApiError::invalid(
            "Number of items in AdditionalVersionWeights cannot be greater than 1",
        ));
    }
    let Some((version, weight)) = weights.first_key_value() else { return Ok(None) };
    let shown = format!("{{{version}={weight:?}}}");
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ApiError::constraint(
            MEMBER,
            &shown,
            "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, \
             Member must have length greater than or equal to 1, Member must satisfy regular \
             expression pattern: [0-9]+]",
        ));
    }
    if !(0.0..=1.0).contains(weight) {
        return Err(ApiError::constraint(
            MEMBER,
            &shown,
            "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, \
             Member must have value greater than or equal to 0.0, Member must not be null]",
        ));
    }
    Ok(Some((version.clone(), *weight)))
}

fn check_target(
    context: &Context,
    function: &Function,
    version: &str,
    additional: Option<&(String, f64)>,
) -> Result<(), ApiError> {
    let exists = |version: &str| {
        let missing = || qualified_arn(&context.region, &function.name, version);
        function.version(version).map(drop).ok_or_else(|| ApiError::no_function(&missing()))
    };
    if let Some((other, _)) = additional {
        if version == LATEST {
            return Err(ApiError::invalid(
                "$LATEST is not supported for an alias pointing to more than 1 version",
            )
            .untyped());
        }
        if other == version {
            return Err(ApiError::invalid(format!(
                "Invalid function version {other}. Function version {other} is already included in \
                 routing configuration."
            )));
        }
        exists(other)?;
    }
    exists(version)
}

fn shape(context: &Context, function: &str, name: &str, alias: &Alias) -> Value {
    let mut shape = json!({
        "AliasArn": qualified_arn(&context.region, function, name),
        "Name": name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    });
    if let Some((version, weight)) = &alias.additional {
        shape["RoutingConfig"] = json!({ "AdditionalVersionWeights": { version: weight } });
    }
    shape
}
