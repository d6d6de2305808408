//! What providers take, whatever the model: data that the check and the documents read.
//!
//! Sources: the providers' specifications and SDKs of 2026-08 (OpenAI 2.3.0, Azure v1, Anthropic's
//! Messages, Cohere v2, Gemini v1beta, botocore 1.44 for Bedrock, TGI for Hugging Face).

use crate::definition::{Effort, ProviderKind};

/// What a provider takes and tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Abilities {
    /// A stored key.
    pub key: Need,
    /// An address of one's own.
    pub base_url: Need,
    /// A region.
    pub region: Need,
    /// A version of its API.
    pub api_version: Need,
    /// One of several APIs.
    pub api: Need,
    /// Largest answer, in tokens.
    pub max_tokens: Need,
    /// Highest temperature.
    pub hottest: f64,
    /// How many texts may end the answer.
    pub stops: usize,
    /// Least and greatest seed; `None` where it takes none.
    pub seeds: Option<(i64, i64)>,
    /// Efforts that it has words for; which of them a model takes is the model's.
    pub efforts: &'static [Effort],
    /// Whether it can hold answers to a JSON Schema.
    pub structured: bool,
    /// Whether it can while there are tools.
    pub structured_with_tools: bool,
    /// Pictures.
    pub images: Taken,
    /// Files.
    pub files: Taken,
    /// Whether models have the names that their users give them, so that no table knows them.
    pub own_names: bool,
    /// Tokens that it counts apart.
    pub counts: Counts,
}

/// Whether a provider takes something beside text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It does not.
    Never,
    /// As a part of the request.
    Data,
    /// So, or by a URL that it fetches.
    DataOrUrl,
}

/// Whether something is given to a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It has no place for it.
    Never,
    /// It may be given.
    May,
    /// It does not work without.
    Must,
}

/// Tokens that a provider counts apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Read from its cache.
    pub cached: bool,
    /// Written into its cache.
    pub cache_written: bool,
    /// Spent on reasoning.
    pub reasoning: bool,
}

/// What a provider takes.
pub const fn abilities(provider: ProviderKind) -> &'static Abilities {
    match provider {
        ProviderKind::OpenAi => &OPENAI,
        ProviderKind::Anthropic => &ANTHROPIC,
        ProviderKind::Cohere => &COHERE,
        ProviderKind::AzureOpenAi => &AZURE_OPENAI,
        ProviderKind::HuggingFace => &HUGGINGFACE,
        ProviderKind::Gemini => &GEMINI,
        ProviderKind::Bedrock => &BEDROCK,
        ProviderKind::OpenAiCompatible => &OPENAI_COMPATIBLE,
        ProviderKind::Sandbox => &SANDBOX,
    }
}

const ALL_EFFORTS: &[Effort] = &[
    Effort::None,
    Effort::Minimal,
    Effort::Low,
    Effort::Medium,
    Effort::High,
    Effort::Xhigh,
    Effort::Max,
];

const ANY_SEED: Option<(i64, i64)> = Some((i64::MIN, i64::MAX));

const OPENAI: Abilities = Abilities {
    key: Need::Must,
    base_url: Need::May,
    region: Need::Never,
    api_version: Need::Never,
    api: Need::May,
    max_tokens: Need::May,
    hottest: 2.0,
    stops: 4,
    seeds: ANY_SEED,
    efforts: ALL_EFFORTS,
    structured: true,
    structured_with_tools: true,
    images: Taken::DataOrUrl,
    files: Taken::Data,
    own_names: false,
    counts: Counts { cached: true, cache_written: true, reasoning: true },
};

const OPENAI_COMPATIBLE: Abilities = Abilities {
    key: Need::May,
    base_url: Need::Must,
    api: Need::Never,
    stops: usize::MAX,
    files: Taken::Never,
    own_names: true,
    ..OPENAI
};

const AZURE_OPENAI: Abilities = Abilities {
    base_url: Need::Must,
    api_version: Need::May,
    files: Taken::Never,
    own_names: true,
    ..OPENAI
};

const HUGGINGFACE: Abilities = Abilities {
    api: Need::Never,
    files: Taken::Never,
    own_names: true,
    seeds: Some((0, i64::MAX)),
    ..OPENAI
};

const ANTHROPIC: Abilities = Abilities {
    api: Need::Never,
    max_tokens: Need::Must,
    hottest: 1.0,
    stops: usize::MAX,
    seeds: None,
    efforts: &[Effort::Low, Effort::Medium, Effort::High, Effort::Xhigh, Effort::Max],
    files: Taken::DataOrUrl,
    ..OPENAI
};

const COHERE: Abilities = Abilities {
    api: Need::Never,
    hottest: 1.0,
    stops: 5,
    seeds: Some((0, i64::MAX)),
    efforts: &[],
    structured_with_tools: false,
    files: Taken::Never,
    counts: Counts { cached: true, cache_written: false, reasoning: false },
    ..OPENAI
};

const GEMINI: Abilities = Abilities {
    api: Need::Never,
    stops: 5,
    seeds: Some((i32::MIN as i64, i32::MAX as i64)),
    efforts: &[Effort::Minimal, Effort::Low, Effort::Medium, Effort::High],
    // Its newest models can; the others refuse the request.
    structured_with_tools: false,
    images: Taken::Data,
    counts: Counts { cached: true, cache_written: false, reasoning: true },
    ..OPENAI
};

const BEDROCK: Abilities = Abilities {
    key: Need::May,
    region: Need::Must,
    api: Need::Never,
    hottest: 1.0,
    stops: 2500,
    seeds: None,
    efforts: &[Effort::Low, Effort::Medium, Effort::High, Effort::Xhigh, Effort::Max],
    images: Taken::Data,
    counts: Counts { cached: true, cache_written: true, reasoning: false },
    ..OPENAI
};

const SANDBOX: Abilities = Abilities {
    key: Need::Never,
    base_url: Need::Never,
    api: Need::Never,
    stops: usize::MAX,
    files: Taken::DataOrUrl,
    own_names: true,
    counts: Counts { cached: false, cache_written: false, reasoning: false },
    ..OPENAI
};
