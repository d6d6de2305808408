//! Types of known models, as the API shows them.

use std::collections::BTreeSet;

use promptpilot_codegen::KnownModel;
use promptpilot_spec::{
    definition::{Effort, Price as UsdPrice, ProviderKind},
    model::Price,
    provider::{Need, abilities},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A model that the tables of prices and abilities know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "KnownModel")]
pub struct ListedModel {
    /// Provider and name: what `after` takes.
    pub id: String,
    /// Who serves it.
    pub provider: ProviderKind,
    /// The provider's name for it, as definitions have it.
    pub name: String,
    /// What its tokens cost, in USD per million; null where no table knows.
    pub price: Option<UsdPrice>,
    /// What they cost where the prompt is long, the longest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub long_prices: Vec<LongPrice>,
    /// Most tokens in and out together; null where no table knows.
    pub context: Option<u64>,
    /// Most tokens out; null where no table knows.
    pub max_output: Option<u32>,
    /// What it can do.
    pub abilities: ModelAbilities,
    /// Names of the keys that are stored for it in the environment.
    pub credentials: Vec<String>,
    /// Whether it can be asked in the environment: a key is stored, or it needs none.
    pub ready: bool,
}

/// What a long prompt's tokens cost, and those of its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LongPrice {
    /// From so many tokens in.
    pub from: u64,
    /// The price, in USD per million tokens.
    pub price: UsdPrice,
}

/// What a model can do; null where no table knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelAbilities {
    /// Answers come as they are written.
    pub streaming: bool,
    /// Answers can be held to a JSON Schema.
    pub structured: Option<bool>,
    /// It can ask for tools.
    pub tools: bool,
    /// It takes pictures.
    pub images: Option<bool>,
    /// Its provider takes files.
    pub files: bool,
    /// The efforts of reasoning that it takes.
    pub efforts: Option<Vec<Effort>>,
}

impl ListedModel {
    /// A model as it is known, with the keys of an environment.
    pub(super) fn new(known: &KnownModel, stored: &BTreeSet<(ProviderKind, String)>) -> Self {
        let provider = known.provider;
        let own = stored.iter().filter(|(of, _)| *of == provider);
        let credentials: Vec<_> = own.map(|(_, name)| name.clone()).collect();
        let long = known.price_steps.iter();
        Self {
            id: id(known),
            provider,
            name: known.name.clone(),
            price: known.price.map(usd),
            long_prices: long
                .map(|step| LongPrice { from: step.from, price: usd(step.price) })
                .collect(),
            context: known.context,
            max_output: known.output,
            // Every adapter streams and hands tools on: `docs/providers.md` has the table.
            abilities: ModelAbilities {
                streaming: true,
                structured: known.structured,
                tools: true,
                images: known.images,
                files: known.files,
                efforts: known.efforts.map(<[_]>::to_vec),
            },
            ready: !credentials.is_empty() || abilities(provider).key != Need::Must,
            credentials,
        }
    }
}

/// `openai/gpt-4o-mini`
pub(super) fn id(known: &KnownModel) -> String {
    format!("{}/{}", known.provider.as_str(), known.name)
}

fn usd(price: Price) -> UsdPrice {
    let usd = |micro: u64| micro as f64 / 1e6;
    let Price { input, cached_input, output, .. } = price;
    UsdPrice { input: usd(input), output: usd(output), cached_input: Some(usd(cached_input)) }
}
