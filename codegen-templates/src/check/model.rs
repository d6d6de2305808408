//! Models: what provider and model take, whose key they need, what they cost.

use promptpilot_spec::{
    Definition,
    definition::{
        Api, Effort, ModelRef, Price as DeclaredPrice, ProviderKind, ResponseFormat, Split,
    },
    model::{self, Model as Known, Price, Sampling, Step},
    provider::{Abilities, Need, abilities},
};

use crate::{
    facts::Facts,
    finding::{Finding, child, did_you_mean, one_of},
    plan::{PlannedModel, PlannedSplit},
    prices,
};

/// Checks the model and its fallbacks and resolves each.
pub(super) fn check(
    definition: &Definition,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) -> Vec<PlannedModel> {
    let first = first(definition);
    let fallbacks = definition.model.fallback.iter().enumerate();
    let fallbacks = fallbacks.map(|(index, model)| (child("/model/fallback", index), model));
    std::iter::once((String::from("/model"), &first))
        .chain(fallbacks)
        .map(|(pointer, model)| resolve(definition, model, pointer, facts, findings))
        .collect()
}

/// Checks a model by itself: that of a prompt without an endpoint around it.
pub(super) fn check_alone(
    model: &ModelRef,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) -> PlannedModel {
    let (max_tokens, pointer) = (model.max_tokens, String::from("/model"));
    Check { model, max_tokens, json: false, tools: false, pointer, facts, findings }.run()
}

/// Checks the models that take a share of the first one's calls and resolves each.
pub(super) fn splits(
    definition: &Definition,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) -> Vec<PlannedSplit> {
    let splits = &definition.model.split;
    let sum: u32 = splits.iter().map(|split| u32::from(split.weight)).sum();
    if sum > 99 {
        let message = format!("the weights in [[model.split]] come to {sum}");
        let hint = "they are percent of the calls; leave some to [model]";
        findings.push(Finding::error("out-of-range", "/model/split", message).hint(hint));
    }
    let mut resolved = Vec::new();
    for (index, split) in splits.iter().enumerate() {
        let pointer = child("/model/split", index);
        if split.weight == 0 {
            let finding =
                Finding::error("out-of-range", child(&pointer, "weight"), "`weight` is 0");
            findings.push(finding.hint("give its percent of the calls, from 1 to 99"));
        }
        let model = alike(split, definition);
        let model = resolve(definition, &model, pointer, facts, findings);
        resolved.push(PlannedSplit { percent: split.weight, model });
    }
    resolved
}

fn resolve(
    definition: &Definition,
    model: &ModelRef,
    pointer: String,
    facts: &Facts,
    findings: &mut Vec<Finding>,
) -> PlannedModel {
    let json = definition.response.format == ResponseFormat::Json;
    let max_tokens = model.max_tokens.or(definition.model.max_tokens);
    let tools = !definition.tools.is_empty();
    Check { model, max_tokens, json, tools, pointer, facts, findings }.run()
}

/// A split in the shape of a fallback. Of the same provider it is reached as the first model is.
fn alike(split: &Split, definition: &Definition) -> ModelRef {
    let first = first(definition);
    let same = split.provider == first.provider;
    ModelRef {
        provider: split.provider,
        name: split.name.clone(),
        credential: split.credential.clone().or(first.credential.filter(|_| same)),
        max_tokens: None,
        effort: None,
        temperature: None,
        top_p: None,
        stop: Vec::new(),
        seed: None,
        price: None,
        api: first.api.filter(|_| same),
        base_url: first.base_url.filter(|_| same),
        api_version: first.api_version.filter(|_| same),
        region: first.region.filter(|_| same),
    }
}

/// The first model in the shape of its fallbacks.
fn first(definition: &Definition) -> ModelRef {
    let model = &definition.model;
    ModelRef {
        provider: model.provider,
        name: model.name.clone(),
        credential: model.credential.clone(),
        max_tokens: model.max_tokens,
        effort: model.effort,
        temperature: model.temperature,
        top_p: model.top_p,
        stop: model.stop.clone(),
        seed: model.seed,
        api: model.api,
        base_url: model.base_url.clone(),
        api_version: model.api_version.clone(),
        region: model.region.clone(),
        price: model.price,
    }
}

pub(super) struct Check<'a, 'f> {
    pub(super) model: &'a ModelRef,
    max_tokens: Option<u32>,
    json: bool,
    tools: bool,
    pub(super) pointer: String,
    pub(super) facts: &'a Facts,
    pub(super) findings: &'f mut Vec<Finding>,
}

