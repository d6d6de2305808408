//! What a function knows at build time, as static data that generated code fills in.
//!
//! Plain borrowed types: a function's whole definition lies in its read-only segment and costs
//! nothing at start.

pub use promptpilot_spec::{
    definition::{Effort, Log, Role, Whose},
    model::{Price, Step},
    units::{Money, Period},
};

use promptpilot_spec::{
    definition::ProviderKind,
    model::{self, ABOUT_TOOLS, AN_ANSWER, AN_IMAGE},
};

use crate::{provider::Provider, state::StateKind};

/// One endpoint, checked and resolved.
#[derive(Debug)]
pub struct Endpoint {
    /// Its name in the organization.
    pub name: &'static str,
    /// One line for people.
    pub description: &'static str,
    /// What a call record keeps.
    pub log: Log,
    /// The conversation, each message a template.
    pub prompt: &'static [Message],
    /// Request fields; their names are the prompt's variables.
    pub request: &'static [Field],
    /// Tools that models may ask for; callers are handed their calls.
    pub tools: &'static [Tool],
    /// What callers get back.
    pub response: Response<'static>,
    /// Asked in order: the first, then its fallbacks.
    pub models: &'static [Model<'static>],
    /// Models that take calls from the first one.
    pub splits: &'static [Split],
    /// The whole call, retries included, in milliseconds.
    pub timeout_ms: u64,
    /// How often a failed attempt is repeated.
    pub retries: u8,
    /// How long a model may say nothing before it is asked a second time, in milliseconds.
    pub hedge_ms: Option<u64>,
    /// Largest request body, in bytes.
    pub max_body: u64,
    /// Origins of web pages that may call; empty means none.
    pub origins: &'static [&'static str],
    /// Who may call.
    pub auth: Auth,
    /// How often; `None` means as often as one likes.
    pub rate: Option<Rate>,
    /// What calls may cost.
    pub budgets: &'static [Budget],
    /// Whether calls go on where nobody can say if a budget has enough left.
    pub unbudgeted: bool,
    /// Remembered answers; `None` means none.
    pub cache: Option<Cache>,
    /// The kinds of stores that may keep all this; none where the endpoint needs nothing kept.
    pub state: &'static [&'static dyn StateKind],
    /// The endpoint's OpenAPI document, JSON.
    pub openapi: &'static str,
}

/// Who may call.
#[derive(Debug, Clone, Copy)]
pub enum Auth {
    /// Anybody.
    Public,
    /// Whoever has a key.
    ApiKey {
        /// Who answers holders of test keys.
        test: &'static Model<'static>,
    },
}

/// How often callers may call.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Calls at once, after a while without any.
    pub capacity: u32,
    /// How long it takes until one call more may be made, in microseconds.
    pub step_us: u64,
    /// Who has a rate of their own.
    pub per: Whose,
}

/// What calls may cost in a window of time.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Who has a budget of their own.
    pub per: Whose,
    /// All that may be spent.
    pub limit: Money,
    /// When so much is spent, somebody wants to know; in micro-USD.
    pub soft: Option<u64>,
}

/// Remembered answers.
#[derive(Debug, Clone, Copy)]
pub struct Cache {
    /// How long an answer is good, in milliseconds.
    pub ttl_ms: u64,
    /// How much longer it may still answer while it is made anew, in milliseconds.
    pub stale_ms: u64,
    /// Who shares answers.
    pub per: Whose,
}

impl Cache {
    /// How long an answer is kept: as long as it may be used, whether good or too old.
    pub(crate) const fn kept_ms(self) -> u64 {
        self.ttl_ms.saturating_add(self.stale_ms)
    }
}

/// One message of the conversation.
#[derive(Debug)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// Its text, a template.
    pub template: &'static str,
}

/// One field of a request or a response.
#[derive(Debug)]
pub struct Field {
    /// Its key in the object.
    pub name: &'static str,
    /// May be left out.
    pub optional: bool,
    /// The value when left out, as JSON.
    pub default: Option<&'static str>,
    /// Never in a record or a log.
    pub sensitive: bool,
    /// The kind of value and its bounds.
    pub kind: Kind,
}

/// The kind of a field's value, with the bounds that belong to it.
#[derive(Debug)]
pub enum Kind {
    /// Text; lengths in characters.
    String {
        /// Fewest characters.
        min_length: u32,
        /// Most characters.
        max_length: Option<u32>,
    },
    /// A whole number.
    Integer {
        /// Least.
        minimum: Option<i64>,
        /// Greatest.
        maximum: Option<i64>,
    },
    /// A number.
    Number {
        /// Least.
        minimum: Option<f64>,
        /// Greatest.
        maximum: Option<f64>,
    },
    /// True or false.
    Boolean,
    /// One of these texts.
    Enum(&'static [&'static str]),
    /// A list.
    Array {
        /// What it holds; the name is empty.
        items: &'static Field,
        /// Fewest items.
        min_items: u32,
        /// Most items.
        max_items: Option<u32>,
    },
    /// An object with these fields.
    Object(&'static [Field]),
    /// A conversation so far.
    Messages {
        /// Fewest messages.
        min_items: u32,
        /// Most messages.
        max_items: Option<u32>,
        /// Most characters of one message, all that is in it taken together.
        max_length: Option<u32>,
        /// Images that messages of the user's may have.
        images: Option<Images>,
        /// Tools that may have been asked for in it.
        tools: &'static [Tool],
    },
    /// A picture or a file.
    Media {
        /// Which of them.
        form: Form,
        /// Largest one, in bytes.
        max_bytes: u64,
        /// Whether it may be given by its URL.
        urls: bool,
    },
}

