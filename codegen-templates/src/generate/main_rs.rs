//! `main.rs`: the plan as static data. What the template prints is prepared here; every text of
//! the user passes the `rust` filter, every number is already written as Rust.

use std::collections::BTreeSet;

use promptpilot_spec::{
    definition::{
        Api, Effort, Field, FieldType, Fields, Log, ProviderKind, ResponseFormat, Role, Tool, Whose,
    },
    model::Price,
    units::{Duration, Period},
};
use serde::Serialize;

use super::literal;
use crate::{
    finding::child,
    plan::{Plan, PlannedBudget, PlannedCache, PlannedModel, PlannedRate, PlannedSplit},
};

/// What the template of `main.rs` prints.
#[derive(Serialize)]
pub(super) struct View<'a> {
    imports: BTreeSet<&'static str>,
    name: &'a str,
    description: &'a str,
    log: &'static str,
    messages: Vec<MessageView<'a>>,
    request: Vec<FieldView<'a>>,
    tools: Vec<ToolView<'a>>,
    response: Vec<FieldView<'a>>,
    schema: bool,
    models: Vec<ModelView<'a>>,
    splits: Vec<SplitView<'a>>,
    timeout_ms: String,
    retries: u8,
    hedge_ms: Option<String>,
    max_body: String,
    origins: &'a [String],
    auth: &'static str,
    rate: Option<RateView>,
    budgets: Vec<BudgetView>,
    unbudgeted: bool,
    cache: Option<CacheView>,
    state: bool,
}

#[derive(Serialize)]
struct RateView {
    capacity: String,
    step_us: String,
    per: &'static str,
}

#[derive(Serialize)]
struct BudgetView {
    per: &'static str,
    micro_usd: String,
    period: &'static str,
    soft: Option<String>,
}

#[derive(Serialize)]
struct CacheView {
    ttl_ms: String,
    stale_ms: String,
    per: &'static str,
}

#[derive(Serialize)]
struct MessageView<'a> {
    pointer: &'a str,
    role: &'static str,
    template: &'a str,
}

#[derive(Serialize)]
struct FieldView<'a> {
    pointer: String,
    name: &'a str,
    optional: bool,
    default: Option<String>,
    sensitive: bool,
    kind: &'static str,
    least: u32,
    most: Option<String>,
    longest: Option<String>,
    /// Whether tools may have been asked for in it.
    tools: bool,
    form: &'static str,
    /// Most images of a message.
    images: Option<String>,
    max_bytes: Option<String>,
    urls: bool,
    minimum: Option<String>,
    maximum: Option<String>,
    values: &'a [String],
    items: Option<Box<FieldView<'a>>>,
    fields: Vec<FieldView<'a>>,
}

#[derive(Serialize)]
struct ToolView<'a> {
    pointer: String,
    name: &'a str,
    description: &'a str,
    parameters: Vec<FieldView<'a>>,
    file: String,
}

#[derive(Serialize)]
struct ModelView<'a> {
    pointer: &'a str,
    provider: &'static str,
    name: &'a str,
    key: Option<&'a str>,
    base_url: Option<&'a str>,
    region: Option<&'a str>,
    api_version: Option<&'a str>,
    holds_to_schema: bool,
    max_tokens: Option<String>,
    temperature: Option<String>,
    top_p: Option<String>,
    stop: &'a [String],
    seed: Option<i64>,
    effort: Option<String>,
    price: Option<PriceView>,
    price_steps: Vec<StepView>,
}

#[derive(Serialize)]
struct SplitView<'a> {
    percent: u8,
    model: ModelView<'a>,
}

#[derive(Serialize)]
struct StepView {
    from: String,
    price: PriceView,
}

#[derive(Serialize)]
struct PriceView {
    input: String,
    cached_input: String,
    cache_write: String,
    output: String,
}

