//! The most that one call can come to. A token is at least one byte, so no tokenizer is needed.

use promptpilot_spec::{
    Definition,
    definition::{FieldType, ResponseFormat},
    model::{self, ABOUT_TOOLS, AN_IMAGE, Price},
    template::MAX_REPAIR,
};

use super::{media, size, template::Template};
use crate::{
    finding::{Finding, child},
    generate,
    plan::{Bound, Ceiling, PlannedModel, PlannedSplit},
};

/// What a provider adds around a message: roles, delimiters.
const AROUND_A_MESSAGE: u64 = 16;

pub(super) fn of(
    definition: &Definition,
    templates: &[Template<'_>],
    models: &[PlannedModel],
    splits: &[PlannedSplit],
) -> Ceiling {
    let (conversation, messages) = size::of_conversation(&definition.request);
    let prompt = size::of(templates, &definition.request).plus(conversation);
    let prompt_bytes = match prompt.open.is_empty() {
        true => Bound::AtMost(prompt.bytes),
        false => Bound::Unbounded(prompt.open.into_iter().collect()),
    };
    let messages = templates.len() as u64 + messages;
    let overhead = AROUND_A_MESSAGE * messages
        + schema_bytes(definition)
        + tool_bytes(definition)
        + image_tokens(definition);
    let hedged = if definition.model.hedge.is_some() { 2 } else { 1 };
    let attempts = hedged * (1 + u64::from(definition.model.retries));
    let call = |model: &PlannedModel| {
        if model.price.is_some_and(|price| price != Price::FREE)
            && let Some(open) = open_media(definition, model)
        {
            return open;
        }
        let first = attempt(model, &prompt_bytes, overhead, 0);
        let again = match is_repaired(definition) {
            true => attempt(model, &prompt_bytes, overhead + MAX_REPAIR as u64, 1),
            false => Bound::AtMost(0),
        };
        times(attempts, sum([first, again].into_iter()))
    };
    Ceiling {
        // Of the first model and those that share its calls, a call asks one: counting all of them
        // is simple and never says too little.
        micro_usd: sum(models.iter().chain(splits.iter().map(|split| &split.model)).map(call)),
        millis: definition.model.timeout.as_millis(),
        prompt_bytes,
    }
}

/// Whether an answer that does not fit is asked for once more, with attempts as the first has.
fn is_repaired(definition: &Definition) -> bool {
    definition.response.format == ResponseFormat::Json || !definition.tools.is_empty()
}

/// The cost of one attempt, in which so many earlier answers are part of the prompt.
fn attempt(model: &PlannedModel, prompt: &Bound, overhead: u64, answers: u64) -> Bound {
    let Some(price) = model.price else {
        return Bound::Unbounded(vec![child(&model.pointer, "price")]);
    };
    if price == Price::FREE {
        return Bound::AtMost(0);
    }
    let bytes = match prompt {
        Bound::AtMost(bytes) => bytes.saturating_add(overhead),
        open @ Bound::Unbounded(_) => return open.clone(),
    };
    let known = model::find(model.provider, &model.name);
    let Some(tokens_out) = model.max_tokens.or(known.map(|known| known.output)) else {
        return Bound::Unbounded(vec![child(&model.pointer, "max_tokens")]);
    };
    let bytes = bytes.saturating_add(answers * u64::from(tokens_out));
    let tokens_in = known.map_or(bytes, |known| bytes.min(u64::from(known.context)));
    let steps = model.price_steps.iter().filter(|step| tokens_in >= step.from);
    let prices = std::iter::once(price).chain(steps.map(|step| step.price));
    let costs = prices.map(|price| price.cost(tokens_in, u64::from(tokens_out)));
    Bound::AtMost(costs.max().unwrap_or_default())
}

fn schema_bytes(definition: &Definition) -> u64 {
    match definition.response.format {
        ResponseFormat::Text => 0,
        ResponseFormat::Json => generate::response_schema(&definition.response).len() as u64,
    }
}

/// Images and files without a bound: of what lies behind a URL nobody knows anything, and a file may
/// have any number of pages, which only the model's window bounds.
fn open_media(definition: &Definition, model: &PlannedModel) -> Option<Bound> {
    let has_window = model::find(model.provider, &model.name).is_some();
    let places = media::fields(definition).filter_map(|(name, field)| {
        let pointer = child("/request", name);
        match field.kind {
            _ if field.urls => Some(child(&pointer, "urls")),
            FieldType::File if !has_window => Some(child(&pointer, "type")),
            _ => None,
        }
    });
    let places: Vec<_> = places.collect();
    (!places.is_empty()).then_some(Bound::Unbounded(places))
}

/// A file may fill the model's window. How many messages there are is bounded where their texts are.
fn image_tokens(definition: &Definition) -> u64 {
    let tokens = media::fields(definition).map(|(_, field)| match field.kind {
        FieldType::File => u64::from(u32::MAX),
        FieldType::Messages => {
            let [messages, images] =
                [field.max_items, field.max_images].map(Option::unwrap_or_default);
            u64::from(messages) * u64::from(images) * AN_IMAGE
        }
        _ => AN_IMAGE,
    });
    tokens.sum()
}

fn tool_bytes(definition: &Definition) -> u64 {
    let tools = definition.tools.iter();
    let bytes = tools.map(|tool| {
        let text = tool.name.len() + tool.description.len() + generate::tool_schema(tool).len();
        text as u64 + AROUND_A_MESSAGE
    });
    let general = if definition.tools.is_empty() { 0 } else { ABOUT_TOOLS };
    bytes.sum::<u64>() + general
}

fn times(factor: u64, bound: Bound) -> Bound {
    match bound {
        Bound::AtMost(amount) => Bound::AtMost(amount.saturating_mul(factor)),
        open @ Bound::Unbounded(_) => open,
    }
}

fn sum(bounds: impl Iterator<Item = Bound>) -> Bound {
    bounds.fold(Bound::AtMost(0), |total, bound| match (total, bound) {
        (Bound::AtMost(a), Bound::AtMost(b)) => Bound::AtMost(a.saturating_add(b)),
        (Bound::Unbounded(mut a), Bound::Unbounded(b)) => {
            a.extend(b.into_iter().filter(|pointer| !a.contains(pointer)).collect::<Vec<_>>());
            Bound::Unbounded(a)
        }
        (open @ Bound::Unbounded(_), _) | (_, open) => open,
    })
}

/// A budget can hold only what has a bound.
pub(super) fn check(definition: &Definition, ceiling: &Ceiling, findings: &mut Vec<Finding>) {
    let Some(_) = &definition.limits.budget else { return };
    let Bound::Unbounded(places) = &ceiling.micro_usd else { return };
    for place in places {
        let hint = match place.rsplit('/').next() {
            Some("price") => "give `price = { input = …, output = … }` in USD per million tokens",
            Some("max_tokens") => "give `max_tokens`",
            Some("urls") => "leave `urls` out: nobody knows how large what lies there is",
            Some("type") => "choose a model whose window is known, or leave files out",
            _ if place.starts_with("/request") => "give `max_length`, `max_items` or both",
            _ => "use simpler expressions in the template",
        };
        findings.push(
            Finding::error("unbounded-cost", place, "without a bound here no budget can hold")
                .hint(hint),
        );
    }
}
