//! Versions of prompts over HTTP: what they say, what differs between two, and the way back.

pub(crate) mod store;

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::Json;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use super::{
    diff::diff,
    model::{PromptDiff, PromptRollback, PromptVersion, StoredPrompt},
    routes::{Revised, TAG, revised},
    save::{self, missing},
    store as prompts,
};
use crate::{
    http::{
        Context, Page, Paging, Problem,
        body::Body,
        extract::{Path, Query},
        openapi::{describe, describe_with},
        revision::Seen,
    },
    plane::ControlPlane,
};

const HERE: &[&str] = &["prompt-not-found", "version-not-found"];

pub(super) fn router() -> ApiRouter<ControlPlane> {
    let rolled_back = describe_with(
        TAG,
        "rollBackPrompt",
        "Say again what an earlier version said, as a new version",
        &["prompt-not-found", "version-not-found", "nothing-to-roll-back-to", "already-newest"],
        json!({ "version": 3 }),
    );
    ApiRouter::new()
        .api_route(
            "/api/prompts/{name}/versions",
            get_with(
                list,
                describe(
                    TAG,
                    "listPromptVersions",
                    "List a prompt's versions, newest first",
                    &["prompt-not-found"],
                ),
            ),
        )
        .api_route(
            "/api/prompts/{name}/versions/{version}",
            get_with(show, describe(TAG, "showPromptVersion", "Show a version of a prompt", HERE)),
        )
        .api_route(
            "/api/prompts/{name}/diff",
            get_with(
                compare,
                describe(TAG, "diffPrompt", "Show what differs between two versions", HERE),
            ),
        )
        .api_route(
            "/api/prompts/{name}/rollback",
            post_with(roll_back, |operation| {
                rolled_back(operation).response::<200, Json<StoredPrompt>>()
            }),
        )
}

async fn list(
    context: Context,
    Path(name): Path<String>,
    Query(paging): Query<Paging<i32>>,
) -> Result<Json<Page<PromptVersion>>, Problem> {
    let mut db = context.read().await?;
    let limit = paging.limit();
    let items = store::list(&mut db, &name, paging.after, limit + 1).await?;
    if items.is_empty() {
        check_prompt(&mut db, &name).await?;
    }
    Ok(Json(Page::new(items, limit, |version| version.version)))
}

async fn show(
    context: Context,
    Path((name, number)): Path<(String, i32)>,
) -> Result<Json<PromptVersion>, Problem> {
    let mut db = context.read().await?;
    let Some(version) = store::get(&mut db, &name, number).await? else {
        check_prompt(&mut db, &name).await?;
        return Err(missing_version(number));
    };
    Ok(Json(version))
}

/// Refuses where there is no such prompt.
async fn check_prompt(db: &mut PgConnection, name: &str) -> Result<(), Problem> {
    prompts::id(db, name).await?.map(|_| ()).ok_or_else(|| missing(name))
}

fn missing_version(number: i32) -> Problem {
    Problem::not_found("version", number)
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Between {
    /// The one version; absent means the one before the other.
    #[schemars(range(min = 1))]
    from: Option<i32>,
    /// The other version; absent means the newest.
    #[schemars(range(min = 1))]
    to: Option<i32>,
}

async fn compare(
    context: Context,
    Path(name): Path<String>,
    Query(between): Query<Between>,
) -> Result<Json<PromptDiff>, Problem> {
    let mut db = context.read().await?;
    let Between { from, to } = between;
    let two = store::two(&mut db, &name, from, to).await?.ok_or_else(|| missing(&name))?;
    let old = two.old.ok_or_else(|| missing_version(two.from))?;
    let new = two.new.ok_or_else(|| missing_version(two.to))?;
    Ok(Json(diff((two.from, &old), (two.to, &new))))
}

async fn roll_back(
    context: Context,
    seen: Seen,
    Path(name): Path<String>,
    Body(wanted): Body<PromptRollback>,
) -> Result<Revised, Problem> {
    let mut db = context.begin().await?;
    let prompt = save::roll_back(&context, &mut db, &seen, &name, &wanted).await?;
    db.commit().await?;
    Ok(revised(prompt))
}
