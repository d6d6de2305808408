//! An endpoint whose models and settings come from the variable `ENDPOINT`, so that the tests need
//! one binary only. What is deployed never looks like this: there it is all static.

use std::process::ExitCode;

use promptpilot_runtime::{
    endpoint::{
        Auth, Budget, Cache, Endpoint, Field, Images, Kind, Log, Message, Model, Parameters, Price,
        Rate, Response, Role, Split, Step, Tool, Whose,
    },
    provider::{self, Provider},
    serve,
    state::{self, StateKind},
};
use serde_json::Value;

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, optional: false, default: None, sensitive: false, kind }
}

const TEXT: Kind = Kind::String { min_length: 0, max_length: Some(2_000_000) };

static REQUEST: &[Field] =
    &[field("text", TEXT), Field { sensitive: true, optional: true, ..field("secret", TEXT) }];

/// A chat endpoint has nothing but a conversation.
static CHAT: &[Field] = &[field(
    "messages",
    Kind::Messages {
        min_items: 1,
        max_items: Some(20),
        max_length: Some(1000),
        images: IMAGES,
        tools: TOOLS,
    },
)];

const IMAGES: Option<Images> = Some(Images { most: 2, max_bytes: 1000, urls: false });

static TOOLS: &[Tool] = &[
    Tool {
        name: "search",
        description: "Searches the archive",
        parameters: &[field("query", Kind::String { min_length: 1, max_length: Some(20) })],
        schema: r#"{"type":"object","properties":{"query":{"type":"string"}},"required":["query"],"additionalProperties":false}"#,
    },
    Tool {
        name: "now",
        description: "Tells the time",
        parameters: &[],
        schema: r#"{"type":"object","properties":{},"required":[],"additionalProperties":false}"#,
    },
];

static WORD: Field = field("", Kind::String { min_length: 1, max_length: Some(40) });

static RESPONSE: Response<'static> = Response::Json {
    fields: &[
        field("keywords", Kind::Array { items: &WORD, min_items: 1, max_items: Some(3) }),
        field("mood", Kind::Enum(&["good", "bad"])),
    ],
    schema: r#"{"type":"object","properties":{"keywords":{"type":"array","items":{"type":"string"}},"mood":{"type":"string","enum":["good","bad"]}},"required":["keywords","mood"],"additionalProperties":false}"#,
};

static PROMPT: &[Message] = &[
    Message { role: Role::System, template: "Be brief." },
    Message { role: Role::User, template: "{{ text }}{% if secret %} {{ secret }}{% endif %}" },
];

/// Loops that would come to an end some day.
static ENDLESS: &[Message] = &[Message {
    role: Role::User,
    template: "{{ text }}{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}",
}];

static REPEAT: &[Message] =
    &[Message { role: Role::User, template: "{% for n in range(1000) %}{{ text }}{% endfor %}" }];

static STORES: &[&dyn StateKind] = &[&state::HTTP, &state::DYNAMODB];

fn main() -> ExitCode {
    let settings = std::env::var("ENDPOINT").unwrap_or_default();
    let settings: Value = serde_json::from_str(&settings).unwrap_or_default();
    serve(Box::leak(Box::new(endpoint(&settings))))
}