impl<'a> View<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let view = Self {
            imports: BTreeSet::new(),
            name: &plan.name,
            description: &plan.description,
            log: log(plan.log),
            messages: messages(plan),
            request: request(plan),
            tools: plan.tools.iter().enumerate().map(tool).collect(),
            response: fields(&plan.response.fields, "/response/fields"),
            schema: plan.response.format == ResponseFormat::Json,
            models: plan.models.iter().map(model).collect(),
            splits: plan.splits.iter().map(split).collect(),
            timeout_ms: literal::integer(plan.call_timeout.as_millis()),
            retries: plan.retries,
            hedge_ms: plan.hedge.map(|hedge| literal::integer(hedge.as_millis())),
            max_body: literal::integer(plan.max_body),
            origins: &plan.origins,
            auth: if plan.public { "Public" } else { "ApiKey { test: &provider::TEST_MODEL }" },
            rate: plan.rate.map(RateView::from),
            budgets: plan.budgets.iter().copied().map(BudgetView::from).collect(),
            unbudgeted: plan.unbudgeted,
            cache: plan.cache.map(CacheView::from),
            state: plan.state,
        };
        Self { imports: view.used(), ..view }
    }

    fn all_models(&self) -> impl Iterator<Item = &ModelView<'a>> {
        self.models.iter().chain(self.splits.iter().map(|split| &split.model))
    }

    fn has_fields(&self) -> bool {
        let parameters = self.tools.iter().map(|tool| &tool.parameters);
        [&self.request, &self.response].into_iter().chain(parameters).any(|it| !it.is_empty())
    }

    fn tells_callers_apart(&self) -> bool {
        self.rate.is_some() || !self.budgets.is_empty() || self.cache.is_some()
    }

    /// Names that `main.rs` mentions; an unused import would be a warning in a build log.
    fn used(&self) -> BTreeSet<&'static str> {
        let mut used = BTreeSet::from([
            "Auth",
            "Endpoint",
            "Field",
            "Log",
            "Message",
            "Model",
            "Parameters",
            "Response",
            "Role",
        ]);
        let some = [
            ("Kind", self.has_fields()),
            ("Tool", !self.tools.is_empty()),
            ("Images", self.request.iter().any(|field| field.images.is_some())),
            ("Form", self.request.iter().any(|field| field.kind == "Media")),
            ("Rate", self.rate.is_some()),
            ("Budget", !self.budgets.is_empty()),
            ("Money", !self.budgets.is_empty()),
            ("Period", !self.budgets.is_empty()),
            ("Cache", self.cache.is_some()),
            ("Whose", self.tells_callers_apart()),
            ("Effort", self.all_models().any(|model| model.effort.is_some())),
            ("Price", self.all_models().any(|model| model.price.is_some())),
            ("Step", self.all_models().any(|model| !model.price_steps.is_empty())),
            ("Split", !self.splits.is_empty()),
        ];
        used.extend(some.iter().filter(|(_, needed)| *needed).map(|(name, _)| name));
        used
    }
}

impl From<PlannedRate> for RateView {
    fn from(rate: PlannedRate) -> Self {
        let PlannedRate { capacity, step_us, per } = rate;
        let (capacity, step_us) = (literal::integer(capacity), literal::integer(step_us));
        Self { capacity, step_us, per: whose(per) }
    }
}

impl From<PlannedBudget> for BudgetView {
    fn from(budget: PlannedBudget) -> Self {
        let PlannedBudget { per, limit, soft } = budget;
        let period = match limit.per {
            Period::Second => "Second",
            Period::Minute => "Minute",
            Period::Hour => "Hour",
            Period::Day => "Day",
            Period::Month => "Month",
        };
        Self {
            per: whose(per),
            micro_usd: literal::integer(limit.micro_usd),
            period,
            soft: soft.map(literal::integer),
        }
    }
}

impl From<PlannedCache> for CacheView {
    fn from(cache: PlannedCache) -> Self {
        let stale_ms = cache.stale.map_or(0, Duration::as_millis);
        Self {
            ttl_ms: literal::integer(cache.ttl.as_millis()),
            stale_ms: literal::integer(stale_ms),
            per: whose(cache.per),
        }
    }
}

fn whose(whose: Whose) -> &'static str {
    match whose {
        Whose::Endpoint => "Endpoint",
        Whose::Key => "Key",
        Whose::User => "User",
        Whose::Address => "Address",
    }
}

fn messages(plan: &Plan) -> Vec<MessageView<'_>> {
    plan.messages
        .iter()
        .map(|message| MessageView {
            pointer: &message.pointer,
            role: match message.role {
                Role::System => "System",
                Role::User => "User",
                Role::Assistant => "Assistant",
            },
            template: &message.template,
        })
        .collect()
}

fn request(plan: &Plan) -> Vec<FieldView<'_>> {
    let mut request = fields(&plan.request, "/request");
    for field in &mut request {
        field.tools = !plan.tools.is_empty();
        // Nothing larger than a body comes in.
        field.max_bytes.get_or_insert_with(|| literal::integer(plan.max_body));
    }
    request
}

fn fields<'a>(fields: &'a Fields, parent: &str) -> Vec<FieldView<'a>> {
    fields.iter().map(|(name, it)| field(name, it, child(parent, name))).collect()
}

