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
//! | `refuse` | refuses |
//! | `panic` | panics |
//! | `stream-break` | breaks off in the middle |
//! | anything else | answers shortly |
//!
//! JSON endpoints get an object that fits their fields. Streams come word by word at a reader's
//! pace. A token is four characters.

mod player;
mod sample;

use http::HeaderMap;
use promptpilot_spec::record::Finish;
use serde::{Deserialize, Serialize};

use self::player::{PLAYER, Script};
use super::{Answer, Ask, Event, Failure, Provider, Request, Step, Usage};
use crate::{endpoint::Response, transport::Transport};

/// The sandbox.
pub static SANDBOX: Sandbox = Sandbox;

/// A provider that needs nobody.
#[derive(Debug)]
pub struct Sandbox;

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
        let prompt: Vec<&str> = ask.turns.iter().map(|turn| turn.text.as_str()).collect();
        let prompt = prompt.join("\n\n");
        let behaviour = Behaviour::of(ask.model.name);
        let text = answer_text(behaviour, &prompt, ask.response);
        let usage = Wire {
            model: ask.model.name.to_owned(),
            tokens_in: tokens(&prompt),
            tokens_out: tokens(&text),
            refused: behaviour == Behaviour::Refuse,
            text,
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

    fn event(&self, event: &Event, answer: &mut Answer) -> Result<Step, Failure> {
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
}

impl Wire {
    /// Takes over all but the text.
    fn read(self, answer: &mut Answer) {
        if self.refused {
            answer.finished("refusal", Finish::Refusal);
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
            "refuse" => Self::Refuse,
            "panic" => Self::Panic,
            "stream-break" => Self::StreamBreak,
            _ => Self::with_number(model).unwrap_or(Self::Short),
        }
    }

    fn with_number(model: &str) -> Option<Self> {
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

fn answer_text(behaviour: Behaviour, prompt: &str, response: &Response) -> String {
    let text = match behaviour {
        Behaviour::Refuse => String::new(),
        Behaviour::Echo => prompt.to_owned(),
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
            ("gpt", Behaviour::Short),
        ] {
            assert_eq!(Behaviour::of(name), behaviour, "{name}");
        }
    }
}
