//! Prompts over HTTP. A prompt's name is one segment of a path: its `/` is written `%2F`.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    check, labels, library,
    model::{NewPrompt, PromptChange, PromptUse, StoredPrompt},
    rename::rename,
    save::{self, found, missing},
    store::{self, Wanted},
    transfer, uses, versions,
};
use crate::{
    http::{
        Context, Page, Paging, Problem,
        body::Body,
        extract::{Path, Query},
        openapi::{describe, describe_with},
        revision::{Seen, etag},
    },
    plane::ControlPlane,
};

pub(super) const TAG: &str = "prompts";

/// Content for the API's document.
pub(super) fn example() -> Value {
    json!({
        "prompt": {
            "system": "You are a careful editor.",
            "template": "Summarise for {{ audience }}:\n{{ text }}",
        },
        "model": { "provider": "sandbox", "name": "echo" },
        "values": { "audience": "a child", "text": "Rust is a programming language." },
    })
}

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    ApiRouter::new()
        .merge(own())
        .merge(versions::router())
        .merge(labels::routes::router())
        .merge(transfer::router())
        .merge(library::router())
        .merge(check::router())
}

fn own() -> ApiRouter<ControlPlane> {
    let created = describe_with(
        TAG,
        "createPrompt",
        "Make a prompt; what it says is its version 1",
        &["prompt-invalid", "prompt-too-large", "prompt-name-taken", "text-invalid"],
        json!({ "name": "editing/summary", "tags": ["editing"], "content": example() }),
    );
    let changed = describe_with(
        TAG,
        "changePrompt",
        "Change a prompt; what says anything else becomes a new version",
        &[
            "prompt-not-found",
            "prompt-invalid",
            "prompt-too-large",
            "prompt-name-taken",
            "prompt-in-use",
            "text-invalid",
        ],
        json!({ "content": example(), "message": "Say who reads it" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/prompts",
            get_with(list, describe(TAG, "listPrompts", "List prompts by name", &[]))
                .post_with(create, |operation| {
                    created(operation).response::<201, Json<StoredPrompt>>()
                }),
        )
        .api_route(
            "/api/prompts/{name}",
            get_with(show, |operation| {
                describe(TAG, "showPrompt", "Show a prompt", &["prompt-not-found"])(operation)
                    .response::<200, Json<StoredPrompt>>()
            })
            .patch_with(change, |operation| {
                changed(operation).response::<200, Json<StoredPrompt>>()
            })
            .delete_with(
                delete,
                describe(
                    TAG,
                    "deletePrompt",
                    "Delete a prompt; it can be restored",
                    &["prompt-not-found", "prompt-in-use"],
                ),
            ),
        )
        .api_route(
            "/api/prompts/{name}/restore",
            post_with(restore, |operation| {
                describe(
                    TAG,
                    "restorePrompt",
                    "Bring a deleted prompt back",
                    &["prompt-not-found", "prompt-name-taken"],
                )(operation)
                .response::<200, Json<StoredPrompt>>()
            }),
        )
        .api_route(
            "/api/prompts/{name}/uses",
            get_with(
                show_uses,
                describe(
                    TAG,
                    "listPromptUses",
                    "List endpoints that use a prompt",
                    &["prompt-not-found"],
                ),
            ),
        )
}

/// An answer with the `etag` of its revision.
pub(super) type Revised = ([(HeaderName, HeaderValue); 1], Json<StoredPrompt>);

/// A prompt with its `etag`.
pub(super) fn revised(prompt: StoredPrompt) -> Revised {
    ([etag(&prompt.revision())], Json(prompt))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Of {
    /// Only those with this text in name, description or messages.
    q: Option<String>,
    /// Only those with this tag.
    tag: Option<String>,
    /// Those that were deleted, instead of those that are there.
    #[serde(default)]
    deleted: bool,
}

async fn list(
    context: Context,
    Query(of): Query<Of>,
    Query(paging): Query<Paging<String>>,
) -> Result<Json<Page<StoredPrompt>>, Problem> {
    let mut db = context.read().await?;
    let limit = paging.limit();
    let (text, tag, deleted) = (of.q.as_deref(), of.tag.as_deref(), of.deleted);
    let wanted = Wanted { text, tag, deleted, whole: false };
    let items = store::list(&mut db, wanted, paging.after.as_deref(), limit + 1).await?;
    Ok(Json(Page::new(items, limit, |prompt| prompt.name.clone())))
}

async fn create(
    context: Context,
    Body(new): Body<NewPrompt>,
) -> Result<(StatusCode, Revised), Problem> {
    let mut db = context.begin().await?;
    let made = save::create(&context, &mut db, &new).await?;
    db.commit().await?;
    Ok((StatusCode::CREATED, revised(made)))
}

async fn show(context: Context, Path(name): Path<String>) -> Result<Revised, Problem> {
    let mut db = context.read().await?;
    Ok(revised(found(&mut db, &name).await?))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Forced {
    /// Deletes or renames it even if it is in use: what is live keeps its text.
    #[serde(default)]
    force: bool,
}

async fn change(
    context: Context,
    seen: Seen,
    Path(name): Path<String>,
    Query(forced): Query<Forced>,
    Body(change): Body<PromptChange>,
) -> Result<Revised, Problem> {
    let mut db = context.begin().await?;
    let mut changed = save::change(&context, &mut db, &seen, &name, &change).await?;
    if let Some(to) = &change.name {
        changed = rename(&mut db, &changed, to, forced.force).await?;
    }
    db.commit().await?;
    Ok(revised(changed))
}

async fn delete(
    context: Context,
    seen: Seen,
    Path(name): Path<String>,
    Query(forced): Query<Forced>,
) -> Result<Json<StoredPrompt>, Problem> {
    let mut db = context.begin().await?;
    let deleted = save::delete(&mut db, &seen, &name, forced.force).await?;
    db.commit().await?;
    Ok(Json(deleted))
}

async fn restore(context: Context, Path(name): Path<String>) -> Result<Revised, Problem> {
    let mut db = context.begin().await?;
    let restored = save::restore(&mut db, &name).await?;
    db.commit().await?;
    Ok(revised(restored))
}

async fn show_uses(
    context: Context,
    Path(name): Path<String>,
) -> Result<Json<Page<PromptUse>>, Problem> {
    let mut db = context.read().await?;
    let prompt = store::id(&mut db, &name).await?.ok_or_else(|| missing(&name))?;
    let items = uses::store::of(&mut db, prompt).await?;
    Ok(Json(Page { items, next: None }))
}