/// Images that a message may have.
#[derive(Debug, Clone, Copy)]
pub struct Images {
    /// Most of one message.
    pub most: u32,
    /// Largest one, in bytes.
    pub max_bytes: u64,
    /// Whether one may be given by its URL.
    pub urls: bool,
}

/// What goes to a model beside text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A picture.
    Image,
    /// A file.
    File,
}

/// A tool that models may ask for.
#[derive(Debug)]
pub struct Tool {
    /// `[A-Za-z0-9_-]{1,64}`.
    pub name: &'static str,
    /// What it does, for the model.
    pub description: &'static str,
    /// What it is asked with.
    pub parameters: &'static [Field],
    /// The same as a strict JSON Schema.
    pub schema: &'static str,
}

impl Tool {
    /// The schema of its parameters.
    pub(crate) fn json_schema(&self) -> serde_json::Value {
        // The text is written by our own generator, which knows JSON.
        serde_json::from_str(self.schema).unwrap_or_default()
    }
}

/// What callers get back.
#[derive(Debug)]
pub enum Response<'a> {
    /// `{"text": …}`.
    Text,
    /// An object with these fields.
    Json {
        /// Its fields.
        fields: &'a [Field],
        /// The same as a strict JSON Schema, for providers that take one.
        schema: &'a str,
    },
    /// JSON that fits a schema which a caller brings. No endpoint has it.
    Schema {
        /// The JSON Schema.
        schema: &'a str,
        /// Whether it keeps to what providers ask of a strict one.
        strict: bool,
    },
}

impl Response<'_> {
    /// The JSON Schema of the answer, where there is one.
    pub(crate) const fn schema(&self) -> Option<&str> {
        match self {
            Self::Text => None,
            Self::Json { schema, .. } | Self::Schema { schema, .. } => Some(*schema),
        }
    }
}

/// A model with all that a request to it needs.
#[derive(Debug)]
pub struct Model<'a> {
    /// Who serves it.
    pub provider: &'static dyn Provider,
    /// The provider's name for it.
    pub name: &'a str,
    /// The environment variable with the key; `None` where the provider takes none.
    pub key: Option<&'a str>,
    /// Where the provider listens; `None` means its public address.
    pub base_url: Option<&'a str>,
    /// The provider's region, where it has them.
    pub region: Option<&'a str>,
    /// The version of the provider's API, where one is asked for.
    pub api_version: Option<&'a str>,
    /// Whether the provider holds this model's answers to a JSON Schema. Where it cannot, the
    /// schema is put to the model in words, and its answer is checked all the same.
    pub holds_to_schema: bool,
    /// Parameters that the definition sets; others are not sent.
    pub parameters: Parameters<'a>,
    /// What tokens cost; `None` where nobody knows.
    pub price: Option<Price>,
    /// What they cost where the prompt is long, the longest last.
    pub price_steps: &'a [Step],
}

impl Model<'_> {
    /// The most that a request can cost, in micro-USD, of so many bytes (a token is at least a byte),
    /// and with what is counted without being written out in it.
    pub(crate) fn most_cost(&self, bytes: usize, images: usize, tools: usize) -> u64 {
        let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let images = number(images).saturating_mul(AN_IMAGE);
        let tools = if tools == 0 { 0 } else { ABOUT_TOOLS };
        let tokens_in = number(bytes).saturating_add(images).saturating_add(tools);
        let longest = self.parameters.max_tokens.unwrap_or_else(|| self.longest_answer());
        let tokens_out = u64::from(longest);
        let steps = self.price_steps.iter().filter(|step| step.from <= tokens_in);
        let prices = self.price.iter().chain(steps.map(|step| &step.price));
        // A model without a price has no bound either; the check refuses it beside a budget.
        prices.map(|price| price.cost(tokens_in, tokens_out)).max().unwrap_or(u64::MAX)
    }

    /// How long an answer can be, in tokens, where the definition does not say it.
    fn longest_answer(&self) -> u32 {
        let mut kinds = ProviderKind::ALL.into_iter();
        let kind = kinds.find(|kind| kind.as_str() == self.provider.name());
        let known = kind.and_then(|kind| model::find(kind, self.name));
        known.map_or(AN_ANSWER, |known| known.output)
    }
}

/// A model that answers a share of the calls in the first one's stead.
#[derive(Debug)]
pub struct Split {
    /// Its share of all calls.
    pub percent: u8,
    /// The model.
    pub model: Model<'static>,
}

/// Parameters of a model. Only what is set is sent.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a> {
    /// Largest answer, in tokens.
    pub max_tokens: Option<u32>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
    /// Texts that end the answer.
    pub stop: &'a [&'a str],
    /// Sampling seed.
    pub seed: Option<i64>,
    /// Reasoning effort.
    pub effort: Option<Effort>,
}
