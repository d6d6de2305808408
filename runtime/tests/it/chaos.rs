//! Failures that we did not invent: `llmock` breaks answers of four providers in the ways that real
//! ones break, watches how a function copes, and judges it.

use std::{net::TcpListener, path::Path, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::support::{Answer, Function, Result};

/// What `llmock` speaks, and below which path.
const PROVIDERS: [(&str, &str); 4] = [
    ("openai-chat", "/v1"),
    ("anthropic", "/anthropic"),
    ("cohere", "/cohere"),
    ("gemini", "/gemini/v1beta"),
];

struct Mock {
    address: String,
    _server: Child,
}

impl Mock {
    async fn start() -> Result<Self> {
        let hint = "PROMPTPILOT_SDKS must name a virtual environment with `llmock`: run `make \
                    test`, or `scripts/need sdks` and set it to target/sdks";
        let sdks = std::env::var_os("PROMPTPILOT_SDKS").ok_or(hint)?;
        // A free port, since the server tells of none that it chose itself.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let server = Command::new(Path::new(&sdks).join("bin/llmock"))
            .args(["serve", "--host", "127.0.0.1", "--log-level", "error"])
            .args(["--port", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mock = Self { address: address.to_string(), _server: server };
        let patience = Instant::now() + Duration::from_secs(30);
        while mock.ask("GET", "/health", &Value::Null).await.is_err() {
            assert!(Instant::now() < patience, "llmock does not answer");
            sleep(Duration::from_millis(50)).await;
        }
        Ok(mock)
    }

    /// A request to its control door.
    async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let mut socket = TcpStream::connect(&self.address).await?;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!("{method} {path} HTTP/1.0\r\ncontent-length: {}\r\n\r\n", body.len());
        socket.write_all((head + &body).as_bytes()).await?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        let good = head.starts_with("HTTP/1.1 2") || head.starts_with("HTTP/1.0 2");
        if !good {
            return Err(answer.into());
        }
        Ok(serde_json::from_str(body).unwrap_or_default())
    }

    /// What the next requests get, in order.
    async fn script(&self, behaviors: Value) -> Result<()> {
        self.ask("POST", "/_llmock/reset", &Value::Null).await?;
        self.ask("POST", "/_llmock/scenario", &json!({ "behaviors": behaviors })).await?;
        Ok(())
    }

    /// Errors that it finds in how the requests since the last script were made.
    async fn faults(&self) -> Result<Vec<Value>> {
        let verdict = self.ask("GET", "/_llmock/verdict", &Value::Null).await?;
        let findings = verdict["findings"].as_array().cloned().unwrap_or_default();
        Ok(findings.into_iter().filter(|finding| finding["severity"] == "error").collect())
    }

    async fn function(&self, provider: &str, path: &str, more: Value) -> Result<Function> {
        let base = format!("http://{}{path}", self.address);
        let model =
            json!({ "provider": provider, "name": "gpt-4o", "key": "KEY", "base_url": base });
        let mut settings = json!({ "models": [model], "timeout_ms": 8000 });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Function::start("steered", &[("ENDPOINT", &settings.to_string()), ("KEY", "k")]).await
    }
}

fn fails(status: u16, retry_after: Option<f64>) -> Value {
    json!({ "type": "fail", "status": status, "retry_after": retry_after, "times": 1 })
}

fn attempts(record: &Value) -> Vec<String> {
    let attempts = record["attempts"].as_array().unwrap().iter();
    attempts
        .map(|it| format!("{} {}", it["status"], it["error"].as_str().unwrap_or("ok")))
        .collect()
}

fn last_event(answer: &Answer) -> (String, Value) {
    answer.events().pop().unwrap_or_default()
}

#[tokio::test]
async fn errors_that_pass_are_waited_for_and_others_are_not() -> Result<()> {
    let mock = Mock::start().await?;
    let text = json!({ "text": "Hello" });
    for (provider, path) in PROVIDERS {
        let function = mock.function(provider, path, json!({})).await?;
        for (failure, word, wait) in [
            (fails(429, Some(1.0)), "429 rate-limited", 1_000_000),
            (fails(429, None), "429 rate-limited", 0),
            (fails(500, None), "500 status", 0),
            (fails(529, None), "529 overloaded", 0),
        ] {
            mock.script(json!([failure])).await?;
            let answer = function.call(text.clone()).await?;
            assert_eq!(answer.status, 200, "{provider}, {word}: {}", answer.body);
            let record = function.record().await?;
            assert_eq!(attempts(&record), [word, "200 ok"], "{provider}");
            assert!(record["backoff_us"].as_u64().unwrap() >= wait, "{provider}, {word}");
            assert_eq!(mock.faults().await?, [Value::Null; 0], "{provider}, {word}");
        }
        for status in [400, 401, 404] {
            mock.script(json!([fails(status, None)])).await?;
            assert_eq!(function.call(text.clone()).await?.status, 502, "{provider}, {status}");
            assert_eq!(function.record().await?["attempts"].as_array().unwrap().len(), 1);
            assert_eq!(mock.faults().await?, [Value::Null; 0], "{provider}, {status}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_that_breaks_is_told_of_and_never_taken_for_whole() -> Result<()> {
    let mock = Mock::start().await?;
    let text = json!({ "text": "Tell me a long story of the sea and of the people on it." });
    for (provider, path) in PROVIDERS {
        let function = mock.function(provider, path, json!({ "timeout_ms": 2000 })).await?;
        for (kind, errors) in [
            ("disconnect", &["broken"][..]),
            ("truncate", &["truncated"]),
            ("malformed", &["malformed"]),
            ("stall", &["timeout"]),
        ] {
            let fault = json!({ "type": "stream_fault", "kind": kind, "after_chunks": 4, "stall_seconds": 20 });
            let reply =
                json!({ "type": "reply", "text": "one two three four five six seven eight" });
            mock.script(json!([fault, reply])).await?;
            let begun = Instant::now();
            let answer = function.stream(text.clone()).await?;
            let record = function.record().await?;
            assert!(begun.elapsed() < Duration::from_secs(6), "{provider}, {kind}");
            let last = attempts(&record).pop().unwrap();
            let told = record["first_token_us"].is_u64();
            if told {
                let (name, problem) = last_event(&answer);
                assert_eq!(name, "error", "{provider}, {kind}: {}", answer.body);
                assert!(problem["status"].as_u64().unwrap() >= 500, "{provider}, {kind}");
                let error = last.split_once(' ').unwrap().1.to_owned();
                assert!(errors.contains(&error.as_str()), "{provider}, {kind}: {last}");
            } else {
                // Nothing had been told yet: where it may help, it was asked again.
                let is_final = matches!(kind, "stall" | "malformed");
                assert!(last == "200 ok" || is_final, "{provider}, {kind}: {last}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_waited_for() -> Result<()> {
    let mock = Mock::start().await?;
    let function = mock.function("openai-chat", "/v1", json!({ "timeout_ms": 500 })).await?;
    mock.script(json!([{ "type": "delay", "seconds": 5, "times": 1 }])).await?;
    let begun = Instant::now();
    assert_eq!(function.call(json!({ "text": "x" })).await?.status, 504);
    assert!(begun.elapsed() < Duration::from_secs(4));
    Ok(())
}

#[tokio::test]
async fn tools_that_are_asked_for_wrongly_are_asked_for_once_more() -> Result<()> {
    let mock = Mock::start().await?;
    let messages = json!({ "messages": [{ "role": "user", "content": "Search for the moon" }] });
    for (provider, path) in PROVIDERS {
        let function = mock.function(provider, path, json!({ "chat": true })).await?;
        let call = json!({ "name": "search", "arguments": { "query": "moon" } });
        let reply = json!({ "type": "reply", "tool_calls": [call], "times": 2 });
        for kind in ["malformed_arguments", "unknown_tool"] {
            mock.script(json!([{ "type": "tool_fault", "kind": kind }, reply])).await?;
            let answer = function.call(messages.clone()).await?;
            let record = function.record().await?;
            // Some protocols carry arguments as an object, which cannot be malformed.
            if record["repaired"] == true || kind == "unknown_tool" {
                assert_eq!(record["attempts"].as_array().unwrap().len(), 2, "{provider}, {kind}");
            }
            assert_eq!(answer.status, 200, "{provider}, {kind}: {}", answer.body);
        }
    }
    Ok(())
}