fn field<'a>(name: &'a str, field: &'a Field, pointer: String) -> FieldView<'a> {
    let bound = |bound: Option<f64>| {
        bound.map(|bound| match field.kind {
            FieldType::Integer => (bound as i64).to_string(),
            _ => literal::float(bound),
        })
    };
    let (kind, least, most) = match field.kind {
        FieldType::Integer => ("Integer", None, None),
        FieldType::Number => ("Number", None, None),
        FieldType::Boolean => ("Boolean", None, None),
        FieldType::Enum => ("Enum", None, None),
        FieldType::Array => ("Array", field.min_items, field.max_items),
        FieldType::Object => ("Object", None, None),
        FieldType::Messages => ("Messages", field.min_items, field.max_items),
        FieldType::Image | FieldType::File => ("Media", None, None),
        _ => ("String", field.min_length, field.max_length),
    };
    let items = field.items.as_deref();
    FieldView {
        name,
        optional: field.optional,
        default: field.default.as_ref().map(literal::json),
        sensitive: field.sensitive,
        kind,
        least: least.unwrap_or_default(),
        most: most.map(literal::integer),
        longest: field.max_length.map(literal::integer),
        tools: false,
        form: if field.kind == FieldType::Image { "Image" } else { "File" },
        images: field.max_images.map(literal::integer),
        max_bytes: field.max_size.map(|size| literal::integer(size.get())),
        urls: field.urls,
        minimum: bound(field.minimum),
        maximum: bound(field.maximum),
        values: &field.values,
        items: items.map(|items| Box::new(self::field("", items, child(&pointer, "items")))),
        fields: fields(&field.fields, &child(&pointer, "fields")),
        pointer,
    }
}

fn tool((index, tool): (usize, &Tool)) -> ToolView<'_> {
    let pointer = child("/tools", index);
    ToolView {
        name: &tool.name,
        description: &tool.description,
        parameters: fields(&tool.parameters, &child(&pointer, "parameters")),
        file: super::tool_file(tool),
        pointer,
    }
}

fn split(split: &PlannedSplit) -> SplitView<'_> {
    SplitView { percent: split.percent, model: model(&split.model) }
}

fn model(model: &PlannedModel) -> ModelView<'_> {
    ModelView {
        pointer: &model.pointer,
        provider: provider(model),
        name: &model.name,
        key: model.key_variable.as_deref(),
        base_url: model.base_url.as_deref(),
        region: model.region.as_deref(),
        api_version: model.api_version.as_deref(),
        holds_to_schema: model.holds_to_schema,
        max_tokens: model.max_tokens.map(literal::integer),
        temperature: model.temperature.map(literal::float),
        top_p: model.top_p.map(literal::float),
        stop: &model.stop,
        seed: model.seed,
        effort: model.effort.map(|effort| format!("Effort::{}", effort_name(effort))),
        price: model.price.map(PriceView::from),
        price_steps: model
            .price_steps
            .iter()
            .map(|step| StepView { from: literal::integer(step.from), price: step.price.into() })
            .collect(),
    }
}

impl From<Price> for PriceView {
    fn from(price: Price) -> Self {
        Self {
            input: literal::integer(price.input),
            cached_input: literal::integer(price.cached_input),
            cache_write: literal::integer(price.cache_write),
            output: literal::integer(price.output),
        }
    }
}

/// The runtime's name for the part that speaks with this provider.
fn provider(model: &PlannedModel) -> &'static str {
    match model.provider {
        ProviderKind::Anthropic => "ANTHROPIC",
        ProviderKind::OpenAi if model.api == Some(Api::Chat) => "OPENAI_CHAT",
        ProviderKind::OpenAi => "OPENAI_RESPONSES",
        ProviderKind::OpenAiCompatible => "OPENAI_COMPATIBLE",
        ProviderKind::AzureOpenAi if model.api == Some(Api::Responses) => "AZURE_RESPONSES",
        ProviderKind::AzureOpenAi if model.is_dated() => "AZURE_DEPLOYMENT",
        ProviderKind::AzureOpenAi => "AZURE_CHAT",
        ProviderKind::Bedrock => "BEDROCK",
        ProviderKind::Cohere => "COHERE",
        ProviderKind::Gemini => "GEMINI",
        ProviderKind::HuggingFace => "HUGGINGFACE",
        ProviderKind::Sandbox => "SANDBOX",
    }
}

fn log(log: Log) -> &'static str {
    match log {
        Log::Full => "Full",
        Log::Metadata => "Metadata",
        Log::None => "None",
    }
}

fn effort_name(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "None",
        Effort::Minimal => "Minimal",
        Effort::Low => "Low",
        Effort::Medium => "Medium",
        Effort::High => "High",
        Effort::Xhigh => "Xhigh",
        Effort::Max => "Max",
    }
}
