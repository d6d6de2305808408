//! Types of prompts, as the API shows them.

use promptpilot_spec::definition::{ModelRef, Prompt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::time::Rfc3339;

/// What a version of a prompt holds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PromptContent")]
pub struct Content {
    /// The texts, as a definition's `[prompt]` has them: `template` with `system`, or `messages`.
    #[serde(default)]
    pub prompt: Prompt,
    /// A model that suits it, with its parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelRef>,
    /// Values of its variables to try it with.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
}

/// Body of `POST /api/prompts`, and a row of an import.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrompt {
    /// `[a-z][a-z0-9-]*`, and the same again behind each `/`; at most 128 characters.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)*$"), length(max = 128))]
    pub name: String,
    /// One line for people who look for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub tags: Vec<String>,
    /// What it says.
    #[serde(default)]
    pub content: Content,
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Body of `PATCH /api/prompts/{name}`. What is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptChange {
    /// Another name. Versions, labels and calls stay with the prompt, and the name that it had is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[a-z][a-z0-9-]*(/[a-z][a-z0-9-]*)*$"), length(max = 128))]
    pub name: Option<String>,
    /// Another description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Other tags, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50))]
    pub tags: Option<Vec<String>>,
    /// Another content, all of it. If it says anything else, it becomes a new version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A prompt.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "StoredPrompt")]
pub struct StoredPrompt {
    /// Its id.
    pub id: Uuid,
    /// Its name; folders are part of it.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Its newest version.
    pub version: i32,
    /// Its labels by name.
    pub labels: Vec<LabelAt>,
    /// Names of its variables, in the order they come in.
    pub variables: Vec<String>,
    /// Endpoints whose newest version, or one that serves, uses it.
    pub used_by: Vec<String>,
    /// What its newest version says; in lists absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Who saved the newest version.
    pub by: Option<String>,
    /// Why.
    pub message: Option<String>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub created: OffsetDateTime,
    /// When it last changed.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub updated: OffsetDateTime,
    /// When it was deleted, if it was.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    #[schemars(with = "Option<Rfc3339>")]
    pub deleted: Option<OffsetDateTime>,
    #[serde(skip)]
    #[schemars(skip)]
    pub(crate) revision: i64,
}

impl StoredPrompt {
    /// Changes with whatever an edit could overlook. The version stands in it, so that what a stale edit
    /// had seen can be shown.
    pub(crate) fn revision(&self) -> String {
        format!("{}-{}", self.version, self.revision)
    }
}

/// Where a label points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LabelAt {
    /// The label.
    pub label: String,
    /// The version.
    pub version: i32,
}

/// One version of a prompt.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PromptVersion {
    /// Counted from 1.
    pub version: i32,
    /// SHA-256 of its content, in hexadecimal: equal ones say the same.
    pub sha256: String,
    /// Labels that point at it.
    pub labels: Vec<String>,
    /// The earlier version that it equals, where somebody went back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_to: Option<i32>,
    /// Who saved it.
    pub by: Option<String>,
    /// Why.
    pub message: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub created: OffsetDateTime,
    /// What it says; in lists absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
}

/// Body of `POST /api/prompts/{name}/rollback`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromptRollback {
    /// The version to say again; absent means the one before the newest.
    #[schemars(range(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// An endpoint that uses a prompt.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PromptUse {
    /// The endpoint's name.
    pub endpoint: String,
    /// The endpoint's version that refers to the prompt.
    pub endpoint_version: i32,
    /// Whether that is its newest.
    pub newest: bool,
    /// Environments in which that serves.
    pub live: Vec<String>,
    /// How it refers to the prompt.
    #[serde(rename = "use")]
    pub reference: String,
    /// The prompt's version that was taken.
    pub prompt_version: i32,
}

/// What differs between two versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptDiff {
    /// The one.
    pub from: i32,
    /// The other.
    pub to: i32,
    /// The messages of both in order, word by word.
    pub texts: Vec<TextDiff>,
    /// What differs beside the texts: the suggested model, the values.
    pub settings: Vec<SettingDiff>,
}

/// One message, word by word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextDiff {
    /// Who speaks, in the older version; absent if the message is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_role: Option<promptpilot_spec::definition::Role>,
    /// Who speaks, in the newer version; absent if the message is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_role: Option<promptpilot_spec::definition::Role>,
    /// The text, in pieces.
    pub parts: Vec<TextPart>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextPart {
    /// What became of it.
    pub change: Change,
    /// The piece.
    pub text: String,
}

/// What became of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Both have it.
    Same,
    /// Only the older one has it.
    Removed,
    /// Only the newer one has it.
    Added,
}

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SettingDiff {
    /// JSON pointer of its place in the content.
    pub pointer: String,
    /// What it was; absent if it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// What it is; absent if it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}
