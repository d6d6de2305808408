//! The library over HTTP.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::{Json, http::StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{LIBRARY, PromptTemplate};
use crate::{
    http::{
        Context, Page, Problem,
        body::Body,
        extract::{Path, Query},
        openapi::{describe, describe_with},
    },
    plane::ControlPlane,
    prompts::{
        model::StoredPrompt,
        routes::{Revised, TAG, revised},
        save,
    },
};

pub(in crate::prompts) fn router() -> ApiRouter<ControlPlane> {
    let used = describe_with(
        TAG,
        "usePromptTemplate",
        "Make a prompt of a template",
        &["template-not-found", "prompt-invalid", "prompt-name-taken"],
        json!({ "name": "support/sort-tickets" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/prompt-templates",
            get_with(list, describe(TAG, "listPromptTemplates", "List prompts to begin with", &[])),
        )
        .api_route(
            "/api/prompt-templates/{name}/use",
            post_with(make, |operation| used(operation).response::<201, Json<StoredPrompt>>()),
        )
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Of {
    /// With a model that answers without network, key or cost, instead of the one that suits best.
    #[serde(default)]
    sandbox: bool,
}

async fn list(_: Context, Query(of): Query<Of>) -> Json<Page<PromptTemplate>> {
    let items = LIBRARY.iter().map(|(name, file)| file.template(name, of.sandbox)).collect();
    Json(Page { items, next: None })
}

/// Body of `POST /api/prompt-templates/{name}/use`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TemplateUse {
    /// What the prompt is called; absent means as the template is.
    #[serde(default)]
    name: Option<String>,
    /// With a model that answers without network, key or cost.
    #[serde(default)]
    sandbox: bool,
}

async fn make(
    context: Context,
    Path(name): Path<String>,
    Body(wanted): Body<TemplateUse>,
) -> Result<(StatusCode, Revised), Problem> {
    let file = LIBRARY.iter().find(|(known, _)| *known == name).map(|(_, file)| file);
    let file = file.ok_or_else(|| {
        let known = LIBRARY.iter().map(|(name, _)| *name);
        let near = promptpilot_codegen::nearest(&name, known);
        let problem = Problem::not_found("template", &name);
        match near {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        }
    })?;
    let new = file.new_prompt(wanted.name.as_deref().unwrap_or(&name), wanted.sandbox);
    let mut db = context.begin().await?;
    let made = save::create(&context, &mut db, &new).await?;
    db.commit().await?;
    Ok((StatusCode::CREATED, revised(made)))
}
