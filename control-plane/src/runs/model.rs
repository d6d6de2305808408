//! Types of runs, as the API shows them.

use promptpilot_spec::{
    definition::{ModelRef, Prompt},
    record::Finish,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Variants that run side by side.
pub(super) const MOST_VARIANTS: usize = 4;

/// Body of `POST /api/llm/execute`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// What to run, side by side.
    #[schemars(length(min = 1, max = 4))]
    #[serde(default)]
    pub variants: Vec<RunVariant>,
    /// Values of the variables; absent means those that a prompt keeps to be tried with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Map<String, Value>>,
}

/// One of several to compare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunVariant {
    /// The texts, or by `use` a prompt that is kept: `name@3`, `name@production`, `name`.
    pub prompt: Prompt,
    /// The model with its parameters; absent means the one that the prompt suggests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelRef>,
}

/// Answer of `POST /api/llm/execute`; as events, `done` and `error` have one result each.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunAnswer {
    /// One result for each variant, in their order.
    pub results: Vec<RunResult>,
}

/// Event `delta` of `POST /api/llm/execute`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunDelta {
    /// Place of the variant, counted from 0.
    pub variant: usize,
    /// What the model has written since.
    pub text: String,
}

/// What came of one variant.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunResult {
    /// Place of the variant, counted from 0.
    pub variant: usize,
    /// The call, as the call log has it.
    pub call: Uuid,
    /// The prompt's version that ran, where it is one that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_version: Option<i32>,
    /// What the model wrote; absent if something went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// Why the model stopped.
    pub finish: Option<Finish>,
    /// Who served the model.
    pub provider: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// What it took.
    pub usage: RunUsage,
    /// What it cost, in USD; absent where no price is known.
    pub cost_usd: Option<String>,
    /// From the request to the whole answer, in milliseconds.
    pub latency_ms: f64,
    /// From the request to the first text, in milliseconds; of streams only.
    pub first_token_ms: Option<f64>,
}

/// Tokens of a run.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
pub struct RunUsage {
    /// In, cached ones included.
    pub tokens_in: u64,
    /// Out, reasoning included.
    pub tokens_out: u64,
    /// Those of `tokens_in` that the provider had cached.
    pub tokens_cached: u64,
}

/// Why a run came to nothing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunError {
    /// The kind, as deployed endpoints tell it: `provider-failed`, `prompt-failed`, `timeout`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status that an endpoint would answer with.
    pub status: u16,
    /// What happened.
    pub detail: String,
}
