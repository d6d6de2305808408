//! Calls of what serves, to copy.

use aide::axum::{ApiRouter, routing::get_with};
use axum::Json;
use promptpilot_codegen::{Language, sample};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{routes::endpoint, store};
use crate::{
    deploy::release,
    environments::{self, In},
    http::{
        Context, Problem,
        extract::{Path, Query},
        openapi::describe,
    },
    plane::ControlPlane,
};

/// Calls of the version that serves.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Snippets {
    /// The version that serves.
    pub version: i32,
    /// Where it answers.
    pub url: String,
    /// What the calls send: the definition's first test, or values within the bounds of its fields.
    pub request: Value,
    /// Whether they need a key, which they take from the variable `PROMPTPILOT_API_KEY`.
    pub asks_for_key: bool,
    /// The calls.
    pub snippets: Vec<Snippet>,
}

/// A call in a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snippet {
    /// The language.
    pub language: Language,
    /// The call.
    pub code: String,
}

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    let shown = describe(
        "endpoints",
        "showSnippets",
        "Show calls of the version that serves, in the languages that people ask for",
        &[
            "environment-not-found",
            "endpoint-not-found",
            "nothing-live",
            "version-not-found",
            "definition-invalid-now",
        ],
    );
    ApiRouter::new().api_route("/api/endpoints/{name}/snippets", get_with(show, shown))
}

async fn show(
    context: Context,
    Path(name): Path<String>,
    Query(place): Query<In>,
) -> Result<Json<Snippets>, Problem> {
    let mut db = context.read().await?;
    let environment = environments::find(&mut db, place.name()).await?;
    let endpoint = endpoint(&mut db, &name).await?;
    let live = release::store::live(&mut db, endpoint, environment).await?;
    let Some((version, url)) = live.and_then(|live| Some((live.version, live.url?))) else {
        let detail = format!("nothing of `{name}` is live");
        return Err(Problem::conflict("nothing-live", detail).hint("deploy it"));
    };
    let text = store::text(&mut db, endpoint, Some(version)).await?;
    let text = text.ok_or_else(|| Problem::not_found("version", version))?;
    let parsed = promptpilot_codegen::parse(&text.toml, &text.file);
    let definition = parsed.definition.ok_or_else(|| {
        let detail = format!("version {version} does not pass today's check");
        Problem::conflict("definition-invalid-now", detail).with("findings", parsed.findings)
    })?;
    let sample = sample(&definition);
    let snippets = Language::ALL
        .map(|language| Snippet { language, code: sample.write(language, &url) })
        .to_vec();
    let (request, asks_for_key) = (sample.request, sample.asks_for_key);
    Ok(Json(Snippets { version, url, request, asks_for_key, snippets }))
}
