//! What a function is told of prices against a second list, which we did not write either: LiteLLM's.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::LazyLock;

use promptpilot_codegen::{Facts, PlannedModel, examine};
use promptpilot_spec::model::Tokens;
use proptest::{prelude::*, sample::Index};
use serde_json::Value;

/// A model as it is planned, and its price in the other list.
struct Pair {
    name: String,
    planned: PlannedModel,
    other: Value,
}

static PAIRS: LazyLock<Vec<Pair>> = LazyLock::new(|| {
    let list: Value = serde_json::from_str(include_str!("prices/second.json")).unwrap();
    let providers = list["prices"].as_object().unwrap().iter();
    let models = providers.flat_map(|(provider, models)| {
        models.as_object().unwrap().iter().map(move |(name, other)| (provider, name, other))
    });
    models
        .map(|(provider, name, other)| Pair {
            name: name.clone(),
            planned: planned(provider, name),
            other: other.clone(),
        })
        .collect()
});

fn planned(provider: &str, name: &str) -> PlannedModel {
    let region = if provider == "bedrock" { "region = \"eu-central-1\"" } else { "" };
    let text = format!(
        "name = \"x\"\nauth.mode = \"public\"\nprompt.template = \"Hi\"\n[model]\n\
         provider = \"{provider}\"\nname = \"{name}\"\nmax_tokens = 10\n{region}"
    );
    let examined = examine(&text, "x.toml", &Facts::default());
    let plan = examined.plan.unwrap_or_else(|| panic!("{:#?}", examined.findings));
    plan.models.into_iter().next().unwrap()
}

/// What the other list makes of it, by its own rule: above 200,000 tokens in, everything costs more.
fn other_cost(price: &Value, tokens: Tokens) -> u64 {
    let long = Some(&price["above_200k"]).filter(|_| tokens.input > 200_000);
    let each = |key: &str| {
        let of = |price: &Value| price[key].as_u64();
        long.and_then(of).or_else(|| of(price)).unwrap()
    };
    let mut total = u128::from(tokens.output) * u128::from(each("output"));
    let plain = tokens.input - tokens.cached - tokens.cache_written;
    for (count, key) in
        [(plain, "input"), (tokens.cached, "cached_input"), (tokens.cache_written, "cache_write")]
    {
        if count > 0 {
            total += u128::from(count) * u128::from(each(key));
        }
    }
    u64::try_from(total.div_ceil(1_000_000)).unwrap()
}

/// Tokens of the kinds that the other list has a price for, at this length too.
fn told(price: &Value, tokens: Tokens) -> Tokens {
    let is_told = |key: &str| {
        let long = price.get("above_200k").is_none_or(|long| long.get(key).is_some());
        price.get(key).is_some() && (long || tokens.input <= 200_000)
    };
    Tokens {
        cached: if is_told("cached_input") { tokens.cached } else { 0 },
        cache_written: if is_told("cache_write") { tokens.cache_written } else { 0 },
        ..tokens
    }
}

#[test]
fn every_model_of_the_other_list_has_a_price() {
    assert!(PAIRS.len() > 30);
    for Pair { name, planned, other } in PAIRS.iter() {
        assert!(planned.price.is_some(), "{name}");
        assert_eq!(planned.price_steps.is_empty(), other.get("above_200k").is_none(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_call_costs_what_the_other_list_says(
        model in any::<Index>(),
        input in prop_oneof![0_u64..1000, 199_990_u64..200_010, 0_u64..1_000_000],
        output in 0_u64..60_000,
        parts in (0.0..0.5, 0.0..0.5),
    ) {
        let Pair { name, planned, other } = model.get(&PAIRS[..]);
        let part = |share: f64| (input as f64 * share) as u64;
        let tokens =
            Tokens { input, cached: part(parts.0), cache_written: part(parts.1), output };
        let tokens = told(other, tokens);
        let ours = tokens.cost(&planned.price.unwrap(), &planned.price_steps);
        prop_assert_eq!(ours, other_cost(other, tokens), "{}: {:?}", name, tokens);
    }
}
