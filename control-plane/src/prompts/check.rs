//! A prompt's texts, checked as they are written: nothing is saved.

use aide::axum::{ApiRouter, routing::post_with};
use axum::Json;
use promptpilot_codegen::{CheckedPrompt, check_prompt};
use promptpilot_spec::definition::Prompt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::routes::TAG;
use crate::{
    http::{Context, body::Body, openapi::describe_with},
    plane::ControlPlane,
};

/// Body of `POST /api/templates/check`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateCheck {
    /// The texts, as a definition's `[prompt]` has them.
    #[serde(default)]
    prompt: Prompt,
    /// Values that the variables were tried with: they tell of types where the texts do not.
    #[serde(default)]
    values: Map<String, Value>,
}

pub(super) fn router() -> ApiRouter<ControlPlane> {
    let checked = describe_with(
        TAG,
        "checkTemplates",
        "Check a prompt's texts and find their variables; nothing is saved",
        &[],
        json!({ "prompt": { "template": "Greet {{ name }}." } }),
    );
    ApiRouter::new().api_route("/api/templates/check", post_with(check, checked))
}

async fn check(_: Context, Body(asked): Body<TemplateCheck>) -> Json<CheckedPrompt> {
    Json(check_prompt(&asked.prompt, &asked.values))
}
