//! Types of plans, as the API shows them.

use promptpilot_codegen::{Ceiling, Finding};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{credentials::model::KeyName, deploy::model::Source, prompts::model::SettingDiff};

/// Body of `POST /api/endpoints/plan`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// What would be deployed.
    #[schemars(length(min = 1, max = 200))]
    pub definitions: Vec<Source>,
}

/// Answer of `POST /api/endpoints/plan`: what a deploy of the same would do.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DeployPlan {
    /// The environment's name.
    pub environment: String,
    /// Whether a deploy would do anything.
    pub changes: bool,
    /// One plan for each definition, in their order.
    pub endpoints: Vec<EndpointPlan>,
}

/// What a deploy would do to one endpoint.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EndpointPlan {
    /// The endpoint's name.
    pub endpoint: String,
    /// What the sender calls its definition.
    pub file: String,
    /// What would be done.
    pub action: Action,
    /// The version that would serve.
    pub version: i32,
    /// The version that serves; absent while nothing does.
    pub live_version: Option<i32>,
    /// What is other in the definition than in the one that serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<SettingDiff>,
    /// The prompt that it refers to, where another version of it would serve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptMove>,
    /// What of it breaks callers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<Break>,
    /// What its function would be made of; absent where this server has no compiler to say it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<PlannedArtifact>,
    /// The most that one call can come to.
    pub ceiling: Ceiling,
    /// Keys that it needs and that the environment has not: with any of them a deploy is refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_credentials: Vec<KeyName>,
    /// Warnings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// What a deploy does to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Nothing of it serves in the environment: it gets a URL.
    Create,
    /// Another version serves.
    Change,
    /// The same version is published once more: its keys, the runtime or the settings have changed.
    Republish,
    /// Nothing.
    Unchanged,
}

/// A prompt whose other version would serve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromptMove {
    /// The prompt's name.
    pub name: String,
    /// Its version that serves; absent where another prompt does, or none.
    pub from: Option<i32>,
    /// Its version that would.
    pub to: i32,
}

/// Built code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedArtifact {
    /// A hash over all that goes into the build.
    pub id: String,
    /// Whether it was built before, so that nothing is compiled.
    pub reused: bool,
}

/// Something that callers have to know of before it is deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Break {
    /// What kind of change it is.
    pub code: BreakCode,
    /// Its place in the definition, as a JSON pointer.
    pub pointer: String,
    /// What callers see of it.
    pub message: String,
}

/// A kind of change that breaks callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BreakCode {
    /// Callers may not give a field any more.
    RequestFieldRemoved,
    /// Callers must give a field.
    RequestFieldRequired,
    /// A field takes another type.
    RequestTypeChanged,
    /// A field takes less than it did.
    RequestNarrowed,
    /// Answers are of another form.
    ResponseFormatChanged,
    /// Answers have a field no more.
    ResponseFieldRemoved,
    /// Answers may leave a field out.
    ResponseFieldOptional,
    /// A field of answers has another type.
    ResponseTypeChanged,
    /// A field of answers has values that it had not.
    ResponseValuesAdded,
    /// Answers may ask for another tool.
    ToolAdded,
    /// Calls need a key.
    AuthTightened,
    /// Fewer calls are taken.
    RateLowered,
    /// Smaller bodies are taken.
    BodyLowered,
    /// Less may be spent.
    BudgetLowered,
    /// Pages of an origin may not call any more.
    OriginRemoved,
}
