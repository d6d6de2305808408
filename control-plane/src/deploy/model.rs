//! Types of deployments, as the API shows them.

use std::fmt;

use promptpilot_codegen::Finding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::time::Rfc3339;

/// Where a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Waits for a worker.
    Queued,
    /// The definition is checked once more, with what the worker knows.
    Checking,
    /// The definition becomes sources.
    Generating,
    /// The sources become a bootstrap.
    Building,
    /// The bootstrap becomes a numbered version of the function.
    Publishing,
    /// The version answers its health request and the definition's tests.
    Verifying,
    /// It serves.
    Live,
    /// It went wrong; what was live still is.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// A newer deployment of the same endpoint took its place in the queue.
    Superseded,
}

impl Status {
    /// All of them, in the order they are passed.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Checking,
        Self::Generating,
        Self::Building,
        Self::Publishing,
        Self::Verifying,
        Self::Live,
        Self::Failed,
        Self::Cancelled,
        Self::Superseded,
    ];

    /// The word in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Checking => "checking",
            Self::Generating => "generating",
            Self::Building => "building",
            Self::Publishing => "publishing",
            Self::Verifying => "verifying",
            Self::Live => "live",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Superseded => "superseded",
        }
    }

    /// The status of a word that the database holds.
    pub(crate) fn from_word(word: &str) -> Self {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == word);
        // The column has a check constraint over the same words.
        known.unwrap_or(Self::Failed)
    }

    /// Whether nothing more will happen.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Live | Self::Failed | Self::Cancelled | Self::Superseded)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A definition for the API's document.
pub(crate) const EXAMPLE: &str = "name = \"greet\"\n\n[prompt]\ntemplate = \"Greet {{ name }}.\"\n\n\
    [model]\nprovider = \"sandbox\"\nname = \"echo\"\n\n\
    [request.name]\ntype = \"string\"\nmax_length = 100\n\n[auth]\nmode = \"public\"\n";

/// One file to check or to deploy.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What the sender calls it; shown in findings.
    pub file: String,
    /// The definition.
    pub toml: String,
}

/// Body of `POST /api/deployments`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeployRequest {
    /// The environment's name; absent means `production`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What to deploy; all or none go live.
    #[schemars(length(min = 1, max = 200))]
    pub definitions: Vec<Source>,
    /// Deploys even what has not changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Body of `POST /api/endpoints/{name}/promote`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromoteRequest {
    /// The environment that it comes from.
    pub from: String,
    /// The environment that it goes to.
    pub to: String,
    /// The version; absent means the one that serves where it comes from.
    #[schemars(range(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// Why, for the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Answer of `POST /api/deployments`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Batch {
    /// The batch; absent when nothing had to be queued.
    pub batch: Option<Uuid>,
    /// One deployment for each definition, in their order.
    pub deployments: Vec<Accepted>,
}

/// One deployment of a [`Batch`].
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// The deployment; for an unchanged endpoint the one that is live.
    pub id: Uuid,
    /// The endpoint's name.
    pub endpoint: String,
    /// The endpoint's version.
    pub version: i32,
    /// Where it stands.
    pub status: Status,
    /// Nothing changed and it is live: nothing was queued.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// Where it answers, once it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Warnings, and what could not be checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// A deployment.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// Its id.
    pub id: Uuid,
    /// The batch it belongs to.
    pub batch: Uuid,
    /// The endpoint's name.
    pub endpoint: String,
    /// The environment's name.
    pub environment: String,
    /// The endpoint's version.
    pub version: i32,
    /// Where it stands.
    pub status: Status,
    /// Why, for the history.
    pub message: Option<String>,
    /// Who asked for it.
    pub by: Option<String>,
    /// Workers that took it up.
    pub attempts: i32,
    /// What went wrong.
    pub error: Option<Failure>,
    /// Where it answers, once it is live.
    pub url: Option<String>,
    /// The function's numbered version.
    pub function_version: Option<String>,
    /// The environment whose artifact it brings; absent where it is made of its sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promoted_from: Option<String>,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub created: OffsetDateTime,
    /// When it came to its end.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub finished: Option<OffsetDateTime>,
    /// Stages passed so far, in order; in lists empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageTime>,
}

/// When a stage began and ended.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StageTime {
    /// The stage.
    pub status: Status,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub started: OffsetDateTime,
    /// How long it took, in ms; absent while it runs.
    pub duration_ms: Option<i64>,
    /// The worker that did it.
    pub worker: Option<String>,
}

/// What went wrong, in one sentence, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The stage that failed.
    pub stage: Status,
    /// One sentence.
    pub message: String,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The place in the definition, as a JSON pointer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The place in the definition's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<promptpilot_codegen::Location>,
    /// Whether the cause lies in this system and not in the definition.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
}

/// One line of a deployment's log.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// Its number in this log, counted from 1.
    pub seq: i64,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub time: OffsetDateTime,
    /// The stage that wrote it.
    pub stage: Status,
    /// How much it matters.
    pub level: Level,
    /// The line.
    pub text: String,
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What happens.
    Info,
    /// Worth a look.
    Warn,
    /// What went wrong.
    Error,
}

impl Level {
    /// The level of a word that the database holds.
    pub(crate) fn from_word(word: &str) -> Self {
        match word {
            "error" => Self::Error,
            "warn" => Self::Warn,
            _ => Self::Info,
        }
    }

    /// The word in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Data of the SSE event `status` of a deployment's log.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StatusEvent {
    /// Where the deployment stands.
    pub status: Status,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Where it answers, once it is live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
