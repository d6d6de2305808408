//! The endpoint definition: one schema for a TOML file, the API's JSON and the database.
//!
//! These types are its only home. The JSON Schema that editors and the check use is derived from
//! them (feature `schema`), so a key that is not here does not exist.

mod field;
mod guard;
mod llm;
mod prompt;
mod reference;

use serde::{Deserialize, Serialize};

pub use field::{Field, FieldType, Fields, Response, ResponseFormat};
pub use guard::{
    Auth, AuthMode, Budget, Cache, CacheScope, Cors, Limits, OnStateFailure, Per, Whose,
};
pub use llm::{Api, Effort, Model, ModelRef, Price, ProviderKind, Split, key_variable};
pub use prompt::{Message, Prompt, Role};
pub use reference::{
    MAX_LABEL, MAX_PROMPT_NAME, PromptReference, ReferenceError, Wanted, is_label, is_prompt_name,
};

use crate::units::Duration;

/// One endpoint: a prompt, the fields around it, and how it is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// `[a-z][a-z0-9-]{0,47}`, unique in the organization.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,47}$")))]
    pub name: String,
    /// One line for people who look for the endpoint.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What a call record keeps.
    #[serde(default)]
    pub log: Log,
    /// The text sent to the model, inline or by reference.
    pub prompt: Prompt,
    /// Who answers, and how.
    pub model: Model,
    /// Request fields by name; the names are the prompt's variables.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    pub request: Fields,
    /// What callers get back.
    #[serde(default)]
    pub response: Response,
    /// Who may call.
    #[serde(default)]
    pub auth: Auth,
    /// How often, how large and at what cost.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// Remembered answers; absent means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// Which web pages may call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cors: Option<Cors>,
    /// What the function gets of the platform.
    #[serde(default)]
    pub deploy: Deploy,
    /// Calls made before a version goes live; a failing one keeps the old version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<Test>,
    /// Tools the model may ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
}

/// What a call record keeps of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Log {
    /// Everything, bodies included.
    #[default]
    Full,
    /// Figures only, no bodies.
    Metadata,
    /// Neither bodies nor user metadata.
    None,
}

/// What the function gets of the platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Deploy {
    /// Memory in MB.
    pub memory: u32,
    /// The platform's timeout for one call.
    pub timeout: Duration,
    /// Absent means the target's own: this machine's locally, arm64 on AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<Architecture>,
    /// Calls that one process may hold at once.
    pub concurrency: u16,
    /// How the code is built.
    pub profile: Profile,
}

impl Default for Deploy {
    fn default() -> Self {
        Self {
            memory: 128,
            timeout: Duration::from_secs(60),
            architecture: None,
            concurrency: 1,
            profile: Profile::Fast,
        }
    }
}

/// Instruction set of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Architecture {
    /// 64-bit ARM.
    #[serde(rename = "arm64")]
    Arm64,
    /// 64-bit x86.
    #[serde(rename = "x86-64")]
    X86_64,
}

/// How a function is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// No link-time optimisation: live in about a second.
    #[default]
    Fast,
    /// Optimised for size with fat link-time optimisation.
    Small,
}

/// A call made against a new version before it goes live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The request object.
    pub request: serde_json::Map<String, serde_json::Value>,
    /// What the answer must be like.
    #[serde(default)]
    pub expect: Expect,
}

/// What a test asks of an answer. Everything given must hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Texts that the answer contains, in any field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// The answer fits the declared response.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub schema: bool,
    /// The answer comes within this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_latency: Option<Duration>,
}

/// A tool the model may ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// `[A-Za-z0-9_-]{1,64}`.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// Its parameters, as fields.
    #[serde(default)]
    pub parameters: Fields,
}
