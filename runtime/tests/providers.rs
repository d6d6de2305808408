//! Every adapter against recorded bytes: what it sends, and what it reads out of an answer, a
//! stream cut anywhere, a stream that breaks, an error and a refusal.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::PathBuf};

use http::HeaderMap;
use promptpilot_runtime::{
    Secret,
    endpoint::{Effort, Model, Parameters, Response, Role},
    provider::{self, Answer, Ask, Decoder, Failure, Provider, Request, Step, Turn},
};
use serde_json::Value;

static PROVIDERS: [(&str, &dyn Provider); 4] = [
    ("openai-responses", &provider::OPENAI_RESPONSES),
    ("openai-chat", &provider::OPENAI_CHAT),
    ("openai-compatible", &provider::OPENAI_COMPATIBLE),
    ("anthropic", &provider::ANTHROPIC),
];

static JSON: Response = Response::Json {
    fields: &[],
    schema: r#"{"type":"object","properties":{"mood":{"type":"string"}},"required":["mood"],"additionalProperties":false}"#,
};

fn recorded(provider: &str, file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/providers");
    fs::read(folder.join(provider).join(file)).unwrap()
}

fn request(provider: &'static dyn Provider, full: bool) -> Request {
    let model = Model {
        provider,
        name: "a-model",
        key: Some("KEY"),
        base_url: full.then_some("http://127.0.0.1:1/base/"),
        parameters: Parameters {
            max_tokens: full.then_some(100),
            temperature: full.then_some(0.5),
            top_p: full.then_some(0.9),
            stop: if full { &["END"] } else { &[] },
            seed: full.then_some(7),
            effort: full.then_some(Effort::Low),
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

/// The texts of a stream, its answer and how it ended, fed in pieces of `size` bytes.
fn read_stream(
    provider: &dyn Provider,
    bytes: &[u8],
    size: usize,
) -> (Vec<String>, Answer, Result<bool, Failure>) {
    let (mut decoder, mut answer, mut texts) = (Decoder::default(), Answer::default(), Vec::new());
    for piece in bytes.chunks(size) {
        for event in decoder.feed(piece) {
            match provider.event(&event, &mut answer) {
                Ok(Step::Nothing) => {}
                Ok(Step::Text(text)) => texts.extend(Some(text).filter(|text| !text.is_empty())),
                Ok(Step::Done) => return (texts, answer, Ok(true)),
                Err(failure) => return (texts, answer, Err(failure)),
            }
        }
    }
    let whole = provider.may_end(&answer);
    (texts, answer, Ok(whole))
}

#[test]
fn requests_hold_what_the_definition_sets_and_nothing_else() {
    for (name, provider) in PROVIDERS {
        for (form, full) in [("bare", false), ("full", true)] {
            let request = request(provider, full);
            let headers: Vec<String> = request
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {}", value.expose()))
                .collect();
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let body = serde_json::to_string_pretty(&body).unwrap();
            let text = format!("POST {}\n{}\n\n{body}", request.url, headers.join("\n"));
            insta::assert_snapshot!(format!("{name}-request-{form}"), text);
            assert!(!format!("{request:?}").contains("sk-secret"), "a key in a debug text");
        }
    }
}

#[test]
fn whole_answers_are_read() {
    for (name, provider) in PROVIDERS {
        let answer = provider.answer(&recorded(name, "answer.json")).unwrap();
        insta::assert_debug_snapshot!(format!("{name}-answer"), answer);
    }
}

#[test]
fn refusals_are_told_from_answers_and_keep_their_usage() {
    for (name, provider) in PROVIDERS {
        let answer = provider.answer(&recorded(name, "refusal.json")).unwrap();
        insta::assert_debug_snapshot!(format!("{name}-refusal"), (answer.refused(), answer));
    }
}

#[test]
fn streams_are_read_wherever_they_are_cut() {
    for (name, provider) in PROVIDERS {
        let bytes = recorded(name, "stream.sse");
        let (texts, answer, end) = read_stream(provider, &bytes, bytes.len());
        assert_eq!(texts, ["Grüß", " dich"], "{name}");
        assert_eq!(end, Ok(true), "{name}");
        insta::assert_debug_snapshot!(format!("{name}-stream"), answer);
        for size in [1, 2, 3, 7, 64] {
            let again = read_stream(provider, &bytes, size);
            assert_eq!(again, (texts.clone(), answer.clone(), Ok(true)), "{name} by {size}");
        }
    }
}

#[test]
fn a_stream_without_its_end_is_not_whole() {
    for (name, provider) in PROVIDERS {
        let bytes = recorded(name, "stream.sse");
        let cut = &bytes[..bytes.len() * 2 / 3];
        assert_eq!(read_stream(provider, cut, cut.len()).2, Ok(false), "{name}");
    }
}

#[test]
fn errors_inside_a_stream_end_it() {
    for (name, provider) in PROVIDERS {
        let bytes = recorded(name, "broken.sse");
        let (_, _, end) = read_stream(provider, &bytes, bytes.len());
        insta::assert_debug_snapshot!(format!("{name}-broken"), end);
    }
}

#[test]
fn errors_say_whether_to_ask_again() {
    for (name, provider) in PROVIDERS {
        let status = String::from_utf8(recorded(name, "error.status")).unwrap();
        let status = status.trim().parse().unwrap();
        let failure = provider.failure(status, &HeaderMap::new(), &recorded(name, "error.json"));
        insta::assert_debug_snapshot!(format!("{name}-error"), failure);
    }
}

#[test]
fn no_bytes_make_an_adapter_panic() {
    for (_, provider) in PROVIDERS {
        for bytes in [&b""[..], b"null", b"[]", b"{}", b"<html>", b"{\"error\":7}", b"\xff"] {
            let _ = provider.answer(bytes);
            let failure = provider.failure(500, &HeaderMap::new(), bytes);
            assert!(failure.retry && failure.status == Some(500));
            let text = String::from_utf8_lossy(bytes).into_owned();
            let event = provider::Event { name: "x".to_owned(), data: text };
            let _ = provider.event(&event, &mut Answer::default());
        }
    }
}