impl Check<'_, '_> {
    fn run(mut self) -> PlannedModel {
        let model = self.model;
        let known = model::find(model.provider, &model.name);
        let key_variable = self.key();
        if model.name.trim().is_empty() {
            self.error("wrong-value", "name", "the model's name is empty", "name a model");
        }
        self.ranges();
        self.address();
        match known {
            Some(known) => self.abilities(known),
            None => self.stranger(),
        }
        self.api_parameters();
        let holds_to_schema = self.holds_to_schema(known);
        PlannedModel {
            pointer: self.pointer,
            provider: model.provider,
            api: api(model),
            name: model.name.clone(),
            key_variable,
            base_url: model.base_url.clone(),
            region: model.region.clone(),
            api_version: model.api_version.clone(),
            holds_to_schema,
            max_tokens: self.max_tokens.or_else(|| required_max_tokens(model.provider, known)),
            temperature: model.temperature,
            top_p: model.top_p,
            stop: model.stop.clone(),
            seed: model.seed,
            effort: model.effort,
            price: price(model),
            price_steps: price_steps(model),
        }
    }

    /// Whether the model can be held to a JSON Schema here.
    fn holds_to_schema(&mut self, known: Option<&Known>) -> bool {
        let beside_tools = !self.tools || self.takes().structured_with_tools;
        if self.json && !beside_tools {
            let provider = self.model.provider.as_str();
            let message = format!(
                "`{provider}` cannot hold an answer to a JSON schema where there are tools, only \
                 tell the model of it"
            );
            let finding =
                Finding::warning("no-structured-output", child(&self.pointer, "provider"), message);
            self.findings.push(finding.hint("answers are checked all the same"));
        }
        beside_tools && known.is_none_or(|known| known.structured)
    }

    pub(super) fn error(&mut self, code: &str, key: &str, message: impl Into<String>, hint: &str) {
        let pointer = child(&self.pointer, key);
        self.findings.push(Finding::error(code, pointer, message).hint(hint));
    }

    fn takes(&self) -> &'static Abilities {
        abilities(self.model.provider)
    }

    fn ranges(&mut self) {
        let model = self.model;
        let Abilities { hottest, stops, .. } = *self.takes();
        if model.temperature.is_some_and(|value| !(0.0..=hottest).contains(&value)) {
            let hint = format!("it is between 0 and {hottest} for `{}`", model.provider.as_str());
            self.error("out-of-range", "temperature", "`temperature` is out of range", &hint);
        }
        if model.top_p.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            self.error("out-of-range", "top_p", "`top_p` is out of range", "it is between 0 and 1");
        }
        if self.max_tokens == Some(0) {
            self.error("out-of-range", "max_tokens", "`max_tokens` is 0", "give at least 1");
        }
        if model.stop.iter().any(String::is_empty) {
            self.error("wrong-value", "stop", "a text in `stop` is empty", "leave it out");
        }
        if model.stop.len() > stops {
            let message = format!("`stop` has more than {stops} texts");
            self.error("out-of-range", "stop", message, &format!("give at most {stops}"));
        }
        if let Some(DeclaredPrice { input, output, cached_input }) = model.price {
            let sound = |price: f64| (0.0..=1_000_000.0).contains(&price);
            if !sound(input) || !sound(output) || !cached_input.is_none_or(sound) {
                let hint = "prices are in USD per million tokens, from 0 to 1,000,000";
                self.error("out-of-range", "price", "the price is out of range", hint);
            }
        }
    }

    fn abilities(&mut self, known: &Known) {
        let model = self.model;
        let name = &model.name;
        self.sampling(known);
        if !model.stop.is_empty() && !known.stop {
            self.refuse("stop", "");
        }
        if let Some(effort) = model.effort
            && self.takes().efforts.contains(&effort)
            && !known.efforts.contains(&effort)
        {
            let hint = efforts_hint(known.efforts);
            let message = format!("`{name}` does not take the effort `{}`", effort_name(effort));
            self.error("unsupported-parameter", "effort", message, &hint);
        }
        if self.json && !known.structured {
            let message = format!("`{name}` cannot be held to a JSON schema, only told of it");
            let hint = "choose a model with structured output if answers turn out not to fit";
            let finding =
                Finding::warning("no-structured-output", child(&self.pointer, "name"), message);
            self.findings.push(finding.hint(hint));
        }
        if let Some(tokens) = self.max_tokens
            && tokens > known.output
        {
            let message = format!("`max_tokens` is {tokens}, and `{name}` writes fewer");
            let hint = format!("give at most {}", known.output);
            self.error("out-of-range", "max_tokens", message, &hint);
        }
    }

    fn sampling(&mut self, known: &Known) {
        let model = self.model;
        let given: Vec<&str> = [("temperature", model.temperature), ("top_p", model.top_p)]
            .into_iter()
            .filter_map(|(key, value)| value.map(|_| key))
            .collect();
        match known.sampling {
            Sampling::Both => {}
            Sampling::Either if given.len() == 2 => {
                let message = format!("`{}` takes `temperature` or `top_p`, not both", model.name);
                self.error("unsupported-parameter", "top_p", message, "leave one out");
            }
            Sampling::Either => {}
            Sampling::WithoutReasoning if model.effort == Some(Effort::None) => {}
            Sampling::WithoutReasoning => {
                for key in given {
                    self.refuse(key, ", or set `effort = \"none\"`, with which it is taken");
                }
            }
            Sampling::Fixed => {
                for key in given {
                    self.refuse(key, "");
                }
            }
        }
    }

    /// What the provider's API has no place for, whatever the model.
    fn api_parameters(&mut self) {
        let model = self.model;
        let takes = self.takes();
        let provider = model.provider.as_str();
        match (model.seed, takes.seeds) {
            (Some(_), None) => {
                let message = format!("`{provider}` has no `seed`");
                self.error("unsupported-parameter", "seed", message, "leave `seed` out");
            }
            (Some(seed), Some((least, greatest))) if !(least..=greatest).contains(&seed) => {
                let hint = format!("it is between {least} and {greatest} for `{provider}`");
                self.error("out-of-range", "seed", "`seed` is out of range", &hint);
            }
            _ => {}
        }
        if let Some(effort) = model.effort.filter(|effort| !takes.efforts.contains(effort)) {
            let message = format!("`{provider}` has no effort `{}`", effort_name(effort));
            self.error("unsupported-parameter", "effort", message, &efforts_hint(takes.efforts));
        }
        if api(model) == Some(Api::Responses) {
            for (key, given) in [("stop", !model.stop.is_empty()), ("seed", model.seed.is_some())] {
                let said = self.findings.iter().any(|it| it.pointer == child(&self.pointer, key));
                if given && !said {
                    let message = format!("the Responses API has no `{key}`");
                    let hint = format!("leave `{key}` out, or write `api = \"chat\"`");
                    self.error("unsupported-parameter", key, message, &hint);
                }
            }
        }
    }

    fn refuse(&mut self, key: &str, or: &str) {
        let message = format!("`{}` does not take `{key}`", self.model.name);
        self.error("unsupported-parameter", key, message, &format!("leave `{key}` out{or}"));
    }

    /// A model that the table does not know.
    fn stranger(&mut self) {
        let model = self.model;
        if self.takes().own_names {
            return;
        }
        if model::names(model.provider).next().is_none() {
            if price(model).is_none() {
                let message = format!("the price of `{}` is unknown", model.name);
                let finding =
                    Finding::warning("unknown-model", child(&self.pointer, "name"), message);
                let hint = "give `price = { input = …, output = … }` in USD per million tokens";
                self.findings.push(finding.hint(hint));
            }
            return;
        }
        let message = format!(
            "the model `{}` is not in the table of {}: its parameters are not checked{}",
            model.name,
            model::AS_OF,
            if price(model).is_some() { "" } else { " and its price is unknown" },
        );
        let hint = did_you_mean(&model.name, model::names(model.provider));
        let finding = Finding::warning("unknown-model", child(&self.pointer, "name"), message);
        self.findings.push(finding.maybe_hint(hint));
        if self.takes().max_tokens == Need::Must && self.max_tokens.is_none() {
            let message = format!("`{}` asks for `max_tokens`", model.provider.as_str());
            self.findings.push(
                Finding::error("missing-key", &self.pointer, message)
                    .hint("give the largest answer in tokens: `max_tokens = 1000`"),
            );
        }
    }
}

