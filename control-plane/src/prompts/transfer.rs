//! Prompts out and in, many at once.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::{Json, http::StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    model::NewPrompt,
    routes::{TAG, example},
    save,
    store::{self, Wanted},
};
use crate::{
    http::{
        Context, Problem,
        body::Body,
        openapi::{describe, describe_with},
    },
    plane::ControlPlane,
};

/// Prompts in one import.
const MOST: usize = 2000;

/// Prompts in one step of an export.
const STEP: i64 = 500;

/// Answer of `GET /api/prompts/export`, and body of `POST /api/prompts/import`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptBundle {
    /// Prompts by name, each as its newest version is.
    #[schemars(length(max = 2000))]
    pub prompts: Vec<NewPrompt>,
}

/// Answer of `POST /api/prompts/import`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Imported {
    /// Prompts that are new.
    pub created: Vec<String>,
    /// Prompts that have a new version, or other words beside it.
    pub changed: Vec<String>,
    /// How many were there already, just so.
    pub unchanged: usize,
}

pub(super) fn router() -> ApiRouter<ControlPlane> {
    let imported = describe_with(
        TAG,
        "importPrompts",
        "Take prompts in, all or none; those that are there get a new version if they differ",
        &["prompt-invalid", "prompt-too-large", "text-invalid"],
        json!({ "prompts": [{ "name": "editing/summary", "content": example() }] }),
    );
    ApiRouter::new()
        .api_route(
            "/api/prompts/export",
            get_with(
                export,
                describe(TAG, "exportPrompts", "All prompts, as an import takes them", &[]),
            ),
        )
        .api_route("/api/prompts/import", post_with(import, imported))
}

async fn export(context: Context) -> Result<Json<PromptBundle>, Problem> {
    let mut db = context.read().await?;
    let mut bundle = PromptBundle::default();
    let wanted = Wanted { whole: true, ..Wanted::default() };
    loop {
        let after = bundle.prompts.last().map(|prompt| prompt.name.clone());
        let page = store::list(&mut db, wanted, after.as_deref(), STEP).await?;
        if page.is_empty() {
            return Ok(Json(bundle));
        }
        bundle.prompts.extend(page.into_iter().map(|prompt| NewPrompt {
            name: prompt.name,
            description: prompt.description,
            tags: prompt.tags,
            content: prompt.content.unwrap_or_default(),
            message: None,
        }));
    }
}

async fn import(
    context: Context,
    Body(bundle): Body<PromptBundle>,
) -> Result<Json<Imported>, Problem> {
    if bundle.prompts.len() > MOST {
        let detail = format!(
            "an import takes at most {MOST} prompts, and this one has {}",
            bundle.prompts.len()
        );
        let kind = "prompt-invalid";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail));
    }
    let mut written = Vec::with_capacity(bundle.prompts.len());
    let mut names = std::collections::BTreeSet::new();
    for (index, prompt) in bundle.prompts.iter().enumerate() {
        written.push(save::check_new(prompt).map_err(|problem| at(problem, index, prompt))?);
        if !names.insert(&prompt.name) {
            let detail = format!("`{}` is there twice", prompt.name);
            let kind = "prompt-invalid";
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail);
            return Err(at(problem, index, prompt));
        }
    }
    let mut db = context.begin().await?;
    let mut imported = Imported::default();
    // In the order of their names, so that no two imports wait for each other in a circle.
    let mut rows: Vec<_> = bundle.prompts.iter().zip(&written).collect();
    rows.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    for (prompt, written) in rows {
        if save::add(&context, &mut db, prompt, written).await? {
            imported.created.push(prompt.name.clone());
        } else if save::overwrite(&context, &mut db, prompt, written).await? {
            imported.changed.push(prompt.name.clone());
        } else {
            imported.unchanged += 1;
        }
    }
    db.commit().await?;
    Ok(Json(imported))
}

/// Which row it was.
fn at(problem: Problem, index: usize, prompt: &NewPrompt) -> Problem {
    let detail =
        format!("row {}, `{}`: {}; nothing was imported", index + 1, prompt.name, problem.detail());
    problem.told(detail).with("row", index + 1).with("pointer", format!("/prompts/{index}"))
}
