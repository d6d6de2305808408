//! The sandbox: deterministic answers without network and without cost, for first runs, test keys
//! and tests. Peculiar: the model's name steers it.
//!
//! | model | what it does |
//! | --- | --- |
//! | `echo` | answers with the rendered prompt |
//! | `lorem` | answers with a paragraph |
//! | `slow-<ms>` | answers after so many milliseconds |
//! | `fail-<status>` | fails with that status |
//! | `fail-<n>-times-<status>` | fails so many times in a call and then answers |
//! | `tool` | asks for the first declared tool, and tells what tools answered once they have |
//! | `tool-<name>` | the same with the tool of this name |
//! | `refuse` | refuses |
//! | `panic` | panics |
//! | `stream-break` | breaks off in the middle |
//! | anything else | answers shortly |
//!
//! JSON endpoints get an object that fits their fields, callers' schemas a value that fits them. Streams come word by word at a reader's
//! pace. A token is four characters.

mod player;
mod sample;
mod schema;

use http::HeaderMap;
use promptpilot_spec::record::Finish;
use serde::{Deserialize, Serialize};

use self::player::{PLAYER, Script};
use super::{Answer, Ask, Event, Failure, Media, Provider, Request, Source, Step, ToolCall, Usage};
use crate::{
    endpoint::{Form, Model, Parameters, Response, Tool},
    transport::Transport,
};

/// The sandbox.
pub static SANDBOX: Sandbox = Sandbox;

/// Who answers callers with a test key, whatever the endpoint's own models are.
pub static TEST_MODEL: Model<'static> = Model {
    provider: &SANDBOX,
    name: "echo",
    key: None,
    base_url: None,
    region: None,
    api_version: None,
    holds_to_schema: true,
    parameters: Parameters {
        max_tokens: None,
        temperature: None,
        top_p: None,
        stop: &[],
        seed: None,
        effort: None,
    },
    price: None,
    price_steps: &[],
};

/// A provider that needs nobody.
#[derive(Debug)]
pub struct Sandbox;

/// Before a tool's name in a model's.
const NAMED_TOOL: &str = "tool-";

const LOREM: &str = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod \
    tempor incididunt ut labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud \
    exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat.";

impl Provider for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn transport(&self) -> &'static dyn Transport {
        &PLAYER
    }

    fn is_free(&self) -> bool {
        true
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        let prompt = prompt(ask);
        let behaviour = Behaviour::of(ask.model.name);
        let called = called(ask);
        let text = match (&called, behaviour) {
            (Some(_), _) => String::new(),
            (None, Behaviour::Tool) => answer_text(behaviour, &results(ask), ask.response),
            (None, _) => answer_text(behaviour, &prompt, ask.response),
        };
        let call = called.map(|tool| WireCall {
            name: tool.name.to_owned(),
            arguments: sample::object(tool.parameters, "sandbox").to_string(),
        });
        let usage = Wire {
            model: ask.model.name.to_owned(),
            tokens_in: tokens(&prompt),
            tokens_out: tokens(&text) + call.as_ref().map_or(0, |call| tokens(&call.arguments)),
            refused: behaviour == Behaviour::Refuse,
            text,
            call,
        };
        let script = Script {
            status: match behaviour {
                Behaviour::Fail(status) => status,
                Behaviour::FailTimes(times, status) if ask.attempt < times => status,
                _ => 200,
            },
            delay_ms: if let Behaviour::Slow(millis) = behaviour { millis } else { 0 },
            panic: behaviour == Behaviour::Panic,
            breaks: behaviour == Behaviour::StreamBreak,
            stream: ask.stream,
            answer: usage,
        };
        Request::json("sandbox:".to_owned(), &script)
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, Failure> {
        let wire: Wire = serde_json::from_slice(body).map_err(|e| Failure::malformed(&e))?;
        let mut answer = Answer { text: wire.text.clone(), ..Answer::default() };
        wire.read(&mut answer);
        Ok(answer)
    }

    fn event(&self, event: Event<'_>, answer: &mut Answer) -> Result<Step, Failure> {
        if event.name == "text" {
            return Ok(Step::Text(event.json()?));
        }
        event.json::<Wire>()?.read(answer);
        Ok(Step::Done)
    }

    fn failure(&self, status: u16, headers: &HeaderMap, _body: &[u8]) -> Failure {
        Failure::from_status(status, headers, Some("as the model's name says"))
    }
}

/// What the player answers with.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Wire {
    model: String,
    text: String,
    tokens_in: u64,
    tokens_out: u64,
    refused: bool,
    call: Option<WireCall>,
}

/// A tool that is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct WireCall {
    name: String,
    arguments: String,
}

