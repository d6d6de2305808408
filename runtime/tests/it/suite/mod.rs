//! What every test of providers begins with: the providers, what is recorded of them, and requests.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, dead_code, reason = "tests")]

use std::{fs, path::PathBuf};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use promptpilot_runtime::{
    Secret,
    endpoint::{Effort, Field, Form as MediaForm, Kind, Model, Parameters, Response, Role, Tool},
    provider::{self, Ask, Media, Provider, Request, Source, ToolCall, ToolResult, Turn},
};
use promptpilot_spec::{
    definition::ProviderKind,
    provider::{Abilities, Taken, abilities},
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

static JSON: Response<'static> = Response::Json {
    fields: &[],
    schema: r#"{"type":"object","properties":{"mood":{"type":"string"}},"required":["mood"],"additionalProperties":false}"#,
};

static QUERY: &[Field] = &[Field {
    name: "query",
    optional: false,
    default: None,
    sensitive: false,
    kind: Kind::String { min_length: 0, max_length: None },
}];

static TOOLS: &[Tool] = &[
    Tool {
        name: "search",
        description: "Searches the archive",
        parameters: QUERY,
        schema: r#"{"type":"object","properties":{"query":{"type":"string"}},"required":["query"],"additionalProperties":false}"#,
    },
    Tool {
        name: "now",
        description: "The time",
        parameters: &[],
        schema: r#"{"type":"object","properties":{},"required":[],"additionalProperties":false}"#,
    },
];

/// What a request of the suite is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What must be there.
    Bare,
    /// All parameters, a schema, as a stream.
    Full,
    /// Tools, of which two were asked for and have answered.
    Tools,
    /// A picture, and what else the provider takes beside text.
    Media,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bare, Self::Full, Self::Tools, Self::Media];
}

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

pub fn request(folder: &str, provider: &'static dyn Provider, form: Form) -> Request {
    let takes = takes(provider);
    let full = form == Form::Full;
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
        price_steps: &[],
    };
    let turns = match form {
        Form::Tools => tool_turns(),
        Form::Media => {
            let media = media(takes);
            vec![Turn { media, ..Turn::new(Role::User, "What is it?") }]
        }
        _ => vec![
            Turn::new(Role::System, "Be brief."),
            Turn::new(Role::User, "Hello"),
            Turn::new(Role::Assistant, "Hi"),
            Turn::new(Role::User, "How are you?"),
        ],
    };
    let key = Secret::from("sk-secret");
    provider.request(&Ask {
        endpoint: "greet",
        model: &model,
        key: Some(&key),
        turns: &turns,
        tools: if form == Form::Tools { TOOLS } else { &[] },
        response: if full { &JSON } else { &Response::Text },
        stream: full,
        attempt: 0,
    })
}

/// One of each that the provider takes.
fn media(takes: &Abilities) -> Vec<Media> {
    let data = |form, media_type: &str, data: &str| Media {
        form,
        source: Source::Data { media_type: media_type.to_owned(), data: data.to_owned() },
    };
    let url = |form, url: &str| Media { form, source: Source::Url(url.to_owned()) };
    let (image, file) = (MediaForm::Image, MediaForm::File);
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=";
    let mut media = vec![data(image, "image/png", png)];
    if takes.images == Taken::DataOrUrl {
        media.push(url(image, "https://example.com/a.png"));
    }
    if takes.files != Taken::Never {
        media.push(data(file, "application/pdf", "JVBERi0xLjQK"));
    }
    if takes.files == Taken::DataOrUrl {
        media.push(url(file, "https://example.com/a.pdf"));
    }
    media
}

/// A conversation in which tools were asked for and answered, and the user goes on.
fn tool_turns() -> Vec<Turn> {
    let call = |id: &str, name: &str, arguments: &str, signature: Option<&str>| ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        signature: signature.map(str::to_owned),
    };
    let result = |call: &str, name: &str, content: &str| ToolResult {
        call: call.to_owned(),
        name: name.to_owned(),
        content: content.to_owned(),
    };
    let calls = vec![
        call("call_a", "search", "{\"query\":\"moon\"}", Some("c2lnbmVk")),
        call("call_b", "now", "{}", None),
    ];
    let results = vec![result("call_a", "search", "Nothing."), result("call_b", "now", "Noon")];
    vec![
        Turn::new(Role::System, "Be brief."),
        Turn::new(Role::User, "What of the moon?"),
        Turn { calls, ..Turn::new(Role::Assistant, "I look.") },
        Turn { results, ..Turn::new(Role::User, "") },
        Turn::new(Role::User, "And?"),
    ]
}
