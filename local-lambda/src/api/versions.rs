//! PublishVersion, ListVersionsByFunction, and the deletion of a version.

use std::sync::Arc;

use http::{Response, StatusCode};
use serde::Deserialize;

use crate::arn::{LATEST, function_arn};
use crate::body::Body;
use crate::context::Context;
use crate::model::{Function, Version, new_revision};
use crate::registry::Change;

use super::error::ApiError;
use super::functions;
use super::page::list_reply;
use super::request::{ApiRequest, reply};
use super::shape::{Settled, Shown, configuration};

const PAGE: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublishVersion {
    code_sha256: Option<String>,
    description: Option<String>,
    revision_id: Option<String>,
}

pub(super) async fn publish(
    context: &Arc<Context>,
    request: &ApiRequest,
) -> Result<Response<Body>, ApiError> {
    let input: PublishVersion = request.json()?;
    request.refuse_members(&["PublishTo"])?;
    let reference = request.function(context)?;
    let name = reference.name.as_str();
    let decide = |function: Option<&Function>| {
        let missing = || ApiError::no_function(&function_arn(&context.region, name));
        let mut function = function.ok_or_else(missing)?.clone();
        check(&input, &function.latest)?;
        let before = function.next_version;
        let number = publish_latest(&mut function, input.description);
        let version = function.versions.get(&number).cloned().ok_or_else(missing)?;
        let unchanged = before == function.next_version;
        let change = if unchanged { Change::Keep } else { Change::Save(Box::new(function)) };
        Ok((change, (number.to_string(), version)))
    };
    let (number, version) = context.registry.change(name, decide).await?;
    let (qualifier, settled) = (Some(number.as_str()), Settled::Yes);
    let shown = Shown { name, number: &number, qualifier, version: &version, settled };
    reply(StatusCode::CREATED, &configuration(context, &shown)?)
}

fn check(input: &PublishVersion, latest: &Version) -> Result<(), ApiError> {
    if input.revision_id.as_ref().is_some_and(|seen| *seen != latest.revision) {
        return Err(ApiError::stale_revision("GetFunction/GetAlias"));
    }
    match &input.code_sha256 {
        Some(asked) if !asked.is_empty() && *asked != latest.code.sha256 => {
            let current = &latest.code.sha256;
            Err(ApiError::invalid(format!(
                "CodeSHA256 ({asked}) is different from current CodeSHA256 in $LATEST ({current}). \
                 Please try again with the CodeSHA256 in $LATEST."
            )))
        }
        _ => Ok(()),
    }
}

/// The number of the version that `$LATEST` is: a new one, unless it was published as it stands.
pub(super) fn publish_latest(function: &mut Function, description: Option<String>) -> u64 {
    match function.published_as {
        Some(number) if function.versions.contains_key(&number) => number,
        _ => add(function, description),
    }
}

/// Publishes `$LATEST` as a new version.
pub(super) fn add(function: &mut Function, description: Option<String>) -> u64 {
    let number = function.next_version;
    let latest = &mut function.latest;
    let description =
        description.filter(|it| !it.is_empty()).unwrap_or_else(|| latest.description.clone());
    let version = Version { description, revision: new_revision(), ..latest.clone() };
    // Publishing changes `$LATEST` too, by the service's count.
    latest.revision = new_revision();
    function.versions.insert(number, version);
    function.published_as = Some(number);
    function.next_version += 1;
    number
}

/// The version to be deleted, `None` where no version could be called so. The service says this
/// before it looks for the function.
pub(super) fn removable(qualifier: &str) -> Result<Option<u64>, ApiError> {
    if qualifier == LATEST {
        return Err(ApiError::invalid(
            "$LATEST version cannot be deleted without deleting the function.",
        ));
    }
    match qualifier.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) if qualifier.contains('$') => Ok(None),
        Err(_) => Err(ApiError::invalid("Deletion of aliases is not currently supported.")),
    }
}

/// Deletes a version.
pub(super) fn remove(function: &Function, number: u64, arn: &str) -> Result<Change, ApiError> {
    let qualifier = number.to_string();
    let qualifier = qualifier.as_str();
    let used: Vec<_> = function
        .aliases
        .iter()
        .filter(|(_, alias)| {
            let other = alias.additional.as_ref().map(|(version, _)| version.as_str());
            alias.version == qualifier || other == Some(qualifier)
        })
        .map(|(name, _)| format!("{arn}:{name}"))
        .collect();
    if !used.is_empty() {
        return Err(ApiError::conflict(format!(
            "Unable to delete version because the following aliases reference it: [{}]",
            used.join(", ")
        )));
    }
    let mut function = function.clone();
    // Deleting what is not there is no error for the service either.
    function.versions.remove(&number);
    function.forget_qualifier(qualifier);
    Ok(Change::Save(Box::new(function)))
}

/// Sorts numbers by value, and `$LATEST` before them.
pub(super) fn sort_key(number: &str) -> String {
    if number == LATEST { String::new() } else { format!("{number:0>20}") }
}

pub(super) fn list(context: &Context, request: &ApiRequest) -> Result<Response<Body>, ApiError> {
    let (reference, entry) = functions::find(context, request)?;
    let mut items = Vec::new();
    for (number, version) in entry.function.all_versions() {
        let (qualifier, settled) = (Some(number.as_str()), Settled::Untold);
        let name = reference.name.as_str();
        let shown = Shown { name, number: &number, qualifier, version, settled };
        items.push((sort_key(&number), configuration(context, &shown)?));
    }
    list_reply(&request.query, PAGE, "Versions", items)
}