/// Where a provider asks for a largest answer and the definition names none, it is the model's own.
fn required_max_tokens(provider: ProviderKind, known: Option<&Known>) -> Option<u32> {
    known.filter(|_| abilities(provider).max_tokens == Need::Must).map(|known| known.output)
}

/// Which of OpenAI's APIs: unless said otherwise Responses, and Chat on Azure, where some
/// deployments have no other.
fn api(model: &ModelRef) -> Option<Api> {
    match model.provider {
        ProviderKind::OpenAi => Some(model.api.unwrap_or(Api::Responses)),
        ProviderKind::AzureOpenAi => Some(model.api.unwrap_or(Api::Chat)),
        _ => None,
    }
}

fn efforts_hint(efforts: &[Effort]) -> String {
    let names: Vec<_> = efforts.iter().copied().map(effort_name).collect();
    match names.as_slice() {
        [] => String::from("leave `effort` out"),
        names => format!("it takes {}", one_of(names)),
    }
}

/// The definition's own price first: it may know of a contract that no table knows.
fn price(model: &ModelRef) -> Option<Price> {
    match model.provider {
        ProviderKind::Sandbox => Some(Price::FREE),
        provider => model.price.map(Price::from).or_else(|| prices::of(provider, &model.name)),
    }
}

/// The definition's own price holds for prompts of every length.
fn price_steps(model: &ModelRef) -> Vec<Step> {
    match (model.provider, model.price) {
        (ProviderKind::Sandbox, _) | (_, Some(_)) => Vec::new(),
        (provider, None) => prices::steps(provider, &model.name),
    }
}

fn effort_name(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "none",
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::Xhigh => "xhigh",
        Effort::Max => "max",
    }
}
