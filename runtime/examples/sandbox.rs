//! An endpoint as generated code writes it, with nothing but the sandbox linked in.

use std::process::ExitCode;

use promptpilot_runtime::{
    endpoint::{Auth, Endpoint, Field, Kind, Log, Message, Model, Parameters, Response, Role},
    provider, serve,
};

static ENDPOINT: Endpoint = Endpoint {
    name: "summarize",
    description: "Summarises a text & says <who> for",
    log: Log::Full,
    prompt: &[
        Message { role: Role::System, template: "You are a careful editor." },
        Message {
            role: Role::User,
            template: "Summarise for {{ audience }}:\n{{ text }}\n{% if bullets %}\nUse {{ bullets }} bullet points.\n{% endif %}",
        },
    ],
    request: &[
        Field {
            name: "audience",
            optional: false,
            default: Some("\"expert\""),
            sensitive: false,
            kind: Kind::Enum(&["expert", "child"]),
        },
        Field {
            name: "bullets",
            optional: true,
            default: None,
            sensitive: false,
            kind: Kind::Integer { minimum: Some(1), maximum: Some(10) },
        },
        Field {
            name: "text",
            optional: false,
            default: None,
            sensitive: false,
            kind: Kind::String { min_length: 0, max_length: Some(20_000) },
        },
    ],
    tools: &[],
    response: Response::Text,
    models: &[Model {
        provider: &provider::SANDBOX,
        name: "echo",
        key: None,
        base_url: None,
        region: None,
        api_version: None,
        holds_to_schema: true,
        parameters: Parameters {
            max_tokens: Some(400),
            temperature: None,
            top_p: None,
            stop: &[],
            seed: None,
            effort: None,
        },
        price: None,
        price_steps: &[],
    }],
    splits: &[],
    timeout_ms: 30_000,
    retries: 2,
    hedge_ms: None,
    max_body: 262_144,
    origins: &["https://app.example.com"],
    auth: Auth::Public,
    rate: None,
    budgets: &[],
    unbudgeted: false,
    cache: None,
    state: &[],
    openapi: "{\"openapi\":\"3.1.0\"}",
};

fn main() -> ExitCode {
    serve(&ENDPOINT)
}
