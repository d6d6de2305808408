//! What tokens cost, from the price list of `genai-prices`, which is linked in; no price is written
//! here. It is asked as of one fixed day, since the same definition must always give the same bytes.
//!
//! A model that the list does not know has no price: unknown is never zero.

use std::time::{Duration, UNIX_EPOCH};

use genai_prices::{Calculator, ModelInfo, PriceRequest, ProviderInfo, Usage, UsageKey};
use promptpilot_spec::{
    definition::ProviderKind,
    model::{Price, Step},
};

/// Prices are those of this day, 2026-11-23, in seconds since 1970.
const DAY: Duration = Duration::from_secs(1_795_392_000);

/// So many tokens show a price without rounding and are below where any price rises.
const FEW: u64 = 1000;

/// The price of a model for short prompts.
pub(crate) fn of(provider: ProviderKind, model: &str) -> Option<Price> {
    at(provider, model, FEW)
}

/// Nobody takes a prompt of so many tokens.
const MANY: u64 = 100_000_000;

/// The prices of a model for longer prompts, in order. All of a long prompt's tokens cost more.
pub(crate) fn steps(provider: ProviderKind, model: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut from, mut price) = (FEW, of(provider, model));
    while let Some(next) = next_step(from, |tokens| at(provider, model, tokens) == price) {
        (from, price) = (next, at(provider, model, next));
        steps.extend(price.map(|price| Step { from, price }));
    }
    steps
}

/// The least number, above the first, for which something no longer holds; it holds again for none
/// that is greater.
fn next_step(holds_for: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut least, mut most) = (holds_for, MANY);
    if holds(most) {
        return None;
    }
    while most - least > 1 {
        let middle = least.midpoint(most);
        if holds(middle) { least = middle } else { most = middle }
    }
    Some(most)
}

/// The price of a model where so many tokens go in: some ask for more when a prompt is long.
pub(crate) fn at(provider: ProviderKind, model: &str, tokens_in: u64) -> Option<Price> {
    let list = list_name(provider)?;
    let tokens_in = tokens_in.clamp(FEW, MANY) as f64;
    let few = FEW as f64;
    let cost = |usage: &[(UsageKey, f64)]| {
        let usage: Usage = usage.iter().cloned().collect();
        let request = PriceRequest::new(model, &usage)
            .with_provider_id(list)
            .with_timestamp(UNIX_EPOCH + DAY);
        let found = Calculator::bundled().calculate(&request).ok()?;
        // Where a provider has no such model the list may answer with another provider's.
        (found.provider_id == list).then_some(found.total_price)
    };
    let plain = cost(&[(UsageKey::INPUT_TOKENS, tokens_in)])?;
    // What one kind of tokens adds, with the prompt as long as it is.
    let input = UsageKey::INPUT_TOKENS;
    let each = |key: UsageKey| {
        let apart = cost(&[(input.clone(), tokens_in), (key, few)])?;
        Some((apart - plain) / few)
    };
    let per_input = plain / tokens_in;
    let price = |per_token: f64| (per_token * 1e12).round().max(0.0) as u64;
    // A model for which only tokens in have a price is none that answers.
    let output = each(UsageKey::OUTPUT_TOKENS).filter(|output| *output > 0.0 || plain == 0.0)?;
    // Tokens of the cache are a part of those in: the difference is to their price.
    let of_cache = |key| each(key).map_or(per_input, |difference| per_input + difference);
    Some(Price {
        input: price(per_input),
        cached_input: price(of_cache(UsageKey::CACHE_READ_TOKENS)),
        cache_write: price(of_cache(UsageKey::CACHE_WRITE_TOKENS)),
        output: price(output),
    })
}

/// What the list has of a provider's models, those that answer nothing included.
pub(crate) fn listed(provider: ProviderKind) -> impl Iterator<Item = ModelInfo<'static>> {
    let list = list_name(provider);
    let known = Calculator::bundled().providers().find(|known| Some(known.id()) == list);
    known.into_iter().flat_map(ProviderInfo::models)
}

/// The list's name for a provider whose models have prices and names of their own.
fn list_name(provider: ProviderKind) -> Option<&'static str> {
    match provider {
        ProviderKind::OpenAi => Some("openai"),
        ProviderKind::Anthropic => Some("anthropic"),
        ProviderKind::Cohere => Some("cohere"),
        ProviderKind::Gemini => Some("google"),
        ProviderKind::Bedrock => Some("aws"),
        ProviderKind::AzureOpenAi
        | ProviderKind::HuggingFace
        | ProviderKind::OpenAiCompatible
        | ProviderKind::Sandbox => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_the_lists_per_million_tokens() {
        let usd = |micro: u64| micro as f64 / 1e6;
        let shown = |provider, model| {
            of(provider, model).map(|price| {
                [price.input, price.cached_input, price.cache_write, price.output].map(usd)
            })
        };
        use ProviderKind::{Anthropic, Bedrock, Cohere, Gemini, OpenAi};
        let nova = "amazon.nova-lite-v1:0";
        insta::assert_debug_snapshot!([
            shown(OpenAi, "gpt-4o-mini"),
            shown(Anthropic, "claude-sonnet-4-5-20250929"),
            shown(Cohere, "command-r-plus"),
            shown(Gemini, "gemini-2.5-pro"),
            shown(Bedrock, nova),
        ]);
    }

    #[test]
    fn a_long_prompt_may_be_dearer_and_never_cheaper() {
        for (provider, model) in
            [(ProviderKind::Gemini, "gemini-2.5-pro"), (ProviderKind::OpenAi, "gpt-4o-mini")]
        {
            let (short, long) = (of(provider, model), at(provider, model, 900_000));
            assert!(short.zip(long).is_some_and(|(short, long)| short.input <= long.input));
        }
        let pro = |tokens| at(ProviderKind::Gemini, "gemini-2.5-pro", tokens);
        assert!(pro(1000).zip(pro(900_000)).is_some_and(|(few, many)| few.output < many.output));
    }

    #[test]
    fn what_the_list_does_not_know_has_no_price() {
        assert_eq!(of(ProviderKind::OpenAi, "no-such-model"), None);
        assert_eq!(of(ProviderKind::OpenAi, "text-embedding-3-small"), None, "it answers nothing");
        assert_eq!(of(ProviderKind::AzureOpenAi, "gpt-4o"), None, "a name of its user's");
    }
}
