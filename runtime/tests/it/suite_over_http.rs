//! The same suite as over recorded bytes, from a running function over real HTTP: an answer, a stream
//! and an error of every provider.

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::suite::{PROVIDERS, recorded, recorded_stream};
use crate::support::{Function, Result};

const ENVIRONMENT: [(&str, &str); 3] =
    [("KEY", "sk-test"), ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];

/// A function with one model of this provider, and the server that it asks.
async fn function(name: &str, chat: bool) -> Result<(Function, MockServer)> {
    let server = MockServer::start().await;
    let mut model = json!({ "provider": name, "name": "m", "base_url": server.uri() });
    // Without a key requests to Bedrock are signed.
    if name != "bedrock" {
        model["key"] = json!("KEY");
    }
    let settings = json!({ "retries": 0, "chat": chat, "models": [model] }).to_string();
    let environment = [&ENVIRONMENT[..], &[("ENDPOINT", settings.as_str())]].concat();
    Ok((Function::start("steered", &environment).await?, server))
}

async fn answers(server: &MockServer, status: u16, body: Vec<u8>) {
    server.reset().await;
    let answer = ResponseTemplate::new(status).set_body_bytes(body);
    Mock::given(method("POST")).respond_with(answer).mount(server).await;
}

#[tokio::test]
async fn every_provider_answers_streams_and_fails() -> Result<()> {
    let request = || json!({ "text": "x" });
    for (name, provider) in PROVIDERS {
        let (function, server) = function(name, false).await?;

        let bytes = recorded(name, "answer.json");
        let expected = provider.answer(&bytes)?;
        answers(&server, 200, bytes).await;
        assert_eq!(
            function.call(request()).await?.json(),
            json!({ "text": expected.text }),
            "{name}"
        );
        let record = function.record().await?;
        assert_eq!(record["provider"], provider.name());
        assert_eq!(record["tokens_in"], expected.usage.map(|usage| usage.input).unwrap_or(0));
        let sent = server.received_requests().await.unwrap();
        let shown = |header| sent[0].headers.get(header).map(|value| value.to_str().unwrap());
        let keys = ["authorization", "api-key", "x-api-key", "x-goog-api-key"];
        let key = keys.into_iter().find_map(shown).unwrap();
        let form =
            if name == "bedrock" { "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" } else { "sk-test" };
        assert!(key.contains(form), "{name}: {key}");

        answers(&server, 200, recorded_stream(name, "stream.sse")).await;
        let answer = function.stream(request()).await?;
        let events = answer.events();
        let texts: String = events.iter().filter_map(|(_, data)| data["text"].as_str()).collect();
        assert_eq!(texts, "Grüß dich", "{name}");
        assert_eq!(events.last().map(|(event, _)| event.as_str()), Some("done"), "{name}");
        assert_eq!(function.record().await?["streaming"], true, "{name}");

        let status = String::from_utf8(recorded(name, "error.status"))?.trim().parse()?;
        answers(&server, status, recorded(name, "error.json")).await;
        let answer = function.call(request()).await?;
        assert_eq!(answer.status, 502, "{name}");
        let record = function.record().await?;
        assert_eq!(record["attempts"][0]["status"], json!(status), "{name}");
        assert_ne!(record["attempts"][0]["error"], Value::Null, "{name}");
        assert!(!record.to_string().contains("sk-test"), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn every_provider_hands_tools_to_the_caller() -> Result<()> {
    let request = || json!({ "messages": [{ "role": "user", "content": "What of the moon?" }] });
    for (name, _) in PROVIDERS {
        let (function, server) = function(name, true).await?;
        answers(&server, 200, recorded(name, "tools.json")).await;
        let plain = function.call(request()).await?;
        assert_eq!(plain.status, 200, "{name}: {}", plain.body);
        let plain = plain.json()["tool_calls"].clone();
        let called: Vec<_> = plain.as_array().unwrap().iter().map(|it| &it["arguments"]).collect();
        assert_eq!(called, [&json!({ "query": "the \"moon\"" }), &json!({})], "{name}");

        answers(&server, 200, recorded_stream(name, "tools.sse")).await;
        let (event, done) = function.stream(request()).await?.events().pop().unwrap();
        assert_eq!((event.as_str(), &done["output"]["tool_calls"]), ("done", &plain), "{name}");
        assert_eq!(done["finish"], "tool", "{name}");
    }
    Ok(())
}
