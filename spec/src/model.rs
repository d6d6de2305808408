//! What models can do: data, with its date and source, and a look-up. Also the form of prices.
//!
//! A model that is not here is no error: nobody can know them all. Its parameters are then not
//! checked.

use serde::{Deserialize, Serialize};

use crate::definition::{Effort, ProviderKind};

/// The day of the newest source. Windows and efforts: models.dev (2026-07-02, newer models
/// 2026-10-03). Parameters: the providers' specifications and SDKs (2026-08-21).
pub const AS_OF: &str = "2026-10-03";

/// One family of models that share their abilities.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    /// Who serves it.
    pub provider: ProviderKind,
    /// Its names. A date or `-latest` after them means the same family.
    pub names: &'static [&'static str],
    /// Most tokens in and out together.
    pub context: u32,
    /// Most tokens out.
    pub output: u32,
    /// Whether `temperature` and `top_p` are taken.
    pub sampling: Sampling,
    /// Whether texts that end the answer are taken.
    pub stop: bool,
    /// The efforts it takes; empty where it takes none.
    pub efforts: &'static [Effort],
    /// Whether answers can be held to a JSON Schema.
    pub structured: bool,
    /// Whether it takes pictures.
    pub images: bool,
}

/// Most tokens that an image is counted as: eight tiles of 5,667 and 2,833 more, by the dearest of
/// OpenAI's models. The others' are below 6,000.
pub const AN_IMAGE: u64 = 50_000;

/// Tokens that an answer is counted as of which nobody knows how long it can be, when money is set aside
/// for it.
pub const AN_ANSWER: u32 = 1 << 17;

/// What a provider says to a model about tools in general. Anthropic's has up to 700 tokens.
pub const ABOUT_TOOLS: u64 = 1024;

/// Price in micro-USD per million tokens, the form in which costs are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ModelPrice"))]
pub struct Price {
    /// Tokens in.
    pub input: u64,
    /// Tokens in that the provider had cached.
    pub cached_input: u64,
    /// Tokens in that the provider wrote into its cache.
    pub cache_write: u64,
    /// Tokens out.
    pub output: u64,
}

/// A price that holds for prompts of a length: all of their tokens, and those of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "PriceStep"))]
pub struct Step {
    /// From so many tokens in.
    pub from: u64,
    /// The price.
    pub price: Price,
}

/// Tokens of a request by what they cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tokens {
    /// In, cached and written ones included.
    pub input: u64,
    /// Those of `input` that the provider had cached.
    pub cached: u64,
    /// Those of `input` that the provider wrote into its cache.
    pub cache_written: u64,
    /// Out, reasoning included, which costs the same.
    pub output: u64,
}