impl Wire {
    /// Takes over all but the text.
    fn read(self, answer: &mut Answer) {
        if self.refused {
            answer.finished("refusal", Finish::Refusal);
        } else if let Some(WireCall { name, arguments }) = self.call {
            let (id, signature) = ("call_1".to_owned(), None);
            answer.calls.push(ToolCall { id, name, arguments, signature });
            answer.finished("tool", Finish::Tool);
        } else {
            answer.finished("stop", Finish::Stop);
        }
        answer.usage =
            Some(Usage { input: self.tokens_in, output: self.tokens_out, ..Usage::default() });
        answer.model = Some(self.model);
    }
}

/// What a model's name asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behaviour {
    Echo,
    Lorem,
    Slow(u64),
    Fail(u16),
    FailTimes(u32, u16),
    Tool,
    Refuse,
    Panic,
    StreamBreak,
    Short,
}

impl Behaviour {
    fn of(model: &str) -> Self {
        match model {
            "echo" => Self::Echo,
            "lorem" => Self::Lorem,
            "tool" => Self::Tool,
            "refuse" => Self::Refuse,
            "panic" => Self::Panic,
            "stream-break" => Self::StreamBreak,
            _ => Self::with_argument(model).unwrap_or(Self::Short),
        }
    }

    fn with_argument(model: &str) -> Option<Self> {
        if model.starts_with(NAMED_TOOL) {
            return Some(Self::Tool);
        }
        if let Some(millis) = model.strip_prefix("slow-") {
            return millis.parse().ok().map(Self::Slow);
        }
        let failure = model.strip_prefix("fail-")?;
        let status = |text: &str| text.parse().ok().filter(|status| (400..600).contains(status));
        match failure.split_once("-times-") {
            Some((times, code)) => Some(Self::FailTimes(times.parse().ok()?, status(code)?)),
            None => status(failure).map(Self::Fail),
        }
    }
}

/// All texts of the conversation, and what is beside them in words.
fn prompt(ask: &Ask<'_>) -> String {
    let texts = ask.turns.iter().flat_map(|turn| {
        let results = turn.results.iter().map(|result| result.content.clone());
        let media = turn.media.iter().map(in_words);
        let text = Some(turn.text.clone()).filter(|text| !text.is_empty());
        results.chain(media).chain(text)
    });
    texts.collect::<Vec<_>>().join("\n\n")
}

fn in_words(media: &Media) -> String {
    let form = if media.form == Form::Image { "image" } else { "file" };
    match &media.source {
        Source::Data { media_type, data } => {
            format!("[{form}: {media_type}, {} bytes in base64]", data.len())
        }
        Source::Url(url) => format!("[{form}: {url}]"),
    }
}

/// What tools answered last.
fn results(ask: &Ask<'_>) -> String {
    let last = ask.turns.iter().rev().find(|turn| !turn.results.is_empty());
    let results = last.iter().flat_map(|turn| &turn.results);
    results.map(|it| format!("{} says: {}", it.name, it.content)).collect::<Vec<_>>().join("\n")
}

/// The tool that the model's name asks for, unless one has just answered.
fn called<'a>(ask: &Ask<'a>) -> Option<&'a Tool> {
    let name = ask.model.name.strip_prefix(NAMED_TOOL);
    let is_meant = |tool: &&Tool| name.is_none_or(|name| tool.name == name);
    let is_answered = ask.turns.last().is_some_and(|turn| !turn.results.is_empty());
    if Behaviour::of(ask.model.name) != Behaviour::Tool || is_answered {
        return None;
    }
    ask.tools.iter().find(is_meant)
}

fn answer_text(behaviour: Behaviour, prompt: &str, response: &Response<'_>) -> String {
    let text = match behaviour {
        Behaviour::Refuse => String::new(),
        Behaviour::Echo | Behaviour::Tool => prompt.to_owned(),
        Behaviour::Lorem | Behaviour::StreamBreak => LOREM.to_owned(),
        _ => {
            let words = prompt.split_whitespace().count();
            format!("This is the sandbox's answer to a prompt of {words} words.")
        }
    };
    match response {
        Response::Json { fields, .. } if behaviour != Behaviour::Refuse => {
            sample::object(fields, &text).to_string()
        }
        Response::Schema { schema, .. } if behaviour != Behaviour::Refuse => {
            schema::sample(schema, &text).to_string()
        }
        _ => text,
    }
}

fn tokens(text: &str) -> u64 {
    text.chars().count().div_ceil(4) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_steer() {
        for (name, behaviour) in [
            ("echo", Behaviour::Echo),
            ("slow-250", Behaviour::Slow(250)),
            ("fail-503", Behaviour::Fail(503)),
            ("fail-2-times-429", Behaviour::FailTimes(2, 429)),
            ("fail-200", Behaviour::Short),
            ("fail-often", Behaviour::Short),
            ("slow-", Behaviour::Short),
            ("tool-search", Behaviour::Tool),
            ("gpt", Behaviour::Short),
        ] {
            assert_eq!(Behaviour::of(name), behaviour, "{name}");
        }
    }
}
