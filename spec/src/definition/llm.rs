//! Who answers: provider, model, parameters, fallbacks.

use serde::{Deserialize, Serialize};

use crate::units::Duration;

/// The model of an endpoint, with everything that holds for the whole call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Who serves the model.
    pub provider: ProviderKind,
    /// The provider's name for the model.
    pub name: String,
    /// Which stored key of that provider; absent means its default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Largest answer, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// The whole call, retries included.
    #[serde(default = "default_timeout")]
    pub timeout: Duration,
    /// How often a failed attempt is repeated.
    #[serde(default = "default_retries")]
    pub retries: u8,
    /// Reasoning effort, where the model takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Sampling temperature, where the model takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, where the model takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Texts that end the answer, where the model takes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Sampling seed, where the model takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Which of the provider's APIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// Where the provider listens, for providers with an address of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The provider's API version, where it asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The provider's region, where it has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Price, for a model that no table knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// A second request if nothing came by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge: Option<Duration>,
    /// Asked in order when the one before has failed for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<ModelRef>,
    /// Models that take a share of the calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub split: Vec<Split>,
}

fn default_timeout() -> Duration {
    Duration::from_secs(30)
}

const fn default_retries() -> u8 {
    2
}

/// Another model, with the parameters that are its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelRef {
    /// Who serves the model.
    pub provider: ProviderKind,
    /// The provider's name for the model.
    pub name: String,
    /// Which stored key of that provider; absent means its default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Largest answer, in tokens; absent means the first model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Reasoning effort, where the model takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Sampling temperature, where the model takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, where the model takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Texts that end the answer, where the model takes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Sampling seed, where the model takes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Which of the provider's APIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// Where the provider listens, for providers with an address of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The provider's API version, where it asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// The provider's region, where it has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Price, for a model that no table knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

impl ModelRef {
    /// A model without parameters of its own.
    pub fn new(provider: ProviderKind, name: impl Into<String>) -> Self {
        Self {
            provider,
            name: name.into(),
            credential: None,
            max_tokens: None,
            effort: None,
            temperature: None,
            top_p: None,
            stop: Vec::new(),
            seed: None,
            api: None,
            base_url: None,
            api_version: None,
            region: None,
            price: None,
        }
    }
}

/// A model with its share of the traffic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Its share of the calls, in percent; what all leave is the first model's.
    pub weight: u8,
    /// Who serves the model.
    pub provider: ProviderKind,
    /// The provider's name for the model.
    pub name: String,
    /// Which stored key of that provider; absent means its default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// Who serves a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// OpenAI.
    #[serde(rename = "openai")]
    OpenAi,
    /// Anthropic.
    Anthropic,
    /// Cohere.
    Cohere,
    /// OpenAI's models on Azure.
    #[serde(rename = "azure-openai")]
    AzureOpenAi,
    /// Hugging Face: the router, or an endpoint of one's own.
    #[serde(rename = "huggingface")]
    HuggingFace,
    /// Google Gemini.
    Gemini,
    /// AWS Bedrock.
    Bedrock,
    /// Any server that speaks OpenAI's chat completions.
    #[serde(rename = "openai-compatible")]
    OpenAiCompatible,
    /// Deterministic answers with no network and no cost.
    Sandbox,
}

impl ProviderKind {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 9] = [
        Self::OpenAi,
        Self::Anthropic,
        Self::Cohere,
        Self::AzureOpenAi,
        Self::HuggingFace,
        Self::Gemini,
        Self::Bedrock,
        Self::OpenAiCompatible,
        Self::Sandbox,
    ];

    /// The name in definitions and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Cohere => "cohere",
            Self::AzureOpenAi => "azure-openai",
            Self::HuggingFace => "huggingface",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::OpenAiCompatible => "openai-compatible",
            Self::Sandbox => "sandbox",
        }
    }
}

/// The environment variable that carries a provider key into a function: `PROMPTPILOT_KEY_OPENAI`
/// for the provider's default key, `PROMPTPILOT_KEY_OPENAI_TEAM_B` for the one named `team-b`.
pub fn key_variable(provider: ProviderKind, credential: Option<&str>) -> String {
    let mut name = format!("PROMPTPILOT_KEY_{}", provider.as_str());
    if let Some(credential) = credential.filter(|credential| *credential != "default") {
        name.push('_');
        name.push_str(credential);
    }
    name.to_ascii_uppercase().replace('-', "_")
}

/// Which of a provider's APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// OpenAI's Responses.
    Responses,
    /// OpenAI's Chat Completions.
    Chat,
}

/// How long a model thinks before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as it can.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// More.
    Xhigh,
    /// As much as it can.
    Max,
}

/// Price in USD per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Per million tokens in.
    pub input: f64,
    /// Per million tokens out.
    pub output: f64,
    /// Per million tokens read from the provider's cache; absent means as input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<f64>,
}
