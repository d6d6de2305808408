//! What every test of providers begins with: the providers, what is recorded of them, and requests.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, dead_code, reason = "tests")]

use std::{fs, path::PathBuf};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use promptpilot_runtime::{
    Secret,
    endpoint::{Effort, Model, Parameters, Response, Role},
    provider::{self, Ask, Provider, Request, Turn},
};
use promptpilot_spec::{
    definition::ProviderKind,
    provider::{Abilities, abilities},
};

/// Each with the folder of its recorded bytes.
pub static PROVIDERS: [(&str, &dyn Provider); 11] = [
    ("openai-responses", &provider::OPENAI_RESPONSES),
    ("openai-chat", &provider::OPENAI_CHAT),
    ("openai-compatible", &provider::OPENAI_COMPATIBLE),
    ("anthropic", &provider::ANTHROPIC),
    ("azure-chat", &provider::AZURE_CHAT),
    ("azure-deployment", &provider::AZURE_DEPLOYMENT),
    ("azure-responses", &provider::AZURE_RESPONSES),
    ("bedrock", &provider::BEDROCK),
    ("cohere", &provider::COHERE),
    ("gemini", &provider::GEMINI),
    ("huggingface", &provider::HUGGINGFACE),
];

static JSON: Response = Response::Json {
    fields: &[],
    schema: r#"{"type":"object","properties":{"mood":{"type":"string"}},"required":["mood"],"additionalProperties":false}"#,
};

pub fn recorded(provider: &str, file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/providers");
    fs::read(folder.join(provider).join(file)).unwrap()
}

/// A stream as it comes over the wire. It is kept as server-sent events for all, and framed here for
/// the one that has a framing of its own.
pub fn recorded_stream(name: &str, file: &str) -> Vec<u8> {
    let bytes = recorded(name, file);
    if name != "bedrock" {
        return bytes;
    }
    let mut framed = Vec::new();
    for event in String::from_utf8(bytes).unwrap().trim().split("\n\n") {
        let (kind, data) = event.split_once('\n').unwrap();
        let kind = kind.strip_prefix("event: ").unwrap().to_owned();
        let data = data.strip_prefix("data: ").unwrap().to_owned();
        let text = |text: &str| HeaderValue::String(text.to_owned().into());
        let (form, header) = match kind.ends_with("Exception") {
            true => ("exception", ":exception-type"),
            false => ("event", ":event-type"),
        };
        let message = Message::new(data)
            .add_header(Header::new(header, text(&kind)))
            .add_header(Header::new(":content-type", text("application/json")))
            .add_header(Header::new(":message-type", text(form)));
        write_message_to(&message, &mut framed).unwrap();
    }
    framed
}

/// What the check lets through for this provider.
pub fn takes(provider: &dyn Provider) -> &'static Abilities {
    let named = |kind: &ProviderKind| kind.as_str() == provider.name();
    abilities(ProviderKind::ALL.into_iter().find(named).unwrap())
}

pub fn request(folder: &str, provider: &'static dyn Provider, full: bool) -> Request {
    let takes = takes(provider);
    // The Responses API has less room than the provider's other one.
    let roomy = full && !folder.ends_with("responses");
    let model = Model {
        provider,
        name: "a-model:1",
        key: Some("KEY"),
        base_url: full.then_some("http://127.0.0.1:1/base/"),
        region: Some("eu-central-1"),
        api_version: (folder == "azure-deployment").then_some("2024-10-21"),
        holds_to_schema: takes.structured,
        parameters: Parameters {
            max_tokens: full.then_some(100),
            temperature: full.then_some(0.5),
            top_p: full.then_some(0.9),
            stop: if roomy { &["END"] } else { &[] },
            seed: takes.seeds.filter(|_| roomy).map(|_| 7),
            effort: takes.efforts.contains(&Effort::Low).then_some(Effort::Low).filter(|_| full),
        },
        price: None,
    };
    let turn = |role, text: &str| Turn { role, text: text.to_owned() };
    let turns = [
        turn(Role::System, "Be brief."),
        turn(Role::User, "Hello"),
        turn(Role::Assistant, "Hi"),
        turn(Role::User, "How are you?"),
    ];
    let key = Secret::from("sk-secret");
    provider.request(&Ask {
        endpoint: "greet",
        model: &model,
        key: Some(&key),
        turns: &turns,
        response: if full { &JSON } else { &Response::Text },
        stream: full,
        attempt: 0,
    })
}
