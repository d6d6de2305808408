//! A checked definition with everything resolved: what is built and how it is deployed.

use promptpilot_spec::{
    definition::{
        Api, Architecture, Effort, Fields, Log, Profile, ProviderKind, Response, Role, Test, Tool,
        Whose,
    },
    model::{Price, Step},
    units::{Duration, Money},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a definition comes to. Only a definition without errors has one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The endpoint's name.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// What a call record keeps.
    pub log: Log,
    /// The conversation, each message a template.
    pub messages: Vec<PlannedMessage>,
    /// Request fields by name.
    pub request: Fields,
    /// Tools that models may ask for.
    pub tools: Vec<Tool>,
    /// What callers get back.
    pub response: Response,
    /// Asked in order: the first, then its fallbacks.
    pub models: Vec<PlannedModel>,
    /// Models that take a share of the first one's calls.
    pub splits: Vec<PlannedSplit>,
    /// One call, retries included.
    pub call_timeout: Duration,
    /// How often a failed attempt is repeated.
    pub retries: u8,
    /// How long a model may say nothing before it is asked a second time.
    pub hedge: Option<Duration>,
    /// Largest request body, in bytes.
    pub max_body: u64,
    /// Origins of web pages that may call.
    pub origins: Vec<String>,
    /// Whether anybody may call.
    pub public: bool,
    /// How often callers may call; absent means as often as they like.
    pub rate: Option<PlannedRate>,
    /// What calls may cost.
    pub budgets: Vec<PlannedBudget>,
    /// Whether calls go on where nobody can say what is left of a budget.
    pub unbudgeted: bool,
    /// What is remembered; absent means nothing.
    pub cache: Option<PlannedCache>,
    /// Whether its function keeps anything in a state store.
    pub state: bool,
    /// Environment variables with provider keys that the function needs, sorted.
    pub key_variables: Vec<String>,
    /// Memory in MB.
    pub memory: u32,
    /// The platform's timeout for one call.
    pub timeout: Duration,
    /// `None` means the target's own.
    pub architecture: Option<Architecture>,
    /// Calls that one process may hold at once.
    pub concurrency: u16,
    /// How the code is built.
    pub profile: Profile,
    /// Calls made before a version goes live.
    pub tests: Vec<Test>,
    /// The most that one call can come to.
    pub ceiling: Ceiling,
}

/// How often callers may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedRate {
    /// Calls at once, after a while without any.
    pub capacity: u32,
    /// How long it takes until one call more may be made, in microseconds.
    pub step_us: u64,
    /// Who has a rate of their own.
    pub per: Whose,
}

/// What calls may cost in a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedBudget {
    /// Who has a budget of their own.
    pub per: Whose,
    /// All that may be spent.
    pub limit: Money,
    /// When so much is spent, it is told; in micro-USD.
    pub soft: Option<u64>,
}

/// Remembered answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedCache {
    /// How long an answer is good.
    pub ttl: Duration,
    /// How much longer it may still answer while it is made anew.
    pub stale: Option<Duration>,
    /// Who shares answers.
    pub per: Whose,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedMessage {
    /// The place of its text in the definition.
    pub pointer: String,
    /// Who speaks.
    pub role: Role,
    /// Its text, a template.
    pub template: String,
}

/// One model that may be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedModel {
    /// Its place in the definition.
    pub pointer: String,
    /// Who serves it.
    pub provider: ProviderKind,
    /// Which of the provider's APIs, where it has several.
    pub api: Option<Api>,
    /// The provider's name for it.
    pub name: String,
    /// The environment variable with its key; `None` where it needs none.
    pub key_variable: Option<String>,
    /// Where the provider listens, where that is not its public address.
    pub base_url: Option<String>,
    /// The provider's region.
    pub region: Option<String>,
    /// The version of the provider's API.
    pub api_version: Option<String>,
    /// Whether the provider holds its answers to a JSON Schema.
    pub holds_to_schema: bool,
    /// Largest answer, in tokens.
    pub max_tokens: Option<u32>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// Sampling seed.
    pub seed: Option<i64>,
    /// Reasoning effort.
    pub effort: Option<Effort>,
    /// What its tokens cost; `None` where nobody knows.
    pub price: Option<Price>,
    /// What they cost where the prompt is long, the longest last.
    pub price_steps: Vec<Step>,
}

impl PlannedModel {
    /// Whether the version of the provider's API is a date: an older form of its addresses.
    pub fn is_dated(&self) -> bool {
        crate::check::is_dated(self.api_version.as_deref())
    }
}

/// The most that one call can come to, all attempts included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ceiling {
    /// In micro-USD.
    pub micro_usd: Bound,
    /// In milliseconds.
    pub millis: u64,
    /// The rendered prompt, in bytes.
    pub prompt_bytes: Bound,
}

/// A bound, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Never more.
    AtMost(u64),
    /// These places of the definition, by pointer, have no bound.
    Unbounded(Vec<String>),
}

/// A model that answers a share of the calls in the first one's stead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedSplit {
    /// Its share of all calls.
    pub percent: u8,
    /// The model.
    pub model: PlannedModel,
}
