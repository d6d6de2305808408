//! Prompts executed with API keys: what opens them, what comes back, and what is written down.

mod answers;
mod budgets;
mod chat;
mod guards;

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Failure, Outcome, pilot::Pilot};

/// A prompt that the sandbox echoes, with the label `production` on its first version.
async fn greet(pilot: &Pilot) -> Outcome {
    let content = json!({
        "prompt": { "system": "Be brief.", "template": "Greet {{ name }}" },
        "model": { "provider": "sandbox", "name": "echo" },
        "values": { "name": "nobody in particular" },
    });
    prompt(pilot, "chat/greet", content).await
}

async fn prompt(pilot: &Pilot, name: &str, content: Value) -> Outcome {
    let new = json!({ "name": name, "content": content });
    let (status, made) = pilot.post("/api/prompts", new).await?;
    assert_eq!(status, 201, "{made}");
    let path = format!("/api/prompts/{}/labels/production", name.replace('/', "%2F"));
    let (status, moved) = pilot.request(Method::PUT, &path, Some(json!({ "version": 1 }))).await?;
    assert!(status.is_success(), "{moved}");
    Ok(())
}

/// A key; by default for all prompts.
async fn key(pilot: &Pilot, more: Value) -> Result<String, Failure> {
    let mut new = json!({ "name": uuid::Uuid::now_v7().to_string()[9..], "prompts": "all" });
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, key) = pilot.post("/api/api-keys", new).await?;
    assert_eq!(status, 201, "{key}");
    Ok(key["key"].as_str().unwrap().to_owned())
}

async fn send(pilot: &Pilot, key: &str, path: &str, body: &Value) -> Result<Response, Failure> {
    let request = pilot.client.post(format!("{}{path}", pilot.url)).bearer_auth(key);
    Ok(request.json(body).send().await?)
}

/// Status and body of an answer.
async fn ask(pilot: &Pilot, key: &str, path: &str, body: Value) -> Result<(u16, Value), Failure> {
    let response = send(pilot, key, path, &body).await?;
    Ok((response.status().as_u16(), response.json().await?))
}

/// The records of calls, the newest first.
async fn calls(pilot: &Pilot) -> Result<Vec<Value>, Failure> {
    let calls = pilot.get("/api/calls").await?;
    Ok(calls["items"].as_array().unwrap().clone())
}

/// Waits until a call with this status has been written down.
async fn written(pilot: &Pilot, status: u16) -> Result<Value, Failure> {
    let began = Instant::now();
    loop {
        if let Some(call) = calls(pilot).await?.into_iter().find(|it| it["status"] == status) {
            return Ok(call);
        }
        assert!(began.elapsed() < Duration::from_secs(5), "no call with {status} was written down");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The events of a stream, each with its name.
fn events(text: &str) -> Vec<(String, Value)> {
    let line = |block: &str, name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned)
    };
    let blocks = text.split("\n\n").filter(|block| block.contains("data: "));
    blocks
        .map(|block| {
            let name = line(block, "event: ").unwrap_or_default();
            let data = line(block, "data: ").unwrap();
            (name, serde_json::from_str(&data).unwrap_or(Value::String(data)))
        })
        .collect()
}
