//! The models that are known by name: those that the price list prices, those of the table of what models
//! can do, and the sandbox's. Prices and abilities are the ones that the check goes by.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use promptpilot_spec::{
    definition::{Effort, ProviderKind},
    model::{self, Price, Step},
    provider::{Taken, abilities},
};

use crate::prices;

/// A model that is known by name. What nobody knows of it is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownModel {
    /// Who serves it.
    pub provider: ProviderKind,
    /// The provider's name for it.
    pub name: String,
    /// What its tokens cost.
    pub price: Option<Price>,
    /// What they cost where the prompt is long, the longest last.
    pub price_steps: Vec<Step>,
    /// Most tokens in and out together.
    pub context: Option<u64>,
    /// Most tokens out.
    pub output: Option<u32>,
    /// Whether answers can be held to a JSON Schema.
    pub structured: Option<bool>,
    /// Whether it takes pictures.
    pub images: Option<bool>,
    /// Whether its provider takes files.
    pub files: bool,
    /// The efforts that it takes.
    pub efforts: Option<&'static [Effort]>,
}

/// The sandbox's models. Others of its names have a number or a tool in them.
const SANDBOX: [&str; 4] = ["echo", "lorem", "refuse", "tool"];

/// All of them, by provider in the order that providers are shown in, then by name.
pub fn known_models() -> &'static [KnownModel] {
    static MODELS: LazyLock<Vec<KnownModel>> =
        LazyLock::new(|| ProviderKind::ALL.into_iter().flat_map(of_provider).collect());
    &MODELS
}

fn of_provider(provider: ProviderKind) -> Vec<KnownModel> {
    if provider == ProviderKind::Sandbox {
        let free = |name: &&str| {
            let about = about(provider, name, None);
            KnownModel {
                price: Some(Price::FREE),
                structured: Some(true),
                images: Some(true),
                ..about
            }
        };
        return SANDBOX.iter().map(free).collect();
    }
    let listed: BTreeMap<&str, Option<u64>> = prices::listed(provider)
        .filter(|listed| answers(provider, listed.id()))
        .map(|listed| (listed.id(), listed.context_window()))
        .collect();
    let priced = listed.keys().copied().filter(|name| prices::of(provider, name).is_some());
    let names: BTreeSet<&str> = priced.chain(model::names(provider)).collect();
    let about = |name| about(provider, name, listed.get(name).copied().flatten());
    names.into_iter().map(about).collect()
}

fn about(provider: ProviderKind, name: &str, window: Option<u64>) -> KnownModel {
    let takes = abilities(provider);
    let facts = model::find(provider, name);
    // What the provider cannot, none of its models can.
    let able = |provider: bool, model: Option<bool>| if provider { model } else { Some(false) };
    let images = takes.images != Taken::Never;
    KnownModel {
        provider,
        name: name.to_owned(),
        price: prices::of(provider, name),
        price_steps: prices::steps(provider, name),
        context: facts.map(|facts| u64::from(facts.context)).or(window),
        output: facts.map(|facts| facts.output),
        structured: able(takes.structured, facts.map(|facts| facts.structured)),
        images: able(images, facts.map(|facts| facts.images)),
        files: takes.files != Taken::Never,
        efforts: facts.map(|facts| facts.efforts),
    }
}

/// In the names of models that the list prices beside those that answer texts with texts.
const OTHERS: [&str; 13] = [
    "audio",
    "banana",
    "computer-use",
    "embed",
    "image",
    "live",
    "omni",
    "realtime",
    "robotics",
    "sonic",
    "transcribe",
    "tts",
    "whisper",
];

/// Whether a name of the price list is one that a provider can be asked by for a text. Some stand for
/// many models, some are served elsewhere under the same name, and some do other things.
fn answers(provider: ProviderKind, name: &str) -> bool {
    let stands_for_many = name.ends_with('-') || name.starts_with("regional.");
    let begins: &[&str] = match provider {
        ProviderKind::OpenAi => &["chatgpt-", "codex-", "gpt-", "o1", "o3", "o4"],
        ProviderKind::Gemini => &["gemini-", "gemma-"],
        _ => &[""],
    };
    // What only completes texts has no messages.
    let completes = provider == ProviderKind::OpenAi && name.ends_with("-instruct");
    !stands_for_many
        && !completes
        && begins.iter().any(|begin| name.starts_with(begin))
        && !OTHERS.iter().any(|other| name.contains(other))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn find(provider: ProviderKind, name: &str) -> Option<&'static KnownModel> {
        known_models().iter().find(|it| it.provider == provider && it.name == name)
    }

    #[test]
    fn every_model_stands_once_and_in_order() {
        let place = |kind| ProviderKind::ALL.iter().position(|it| *it == kind);
        let order = |it: &KnownModel| (place(it.provider), it.name.clone());
        assert!(known_models().is_sorted_by(|a, b| order(a) < order(b)));
        for provider in ProviderKind::ALL {
            let has_names = !abilities(provider).own_names || provider == ProviderKind::Sandbox;
            let known = known_models().iter().any(|it| it.provider == provider);
            assert_eq!(known, has_names, "{provider:?}");
        }
    }

    #[test]
    fn a_model_of_both_tables_has_the_facts_of_both() {
        let mini = find(ProviderKind::OpenAi, "gpt-4o-mini").unwrap();
        assert_eq!(mini.price, prices::of(ProviderKind::OpenAi, "gpt-4o-mini"));
        assert_eq!((mini.context, mini.structured), (Some(128_000), Some(true)));
        let nova = find(ProviderKind::Bedrock, "amazon.nova-lite-v1:0").unwrap();
        assert!(nova.price.is_some() && nova.structured.is_none(), "{nova:?}");
        let echo = find(ProviderKind::Sandbox, "echo").unwrap();
        assert_eq!(echo.price, Some(Price::FREE));
    }

    #[test]
    fn what_answers_no_text_is_not_among_them() {
        for (provider, name) in [
            (ProviderKind::OpenAi, "text-embedding-3-small"),
            (ProviderKind::OpenAi, "gpt-image-1"),
            (ProviderKind::OpenAi, "gpt-4o-mini-2024-07-18.ft-"),
            (ProviderKind::Gemini, "claude-opus-4-5"),
        ] {
            assert_eq!(find(provider, name), None);
        }
    }
}
