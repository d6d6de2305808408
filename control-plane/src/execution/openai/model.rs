//! Types of OpenAI's API, as far as it is spoken here.

use promptpilot_spec::definition::Effort;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Body of `POST /v1/chat/completions`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct ChatRequest {
    /// `prompt:NAME@LABEL`, `prompt:NAME@3`, or `prompt:NAME` for the newest version.
    pub model: String,
    /// The conversation, which goes on after the prompt's own messages; may be empty.
    #[serde(default)]
    pub messages: Vec<ChatMessage>,
    /// Values of the prompt's variables. They come before those in `metadata`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variables: Option<Map<String, Value>>,
    /// Values of the prompt's variables, and whatever else the call log should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
    /// Whether to answer in chunks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<bool>,
    /// How to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
    /// What the answer is to be like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
    /// Sampling temperature, in place of the prompt's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Nucleus sampling, in place of the prompt's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Largest answer, in tokens, in place of the prompt's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u32>,
    /// The same by its older name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Texts that end the answer, in place of the prompt's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// Sampling seed, in place of the prompt's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Reasoning effort, in place of the prompt's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_effort: Option<Effort>,
    /// Your user on whose behalf this is, for the call log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub user: Option<String>,
    /// The same by its newer name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub safety_identifier: Option<String>,
    /// What else was sent: let through where it changes nothing, refused where it would.
    #[serde(flatten)]
    #[schemars(skip)]
    pub others: Map<String, Value>,
}

/// A message of the conversation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = false))]
pub struct ChatMessage {
    /// Who speaks.
    pub role: ChatRole,
    /// What is said.
    pub content: Content,
    /// What else was sent.
    #[serde(flatten)]
    #[schemars(skip)]
    pub others: Map<String, Value>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChatRole {
    /// Whoever wrote the program.
    System,
    /// The same by its newer name.
    Developer,
    /// Whoever uses it.
    User,
    /// The model.
    Assistant,
}

/// What is said.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Content {
    /// A text.
    Text(String),
    /// A text in parts.
    Parts(Vec<Part>),
}

/// A part of a message.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// A text.
    Text {
        /// The text.
        text: String,
    },
}

/// How to stream.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamOptions {
    /// Whether a last chunk says what it took.
    #[serde(default)]
    pub include_usage: Option<bool>,
    /// Padding against eavesdroppers, which is never sent from here.
    #[serde(default)]
    pub include_obfuscation: Option<bool>,
}

/// Texts that end the answer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Stop {
    /// One.
    One(String),
    /// Some.
    Some(Vec<String>),
}

/// What the answer is to be like.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat {
    /// A text.
    Text,
    /// A JSON object, whichever.
    JsonObject,
    /// What fits a schema.
    JsonSchema {
        /// The schema.
        json_schema: NamedSchema,
    },
}

/// A schema with its name.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NamedSchema {
    /// Its name, which is not used here.
    pub name: String,
    /// The JSON Schema.
    #[serde(default)]
    pub schema: Option<Map<String, Value>>,
    /// Whether it keeps to what providers ask of a strict one.
    #[serde(default)]
    pub strict: Option<bool>,
}

/// Answer of `POST /v1/chat/completions`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChatCompletion {
    /// `chatcmpl-` and the call's id.
    pub id: String,
    /// Always `chat.completion`.
    pub object: &'static str,
    /// When the call began, in seconds since 1970.
    pub created: i64,
    /// The prompt's version that answered: `prompt:NAME@3`.
    pub model: String,
    /// One answer.
    pub choices: Vec<Choice>,
    /// What it took.
    pub usage: ChatUsage,
}

/// An answer.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Choice {
    /// Always 0.
    pub index: u32,
    /// The answer.
    pub message: Answered,
    /// Always null.
    pub logprobs: Option<Value>,
    /// Why the model stopped: `stop`, `length` or `content_filter`.
    pub finish_reason: &'static str,
}

/// The model's message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Answered {
    /// Always `assistant`.
    pub role: &'static str,
    /// The text; null where the model refused.
    pub content: Option<String>,
    /// Why the model refused.
    pub refusal: Option<String>,
}

/// A piece of a streamed answer.
#[derive(Debug, Serialize)]
pub(super) struct Chunk<'a> {
    pub(super) id: &'a str,
    pub(super) object: &'static str,
    pub(super) created: i64,
    pub(super) model: &'a str,
    pub(super) choices: Vec<ChunkChoice>,
    /// Null but in the last one, and absent where nobody asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) usage: Option<Option<ChatUsage>>,
}

#[derive(Debug, Serialize)]
pub(super) struct ChunkChoice {
    pub(super) index: u32,
    pub(super) delta: ChunkDelta,
    pub(super) logprobs: Option<Value>,
    pub(super) finish_reason: Option<&'static str>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct ChunkDelta {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<String>,
}

/// Tokens of an answer.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct ChatUsage {
    /// In, cached ones included.
    pub prompt_tokens: u64,
    /// Out, reasoning included.
    pub completion_tokens: u64,
    /// Both.
    pub total_tokens: u64,
    /// Of those in.
    pub prompt_tokens_details: PromptTokens,
    /// Of those out.
    pub completion_tokens_details: CompletionTokens,
}

/// Of the tokens in.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct PromptTokens {
    /// Those that the provider had cached.
    pub cached_tokens: u64,
}

/// Of the tokens out.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct CompletionTokens {
    /// Those that were spent on reasoning.
    pub reasoning_tokens: u64,
}

/// Answer of `GET /v1/models`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ModelList {
    /// Always `list`.
    pub object: &'static str,
    /// The labels of all prompts that the key opens.
    pub data: Vec<ListedModel>,
}

/// A version of a prompt, as a model.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ListedModel {
    /// `prompt:NAME@LABEL`.
    pub id: String,
    /// Always `model`.
    pub object: &'static str,
    /// When the version was saved, in seconds since 1970.
    pub created: i64,
    /// The organization's slug.
    pub owned_by: String,
}

/// What goes wrong, as OpenAI's API tells it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "OpenAiError")]
pub(crate) struct ErrorDocument {
    /// The error.
    pub(super) error: ErrorBody,
}

/// An error.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "OpenAiErrorBody")]
pub(crate) struct ErrorBody {
    /// What happened, and how to mend it.
    pub(super) message: String,
    /// Its class.
    #[serde(rename = "type")]
    pub(super) class: String,
    /// The member of the request that is wrong, where it is one.
    pub(super) param: Option<String>,
    /// Its kind, which never changes: what programs may rely on.
    pub(super) code: String,
}
