//! One suite that every provider passes, over recorded bytes: what it sends (judged by the official
//! specification where there is one in `specs/`), and what it reads out of an answer, a stream cut
//! anywhere, a stream that breaks, an error and a refusal.

use std::{fs, path::PathBuf};

use http::HeaderMap;
use promptpilot_runtime::provider::{self, Answer, Failure, Provider, Step, ToolCall};
use promptpilot_spec::{
    definition::ProviderKind,
    provider::{Counts, abilities},
    record::Finish,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::suite::{Form, PROVIDERS, recorded, recorded_stream, request};

/// Specifications that requests are judged by: the folder, the file and the definition in it.
const SPECIFICATIONS: [(&str, &str, &str); 5] = [
    ("openai-responses", "openai", "responses"),
    ("openai-chat", "openai", "chat"),
    ("azure-chat", "azure-v1", "chat"),
    ("azure-responses", "azure-v1", "responses"),
    ("azure-deployment", "azure-deployments", "chat"),
];

/// The texts of a stream, its answer and how it ended, fed in pieces of `size` bytes.
fn read_stream(
    provider: &dyn Provider,
    bytes: &[u8],
    size: usize,
) -> (Vec<String>, Answer, Result<bool, Failure>) {
    let (mut decoder, mut answer, mut texts) = (provider.decoder(), Answer::default(), Vec::new());
    for piece in bytes.chunks(size) {
        let mut piece = piece;
        while let Some(event) = decoder.next(&mut piece).unwrap() {
            match provider.event(event, &mut answer) {
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
        for form in Form::ALL {
            let request = request(name, provider, form);
            let form = format!("{form:?}").to_lowercase();
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
fn requests_fit_the_official_specifications() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/specs");
    for (name, file, definition) in SPECIFICATIONS {
        let mut schema: Value =
            serde_json::from_slice(&fs::read(folder.join(format!("{file}.json"))).unwrap())
                .unwrap();
        schema["$ref"] = json!(format!("#/$defs/{definition}"));
        let schema = jsonschema::validator_for(&schema).unwrap();
        let (_, provider) = PROVIDERS.iter().find(|(folder, _)| *folder == name).unwrap();
        for form in Form::ALL {
            let mut body: Value =
                serde_json::from_slice(&request(name, *provider, form).body).unwrap();
            let faults: Vec<_> = schema.iter_errors(&body).map(|fault| fault.to_string()).collect();
            assert_eq!(faults, Vec::<String>::new(), "{name}: {body}");
            body["max_tokenz"] = json!(1);
            assert!(!schema.is_valid(&body), "{name}: an unknown property passed");
        }
    }
}

#[test]
fn a_schema_is_sent_where_the_answer_is_to_be_json_and_nowhere_else() {
    for (name, provider) in PROVIDERS {
        let sent = |form| String::from_utf8(request(name, provider, form).body.to_vec()).unwrap();
        assert!(sent(Form::Full).contains("additionalProperties"), "{name}");
        assert!(!sent(Form::Bare).contains("additionalProperties"), "{name}");
    }
}

#[test]
fn providers_count_what_the_table_says() {
    for kind in ProviderKind::ALL {
        let cases = PROVIDERS.iter().filter(|(_, provider)| provider.name() == kind.as_str());
        let usages = cases.filter_map(|(name, provider)| {
            provider.answer(&recorded(name, "answer.json")).unwrap().usage
        });
        let seen = usages.fold((false, false), |seen, usage| {
            (seen.0 || usage.cached > 0, seen.1 || usage.reasoning > 0)
        });
        let Counts { cached, reasoning, .. } = abilities(kind).counts;
        // Servers of many makers may count more than what is recorded of one.
        if !abilities(kind).own_names {
            assert_eq!(seen, (cached, reasoning), "{}", kind.as_str());
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
        // One tells refusals by status only; its `error.json` is one.
        if name == "cohere" {
            continue;
        }
        let answer = provider.answer(&recorded(name, "refusal.json")).unwrap();
        insta::assert_debug_snapshot!(format!("{name}-refusal"), (answer.refused(), answer));
    }
}

#[test]
fn streams_are_read_wherever_they_are_cut() {
    for (name, provider) in PROVIDERS {
        let bytes = recorded_stream(name, "stream.sse");
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
fn tools_that_are_asked_for_are_read_plain_and_streamed() {
    for (name, provider) in PROVIDERS {
        let plain = provider.answer(&recorded(name, "tools.json")).unwrap();
        assert_eq!(plain.finish, Some(Finish::Tool), "{name}");
        let calls = |answer: &Answer| {
            let call = |it: &ToolCall| (it.id.clone(), it.name.clone(), it.arguments.clone());
            answer.calls.iter().map(call).collect::<Vec<_>>()
        };
        let call = |id: &str, name: &str, arguments: &str| {
            (id.to_owned(), name.to_owned(), arguments.to_owned())
        };
        let asked = [
            call("call_a", "search", "{\"query\":\"the \\\"moon\\\"\"}"),
            call("call_b", "now", "{}"),
        ];
        assert_eq!(calls(&plain), asked, "{name}");
        // One signs its calls, and wants to see that again.
        assert_eq!(plain.calls[0].signature.is_some(), name == "gemini");
        let bytes = recorded_stream(name, "tools.sse");
        for size in [bytes.len(), 1, 7, 64] {
            let (texts, answer, end) = read_stream(provider, &bytes, size);
            assert_eq!((texts.concat(), end), (plain.text.clone(), Ok(true)), "{name} by {size}");
            assert_eq!(answer.finish, Some(Finish::Tool), "{name} by {size}");
            assert_eq!(answer.calls, plain.calls, "{name} by {size}");
        }
    }
}

#[test]
fn a_stream_without_its_end_is_not_whole() {
    for (name, provider) in PROVIDERS {
        let bytes = recorded_stream(name, "stream.sse");
        let cut = &bytes[..bytes.len() * 2 / 3];
        assert_eq!(read_stream(provider, cut, cut.len()).2, Ok(false), "{name}");
    }
}

#[test]
fn errors_inside_a_stream_end_it() {
    for (name, provider) in PROVIDERS {
        let bytes = recorded_stream(name, "broken.sse");
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

/// Bytes as they were recorded, with some of them changed, taken out or doubled.
fn damaged() -> impl Strategy<Value = (usize, &'static str, Vec<(usize, u8, u8)>)> {
    let files =
        ["answer.json", "tools.json", "error.json", "stream.sse", "tools.sse", "broken.sse"];
    let damage = prop::collection::vec((any::<usize>(), any::<u8>(), 0_u8..4), 1..8);
    (0..PROVIDERS.len(), prop::sample::select(files.to_vec()), damage)
}

fn damage(mut bytes: Vec<u8>, faults: &[(usize, u8, u8)]) -> Vec<u8> {
    for (place, byte, how) in faults {
        let place = place % bytes.len().max(1);
        match how {
            0 if !bytes.is_empty() => bytes[place] = *byte,
            1 => bytes.truncate(place),
            2 => bytes.insert(place, *byte),
            _ => {
                let end = (place + usize::from(*byte)).min(bytes.len());
                let piece = bytes[place..end].to_vec();
                bytes.splice(place..place, piece);
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Whatever a server sends: no panic, an end, and nothing larger than what came.
    #[test]
    fn an_adapter_survives_damaged_answers((provider, file, faults) in damaged(), cut in 1_usize..99) {
        let (name, provider) = PROVIDERS[provider];
        let bytes = match file.ends_with("sse") {
            true => recorded_stream(name, file),
            false => recorded(name, file),
        };
        let bytes = damage(bytes, &faults);
        let _ = provider.answer(&bytes);
        let _ = provider.failure(500, &HeaderMap::new(), &bytes);
        let (mut decoder, mut answer, mut text) = (provider.decoder(), Answer::default(), 0);
        'stream: for mut piece in bytes.chunks(cut) {
            while let Ok(Some(event)) = decoder.next(&mut piece) {
                match provider.event(event, &mut answer) {
                    Ok(Step::Text(more)) => text += more.len(),
                    Ok(Step::Nothing) => {}
                    Ok(Step::Done) | Err(_) => break 'stream,
                }
            }
        }
        let arguments: usize = answer.calls.iter().map(|call| call.arguments.len()).sum();
        // A byte that is no text becomes a replacement character, which has three.
        prop_assert!(text + arguments <= 3 * bytes.len(), "{name}: {text} and {arguments}");
    }
}

#[test]
fn no_bytes_make_an_adapter_panic() {
    for (_, provider) in PROVIDERS {
        for bytes in [&b""[..], b"null", b"[]", b"{}", b"<html>", b"{\"error\":7}", b"\xff"] {
            let _ = provider.answer(bytes);
            let failure = provider.failure(500, &HeaderMap::new(), bytes);
            assert!(failure.retry && failure.status == Some(500));
            let data = String::from_utf8_lossy(bytes);
            let event = provider::Event { name: "x", data: &data };
            let _ = provider.event(event, &mut Answer::default());
        }
    }
}
