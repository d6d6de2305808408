//! What clients of OpenAI send, as it arrives at a provider, and what is refused in their words.

use std::sync::{Arc, Mutex};

use axum::{Json, Router, extract::State, routing::post};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    execution::ask,
    execution::calls,
    execution::events,
    execution::greet,
    execution::key,
    execution::prompt,
    execution::send,
    support::{Failure, Outcome, pilot::Pilot},
};

const CHAT: &str = "/v1/chat/completions";

/// The bodies that a provider was sent.
type Sent = Arc<Mutex<Vec<Value>>>;

/// A provider that answers everything as OpenAI-compatible servers were recorded to, with JSON as models
/// like to write it.
async fn provider(pilot: &Pilot) -> Result<(String, Sent), Failure> {
    let secret = json!({ "provider": "openai-compatible", "secret": "sk-of-this-test" });
    pilot.request(Method::PUT, "/api/provider-credentials", Some(secret)).await?;
    let sent = Sent::default();
    let answer = async |State(sent): State<Sent>, Json(body): Json<Value>| {
        sent.lock().unwrap().push(body);
        let recorded =
            include_str!("../../../../runtime/tests/providers/openai-compatible/answer.json");
        let mut answer: Value = serde_json::from_str(recorded).unwrap();
        answer["choices"][0]["message"]["content"] = json!("```json\n{\"a\":\"b\"}\n```");
        Json(answer)
    };
    let router = Router::new().route("/v1/chat/completions", post(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    let router = router.with_state(Arc::clone(&sent));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((url, sent))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conversation_comes_after_the_prompt_and_parameters_before_its_own() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let (base_url, sent) = provider(&pilot).await?;
    let content = json!({
        "prompt": { "system": "Speak as {{ who }}." },
        "model": {
            "provider": "openai-compatible", "name": "served", "credential": "default",
            "base_url": base_url, "temperature": 1.0, "max_tokens": 50,
        },
    });
    prompt(&pilot, "speak", content).await?;
    let key = key(&pilot, json!({})).await?;
    let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let body = json!({
        "model": "prompt:speak@production",
        "messages": [
            { "role": "user", "content": "Hello" },
            { "role": "assistant", "content": "{{ not a template }}" },
            { "role": "user", "content": "And?" },
        ],
        "metadata": { "who": "a pirate" },
        "temperature": 0.5, "max_completion_tokens": 10, "user": "u-17",
        "response_format": { "type": "json_object" },
    });
    let (status, answer) = ask(&pilot, &key, CHAT, body.clone()).await?;
    assert_eq!((status, &answer["model"]), (200, &json!("prompt:speak@1")), "{answer}");
    assert_eq!(answer["choices"][0]["message"]["content"], "{\"a\":\"b\"}");
    let asked = sent.lock().unwrap().remove(0);
    let messages = asked["messages"].as_array().unwrap();
    assert_eq!(messages[0], json!({ "role": "system", "content": "Speak as a pirate." }));
    let told = messages[1]["content"].as_str().unwrap();
    assert!(told.contains("JSON Schema") && messages[1]["role"] == "system", "{asked}");
    assert_eq!(messages[2..], body["messages"].as_array().unwrap()[..]);
    assert_eq!((&asked["temperature"], &asked["max_tokens"]), (&json!(0.5), &json!(10)));
    assert_eq!((asked.get("response_format"), asked.get("metadata")), (None, None));
    let call = calls(&pilot).await?.remove(0);
    assert_eq!((&call["user"], &call["metadata"]["who"]), (&json!("u-17"), &json!("a pirate")));

    // The schema goes to the provider in its own way where the model can be held to it.
    let mut strict = body.clone();
    strict["response_format"] = json!({
        "type": "json_schema", "json_schema": { "name": "x", "schema": schema, "strict": true },
    });
    ask(&pilot, &key, CHAT, strict).await?;
    let asked = sent.lock().unwrap().remove(0);
    let held = asked["response_format"]["json_schema"].clone();
    let told = asked["messages"].to_string().contains("JSON Schema");
    assert!(held["schema"] == schema && held["strict"] == true || told, "{asked}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_refused_in_their_words() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    greet(&pilot).await?;
    let key = key(&pilot, json!({})).await?;
    let greeting = json!({ "model": "prompt:chat/greet", "variables": { "name": "Ada" } });
    let with = |more: Value| {
        let mut body = greeting.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (body, status, code, param) in [
        (with(json!({ "model": "gpt-4o" })), 404, "model_not_found", json!("model")),
        (with(json!({ "model": "prompt:greet" })), 404, "model_not_found", json!("model")),
        (with(json!({ "tools": [{}] })), 400, "request-invalid", json!("tools")),
        (with(json!({ "n": 2 })), 400, "request-invalid", json!("n")),
        (with(json!({ "temperature": "hot" })), 400, "body-invalid", json!("temperature")),
        (with(json!({ "temperature": 9 })), 400, "run-invalid", Value::Null),
        (with(json!({ "variables": {} })), 400, "request-invalid", json!("variables")),
        (
            with(json!({ "messages": [{ "role": "user", "content": "Hi" },
                                      { "role": "tool", "content": "Hi" }] })),
            400,
            "body-invalid",
            json!("messages[1].role"),
        ),
    ] {
        let (told, error) = ask(&pilot, &key, CHAT, body.clone()).await?;
        assert_eq!((told, &error["error"]["code"]), (status, &json!(code)), "{body}: {error}");
        assert_eq!(error["error"]["param"], param, "{body}: {error}");
        assert_eq!(error["error"]["type"], "invalid_request_error");
        let message = error["error"]["message"].as_str().unwrap();
        let call = calls(&pilot).await?.remove(0);
        assert!(message.starts_with(call["error_detail"].as_str().unwrap()), "{error}");
    }
    // What stands before the handlers speaks the same language, and so does what is not there.
    for (path, status) in [("/v1/embeddings", 404), ("/v1/models", 401)] {
        let (told, error) = ask(&pilot, &key, path, json!({})).await?;
        assert_eq!(told, status);
        assert!(error["error"]["message"].is_string(), "{error}");
    }
    let (told, error) = ask(&pilot, "pp_live_0", CHAT, greeting).await?;
    assert_eq!((told, &error["error"]["code"]), (401, &json!("invalid_api_key")));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_models_is_an_answer() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let model = json!({ "provider": "sandbox", "name": "refuse" });
    prompt(&pilot, "no", json!({ "prompt": { "template": "Hi" }, "model": model })).await?;
    let key = key(&pilot, json!({})).await?;
    let body = json!({ "model": "prompt:no", "messages": [] });
    let (status, answer) = ask(&pilot, &key, CHAT, body).await?;
    let choice = &answer["choices"][0];
    assert_eq!((status, &choice["finish_reason"]), (200, &json!("content_filter")), "{answer}");
    assert!(choice["message"]["content"].is_null() && choice["message"]["refusal"].is_string());
    let call = calls(&pilot).await?.remove(0);
    assert_eq!((&call["status"], &call["error_type"]), (&json!(200), &json!("provider-refused")));

    let body = json!({ "model": "prompt:no", "messages": [], "stream": true });
    let chunks = events(&send(&pilot, &key, CHAT, &body).await?.text().await?);
    assert!(chunks[0].1["choices"][0]["delta"]["refusal"].is_string(), "{chunks:?}");
    assert_eq!(chunks.last().unwrap().1, "[DONE]");
    pilot.stop().await
}