impl Tokens {
    /// What they cost in micro-USD, rounded up so that a sum never says too little. Steps are in
    /// order, the longest prompts last.
    pub fn cost(self, price: &Price, steps: &[Step]) -> u64 {
        let step = steps.iter().rev().find(|step| self.input >= step.from);
        let price = step.map_or(price, |step| &step.price);
        let cached = self.cached.min(self.input);
        let written = self.cache_written.min(self.input - cached);
        let parts = [
            (self.input - cached - written, price.input),
            (cached, price.cached_input),
            (written, price.cache_write),
            (self.output, price.output),
        ];
        let total: u128 =
            parts.iter().map(|(tokens, price)| u128::from(*tokens) * u128::from(*price)).sum();
        u64::try_from(total.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

impl Price {
    /// Costs nothing.
    pub const FREE: Self = Self { input: 0, cached_input: 0, cache_write: 0, output: 0 };

    /// The most that one request costs in micro-USD, rounded up: a provider may write what goes in
    /// into its cache, which some charge for.
    pub fn cost(self, tokens_in: u64, tokens_out: u64) -> u64 {
        let parts = u128::from(self.input.max(self.cache_write)) * u128::from(tokens_in)
            + u128::from(self.output) * u128::from(tokens_out);
        u64::try_from(parts.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

impl From<crate::definition::Price> for Price {
    fn from(price: crate::definition::Price) -> Self {
        let micro = |usd: f64| (usd * 1_000_000.0).round() as u64;
        Self {
            input: micro(price.input),
            cached_input: micro(price.cached_input.unwrap_or(price.input)),
            cache_write: micro(price.input),
            output: micro(price.output),
        }
    }
}

/// Which sampling parameters a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// `temperature` and `top_p`.
    Both,
    /// One of them, not both.
    Either,
    /// Both, if `effort` is `none`.
    WithoutReasoning,
    /// None.
    Fixed,
}

/// The facts about a model, or `None` if it is not in the table.
pub fn find(provider: ProviderKind, name: &str) -> Option<&'static Model> {
    let named = |name: &str| {
        MODELS.iter().find(|model| model.provider == provider && model.names.contains(&name))
    };
    named(name).or_else(|| named(without_date(name)?))
}

/// All names of a provider's models, for hints.
pub fn names(provider: ProviderKind) -> impl Iterator<Item = &'static str> {
    MODELS
        .iter()
        .filter(move |model| model.provider == provider)
        .flat_map(|model| model.names)
        .copied()
}

/// `gpt-4o-2024-08-06`, `claude-opus-4-5-20251101` and `claude-opus-4-5-latest` without their end.
fn without_date(name: &str) -> Option<&str> {
    if let Some(base) = name.strip_suffix("-latest") {
        return Some(base);
    }
    let is_date = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        match text.len() {
            8 => digits == 8,
            10 => digits == 8 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-',
            _ => false,
        }
    };
    [8, 10].into_iter().find_map(|length| {
        let (base, date) = name.split_at_checked(name.len().checked_sub(length)?)?;
        if is_date(date) { base.strip_suffix('-') } else { None }
    })
}

use Effort::{High, Low, Max, Medium, Minimal, None as No, Xhigh};

const LOW_TO_HIGH: &[Effort] = &[Low, Medium, High];
const LOW_TO_MAX: &[Effort] = &[Low, Medium, High, Xhigh, Max];
const NONE_TO_XHIGH: &[Effort] = &[No, Low, Medium, High, Xhigh];

/// Anthropic's models: all take pictures and `stop`.
const CLAUDE: Model = Model {
    provider: ProviderKind::Anthropic,
    names: &[],
    context: 200_000,
    output: 64_000,
    sampling: Sampling::Both,
    stop: true,
    efforts: &[],
    structured: false,
    images: true,
};

/// Anthropic's models since Opus 4.7: no sampling parameters, all efforts.
const NEW_CLAUDE: Model = Model {
    context: 1_000_000,
    output: 128_000,
    sampling: Sampling::Fixed,
    efforts: LOW_TO_MAX,
    structured: true,
    ..CLAUDE
};

/// OpenAI's models that answer without reasoning.
const GPT: Model = Model {
    provider: ProviderKind::OpenAi,
    names: &[],
    context: 128_000,
    output: 16_384,
    sampling: Sampling::Both,
    stop: true,
    efforts: &[],
    structured: true,
    images: true,
};

/// OpenAI's models that reason.
const REASONING: Model = Model {
    context: 200_000,
    output: 100_000,
    sampling: Sampling::Fixed,
    stop: false,
    efforts: LOW_TO_HIGH,
    ..GPT
};

const GPT_5: Model = Model {
    context: 400_000,
    output: 128_000,
    efforts: &[Minimal, Low, Medium, High],
    ..REASONING
};

const GPT_5_4: Model = Model {
    context: 1_050_000,
    sampling: Sampling::WithoutReasoning,
    efforts: NONE_TO_XHIGH,
    ..GPT_5
};

const GPT_5_6: Model =
    Model { sampling: Sampling::Fixed, efforts: &[No, Low, Medium, High, Xhigh, Max], ..GPT_5_4 };

const MODELS: &[Model] = &[
    Model { names: &["claude-3-haiku"], output: 4096, ..CLAUDE },
    Model { names: &["claude-3-5-haiku"], output: 8192, ..CLAUDE },
    Model { names: &["claude-3-5-sonnet"], output: 8192, ..CLAUDE },
    Model { names: &["claude-3-7-sonnet", "claude-sonnet-4", "claude-sonnet-4-0"], ..CLAUDE },
    Model { names: &["claude-3-opus"], output: 4096, ..CLAUDE },
    Model { names: &["claude-opus-4", "claude-opus-4-0"], output: 32_000, ..CLAUDE },
    Model {
        names: &["claude-opus-4-1"],
        output: 32_000,
        sampling: Sampling::Either,
        structured: true,
        ..CLAUDE
    },
    Model { names: &["claude-haiku-4-5"], sampling: Sampling::Either, structured: true, ..CLAUDE },
    Model { names: &["claude-sonnet-4-5"], sampling: Sampling::Either, structured: true, ..CLAUDE },
    Model {
        names: &["claude-opus-4-5"],
        sampling: Sampling::Either,
        efforts: LOW_TO_HIGH,
        structured: true,
        ..CLAUDE
    },
    Model {
        names: &["claude-sonnet-4-6"],
        context: 1_000_000,
        sampling: Sampling::Either,
        efforts: &[Low, Medium, High, Max],
        structured: true,
        ..CLAUDE
    },
    Model {
        names: &["claude-opus-4-6"],
        context: 1_000_000,
        output: 128_000,
        sampling: Sampling::Either,
        efforts: &[Low, Medium, High, Max],
        structured: true,
        ..CLAUDE
    },
    Model {
        names: &[
            "claude-opus-4-7",
            "claude-opus-4-8",
            "claude-opus-5",
            "claude-opus-5-5",
            "claude-sonnet-5",
            "claude-sonnet-5-5",
            "claude-fable-5",
        ],
        ..NEW_CLAUDE
    },
    Model {
        names: &["gpt-3.5-turbo"],
        context: 16_385,
        output: 4096,
        structured: false,
        images: false,
        ..GPT
    },
    Model {
        names: &["gpt-4"],
        context: 8192,
        output: 8192,
        structured: false,
        images: false,
        ..GPT
    },
    Model { names: &["gpt-4-turbo"], output: 4096, structured: false, ..GPT },
    // The first of its name: no structured output.
    Model { names: &["gpt-4o-2024-05-13"], output: 4096, structured: false, ..GPT },
    Model { names: &["gpt-4o", "gpt-4o-mini"], ..GPT },
    Model {
        names: &["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"],
        context: 1_047_576,
        output: 32_768,
        ..GPT
    },
    Model { names: &["o1", "o3", "o3-pro", "o4-mini"], ..REASONING },
    Model { names: &["o3-mini"], images: false, ..REASONING },
    Model { names: &["gpt-5", "gpt-5-mini", "gpt-5-nano"], ..GPT_5 },
    Model { names: &["gpt-5-pro"], output: 272_000, efforts: &[High], ..GPT_5 },
    Model { names: &["gpt-5-chat"], sampling: Sampling::Both, efforts: &[], ..GPT_5 },
    Model {
        names: &["gpt-5.1"],
        sampling: Sampling::WithoutReasoning,
        efforts: &[No, Low, Medium, High],
        ..GPT_5
    },
    Model {
        names: &["gpt-5.2"],
        sampling: Sampling::WithoutReasoning,
        efforts: NONE_TO_XHIGH,
        ..GPT_5
    },
    Model { names: &["gpt-5.4"], ..GPT_5_4 },
    Model { names: &["gpt-5.4-mini", "gpt-5.4-nano"], context: 400_000, ..GPT_5_4 },
    Model { names: &["gpt-5.5"], sampling: Sampling::Fixed, ..GPT_5_4 },
    Model { names: &["gpt-5.6", "gpt-5.6-sol"], ..GPT_5_6 },
    Model { names: &["gpt-6-astra"], efforts: LOW_TO_MAX, ..GPT_5_6 },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dated_name_belongs_to_its_family() {
        for name in ["claude-opus-4-5-20251101", "claude-opus-4-5-latest", "claude-opus-4-5"] {
            let found = find(ProviderKind::Anthropic, name).map(|model| model.efforts);
            assert_eq!(found, Some(LOW_TO_HIGH), "{name}");
        }
        let dated = |name| find(ProviderKind::OpenAi, name).map(|model| model.structured);
        assert_eq!(dated("gpt-4o-2024-08-06"), Some(true));
        assert_eq!(dated("gpt-4o-2024-05-13"), Some(false), "an exact name comes first");
        assert_eq!(dated("gpt-4o-next"), None);
        assert_eq!(find(ProviderKind::OpenAi, "claude-opus-4-5"), None);
    }

    #[test]
    fn no_name_stands_twice_and_no_model_writes_more_than_it_holds() {
        let mut seen = std::collections::BTreeSet::new();
        for model in MODELS {
            for name in model.names {
                assert!(seen.insert((model.provider, name)), "{name} stands twice");
            }
            assert!(model.output <= model.context, "{:?}", model.names);
        }
    }

    const PRICE: Price = Price {
        input: 3_000_000,
        cached_input: 300_000,
        cache_write: 3_750_000,
        output: 15_000_000,
    };

    #[test]
    fn tokens_of_the_cache_cost_their_own_prices() {
        let tokens = Tokens { input: 1000, cached: 400, cache_written: 200, output: 100 };
        assert_eq!(tokens.cost(&PRICE, &[]), 400 * 3 + 400 * 3 / 10 + 200 * 15 / 4 + 100 * 15);
    }

    #[test]
    fn a_long_prompt_costs_its_steps_price_as_a_whole() {
        let double = Price { input: 6_000_000, output: 22_500_000, ..PRICE };
        let steps = [
            Step { from: 200_001, price: double },
            Step { from: 500_000, price: Price { input: 9_000_000, ..double } },
        ];
        let cost = |input| Tokens { input, output: 10, ..Tokens::default() }.cost(&PRICE, &steps);
        assert_eq!(cost(200_000), 200_000 * 3 + 150);
        assert_eq!(cost(200_001), 200_001 * 6 + 225);
        assert_eq!(cost(500_000), 500_000 * 9 + 225);
    }

    #[test]
    fn a_fraction_of_a_micro_usd_counts_as_one_and_no_count_overflows() {
        let least = Price { input: 1, cached_input: 1, cache_write: 1, output: 1 };
        assert_eq!(Tokens { input: 1, ..Tokens::default() }.cost(&least, &[]), 1);
        assert_eq!(Tokens::default().cost(&least, &[]), 0);
        let most = Tokens { input: u64::MAX, output: u64::MAX, ..Tokens::default() };
        assert_eq!(most.cost(&PRICE, &[]), u64::MAX);
    }

    #[test]
    fn a_cost_is_rounded_up_and_the_worst_case() {
        let price = Price {
            input: 2_500_000,
            cached_input: 1_250_000,
            cache_write: 2_500_000,
            output: 10_000_000,
        };
        assert_eq!(price.cost(1000, 100), 2500 + 1000);
        assert_eq!(price.cost(1, 0), 3);
        assert_eq!(Price { cache_write: 3_000_000, ..price }.cost(1000, 0), 3000);
        assert_eq!(Price::FREE.cost(u64::MAX, u64::MAX), 0);
    }
}
