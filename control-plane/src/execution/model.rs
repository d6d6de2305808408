//! Types of executed prompts, as the API shows them.

use promptpilot_spec::record::Finish;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{environments, runs::model::RunUsage};

/// Where a prompt is executed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub(super) struct Place {
    /// The environment whose provider keys are used, by name; absent means `production`.
    env: Option<String>,
    /// The organization, by slug or id. A key belongs to one and needs none; another one is refused.
    pub(super) org: Option<String>,
}

impl Place {
    /// The environment's name.
    pub(super) fn environment(&self) -> &str {
        self.env.as_deref().unwrap_or(environments::DEFAULT)
    }
}

/// Body of `POST /v1/prompts/{name}/execute`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecuteRequest {
    /// Values of the prompt's variables.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub variables: Map<String, Value>,
    /// The label of the version; absent as well as `version` means the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The version's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub version: Option<u32>,
    /// Whether to answer with server-sent events; so does `accept: text/event-stream`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// Your user on whose behalf this is, for the call log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub user: Option<String>,
    /// Whatever else the call log should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

/// Answer of `POST /v1/prompts/{name}/execute`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ExecuteAnswer {
    /// The call, as the call log has it.
    pub call_id: Uuid,
    /// What the model wrote.
    pub text: String,
    /// The same as a value, where it is a JSON object or array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// What comes with either form of answer.
    #[serde(flatten)]
    pub account: Account,
}

/// Event `delta` of `POST /v1/prompts/{name}/execute`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Delta {
    /// What the model has written since.
    pub(super) text: String,
}

/// Event `done` of `POST /v1/prompts/{name}/execute`: the text came before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DoneEvent {
    pub(super) call_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<Value>,
    #[serde(flatten)]
    pub(super) account: Account,
}

/// What an executed prompt took.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The prompt's name.
    pub prompt: String,
    /// The version that was executed.
    pub prompt_version: i32,
    /// The model that answered.
    pub model: Option<String>,
    /// Why the model stopped.
    pub finish: Option<Finish>,
    /// What it took.
    pub usage: RunUsage,
    /// What it cost, in USD; absent where no price is known.
    pub cost_usd: Option<String>,
    /// From the request to the whole answer, in milliseconds.
    pub latency_ms: f64,
}