fn endpoint(settings: &Value) -> Endpoint {
    let number = |name: &str, default: u64| settings[name].as_u64().unwrap_or(default);
    let chat = settings["chat"] == true;
    let models = settings["models"].as_array().into_iter().flatten().map(model);
    Endpoint {
        name: "steered",
        description: "",
        log: match settings["log"].as_str() {
            Some("metadata") => Log::Metadata,
            Some("none") => Log::None,
            _ => Log::Full,
        },
        prompt: match settings["prompt"].as_str() {
            Some("endless") => ENDLESS,
            Some("repeat") => REPEAT,
            _ if chat => &PROMPT[..1],
            _ => PROMPT,
        },
        request: if chat { CHAT } else { REQUEST },
        tools: if chat { TOOLS } else { &[] },
        response: if settings["json"] == true {
            // A reference cannot be moved out of; the parts can be named again.
            match &RESPONSE {
                Response::Json { fields, schema } => Response::Json { fields, schema },
                _ => Response::Text,
            }
        } else {
            Response::Text
        },
        models: Vec::leak(models.collect()),
        splits: Vec::leak(settings["splits"].as_array().into_iter().flatten().map(split).collect()),
        timeout_ms: number("timeout_ms", 20_000),
        retries: u8::try_from(number("retries", 2)).unwrap_or(u8::MAX),
        hedge_ms: settings["hedge_ms"].as_u64(),
        max_body: number("max_body", 3_000_000),
        origins: &[],
        auth: match settings["auth"].as_str() {
            Some("api-key") => Auth::ApiKey { test: &provider::TEST_MODEL },
            _ => Auth::Public,
        },
        rate: settings["rate"]["capacity"].as_u64().map(|capacity| Rate {
            capacity: u32::try_from(capacity).unwrap_or(u32::MAX),
            step_us: settings["rate"]["step_us"].as_u64().unwrap_or(1),
            per: whose(&settings["rate"]["per"]),
        }),
        budgets: Vec::leak(
            settings["budgets"].as_array().into_iter().flatten().map(budget).collect(),
        ),
        unbudgeted: settings["unbudgeted"] == true,
        cache: settings["cache_ms"].as_u64().map(|ttl_ms| Cache {
            ttl_ms,
            stale_ms: number("stale_ms", 0),
            per: whose(&settings["cache_per"]),
        }),
        // A function that asks for keys needs a store, and says so where it is told of none.
        state: match std::env::var_os("PROMPTPILOT_STATE").is_some()
            || settings["auth"] == "api-key"
        {
            true => STORES,
            false => &[],
        },
        openapi: "{}",
    }
}

fn whose(settings: &Value) -> Whose {
    match settings.as_str() {
        Some("key") => Whose::Key,
        Some("user") => Whose::User,
        Some("address") => Whose::Address,
        _ => Whose::Endpoint,
    }
}

fn budget(settings: &Value) -> Budget {
    let limit = settings["limit"].as_str().and_then(|limit| limit.parse().ok());
    Budget {
        per: whose(&settings["per"]),
        limit: limit.expect("a limit, such as \"1 USD/day\""),
        soft: settings["soft"].as_u64(),
    }
}

fn split(settings: &Value) -> Split {
    let percent = settings["percent"].as_u64().and_then(|percent| u8::try_from(percent).ok());
    Split { percent: percent.unwrap_or_default(), model: model(settings) }
}

fn model(settings: &Value) -> Model<'static> {
    let text = |name: &str| settings[name].as_str().map(|text| &*text.to_owned().leak());
    let provider: &'static dyn Provider = match settings["provider"].as_str() {
        Some("openai-responses") => &provider::OPENAI_RESPONSES,
        Some("openai-chat") => &provider::OPENAI_CHAT,
        Some("openai-compatible") => &provider::OPENAI_COMPATIBLE,
        Some("anthropic") => &provider::ANTHROPIC,
        Some("azure-chat") => &provider::AZURE_CHAT,
        Some("azure-deployment") => &provider::AZURE_DEPLOYMENT,
        Some("azure-responses") => &provider::AZURE_RESPONSES,
        Some("bedrock") => &provider::BEDROCK,
        Some("cohere") => &provider::COHERE,
        Some("gemini") => &provider::GEMINI,
        Some("huggingface") => &provider::HUGGINGFACE,
        _ => &provider::SANDBOX,
    };
    Model {
        provider,
        name: text("name").unwrap_or("default"),
        key: text("key"),
        base_url: text("base_url"),
        region: Some("eu-central-1"),
        api_version: None,
        holds_to_schema: settings["holds_to_schema"] != false,
        parameters: Parameters {
            max_tokens: Some(100),
            temperature: None,
            top_p: None,
            stop: &[],
            seed: None,
            effort: None,
        },
        price: Some(Price {
            input: 3_000_000,
            cached_input: 300_000,
            cache_write: 3_750_000,
            output: 15_000_000,
        }),
        price_steps: &[Step {
            from: 200_001,
            price: Price {
                input: 6_000_000,
                cached_input: 600_000,
                cache_write: 7_500_000,
                output: 22_500_000,
            },
        }],
    }
}
