//! Sweeping: versions, functions and artifacts that nothing leads to any more. They would fill the
//! account's code storage.

use std::collections::HashSet;

use time::{Duration, OffsetDateTime};

use super::{store, teardown::remove};
use crate::{artifacts, lambda::LambdaError, plane::ControlPlane};

/// Removes a function's numbered versions, save those that served last.
pub(crate) async fn versions(plane: &ControlPlane, function: &str) {
    if let Err(error) = try_versions(plane, function).await {
        tracing::warn!(function, %error, "could not sweep old versions");
    }
}

async fn try_versions(
    plane: &ControlPlane,
    function: &str,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let system = plane.database().system();
    let keep = i64::from(plane.settings().worker.keep_versions);
    let used = store::versions_in_use(system, function, keep).await?;
    let used: HashSet<String> = used.into_iter().collect();
    let Some(newest) = used.iter().filter_map(|version| version.parse::<u64>().ok()).max() else {
        return Ok(());
    };
    for version in published(plane, function).await? {
        // What is newer than all that served is being deployed.
        let old = version.parse::<u64>().is_ok_and(|number| number < newest);
        if !old || used.contains(&version) {
            continue;
        }
        plane
            .lambda()
            .delete_function()
            .function_name(function)
            .qualifier(&version)
            .send()
            .await
            .map_err(LambdaError::from_sdk("delete an old version"))?;
        store::version_swept(system, function, &version).await?;
        tracing::debug!(function, version, "swept an old version");
    }
    Ok(())
}

async fn published(plane: &ControlPlane, function: &str) -> Result<Vec<String>, LambdaError> {
    let mut versions = Vec::new();
    let mut pages =
        plane.lambda().list_versions_by_function().function_name(function).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(LambdaError::from_sdk("list the function's versions"))?;
        versions.extend(page.versions().iter().filter_map(|one| one.version().map(Into::into)));
    }
    Ok(versions)
}

/// Removes functions that never went live and artifacts that no version is made of.
pub(crate) async fn orphans(plane: &ControlPlane) {
    if let Err(error) = try_orphans(plane).await {
        tracing::warn!(%error, "could not sweep what is left over");
    }
}

async fn try_orphans(plane: &ControlPlane) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let system = plane.database().system();
    let before = OffsetDateTime::now_utc() - Duration::HOUR;
    for function in store::orphaned_functions(system, before).await? {
        remove(plane.lambda(), &function).await?;
        store::function_swept(system, &function).await?;
        tracing::info!(function, "removed a function that nothing leads to");
    }
    for artifact in artifacts::store::unused_artifacts(system, before).await? {
        plane.artifacts().delete(artifact.organization, &artifact.id).await?;
    }
    Ok(())
}
