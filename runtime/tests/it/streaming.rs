//! What a streamed call promises, with the sandbox and over HTTP.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{Answer, Function, Result, post_event};

async fn function(settings: Value) -> Result<Function> {
    Function::start("steered", &[("ENDPOINT", &settings.to_string())]).await
}

fn text(answer: &Answer) -> String {
    let events = answer.events().into_iter();
    let deltas = events.filter(|(name, _)| name == "delta");
    deltas.map(|(_, data)| data["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn text_comes_word_by_word_and_ends_with_done() -> Result<()> {
    let function = function(json!({ "models": [{ "name": "lorem" }] })).await?;
    let answer = function.stream(json!({ "text": "x" })).await?;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.header("content-length"), "");
    assert!(text(&answer).starts_with("Lorem ipsum dolor"));
    assert!(answer.events().len() > 30 && answer.pieces.len() > 10, "in many pieces");

    let record = function.record().await?;
    let (name, done) = answer.events().pop().unwrap();
    assert_eq!(name, "done");
    assert_eq!(done["call_id"], record["call_id"]);
    assert_eq!(done["model"], "lorem");
    assert_eq!(done["finish"], "stop");
    assert_eq!(done["usage"]["tokens_out"], record["tokens_out"]);
    assert_eq!(done["cost_usd"], "0.000000");
    assert_eq!(record["streaming"], true);
    assert!(record["first_token_us"].as_u64() < record["total_us"].as_u64());
    assert_eq!(record["status"], 200);
    Ok(())
}

#[tokio::test]
async fn a_json_stream_ends_with_the_validated_object() -> Result<()> {
    let function = function(json!({ "json": true, "models": [{ "name": "short" }] })).await?;
    let answer = function.stream(json!({ "text": "x" })).await?;
    let (_, done) = answer.events().pop().unwrap();
    assert_eq!(done["output"], serde_json::from_str::<Value>(&text(&answer))?);
    assert_eq!(done["output"]["mood"], "good");
    Ok(())
}

#[tokio::test]
async fn before_the_first_delta_a_failure_falls_back_or_is_a_plain_problem() -> Result<()> {
    let models = json!([{ "name": "fail-400" }, { "name": "lorem" }]);
    let falls_back = function(json!({ "models": models })).await?;
    let answer = falls_back.stream(json!({ "text": "x" })).await?;
    assert!(text(&answer).starts_with("Lorem"));

    let fails = function(json!({ "models": [{ "name": "fail-400" }] })).await?;
    let answer = fails.stream(json!({ "text": "x" })).await?;
    assert_eq!(answer.status, 502);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    Ok(())
}

#[tokio::test]
async fn after_it_a_failure_is_an_event_and_nobody_else_is_asked() -> Result<()> {
    let models = json!([{ "name": "stream-break" }, { "name": "lorem" }]);
    let function = function(json!({ "models": models })).await?;
    let answer = function.stream(json!({ "text": "x" })).await?;
    assert_eq!(answer.status, 200);
    let (name, problem) = answer.events().pop().unwrap();
    assert_eq!(name, "error");
    assert_eq!(problem["type"], "urn:promptpilot:problem:provider-failed");
    let record = function.record().await?;
    assert_eq!(record["status"], 502);
    assert_eq!(record["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(record["attempts"][0]["error"], "truncated");
    assert_eq!(record["estimated"], true);
    Ok(())
}

#[tokio::test]
async fn a_panic_in_a_stream_is_a_problem() -> Result<()> {
    let function = function(json!({ "models": [{ "name": "panic" }] })).await?;
    let answer = function.stream(json!({ "text": "x" })).await?;
    assert_eq!((answer.status, function.record().await?["status"].as_u64()), (500, Some(500)));
    Ok(())
}

#[tokio::test]
async fn a_silent_model_gets_the_head_out_after_ten_seconds_and_then_comments() -> Result<()> {
    let models = json!([{ "name": "slow-11000" }]);
    let function = function(json!({ "models": models })).await?;
    let answer = function.stream(json!({ "text": "x" })).await?;
    assert_eq!(answer.status, 200);
    assert!(answer.body.starts_with(": still at work\n\nevent: delta\n"), "{}", answer.body);
    Ok(())
}

#[tokio::test]
async fn a_caller_who_goes_away_ends_the_call_and_is_recorded() -> Result<()> {
    let function = function(json!({ "models": [{ "name": "lorem" }] })).await?;
    function.hang_up(true);
    let headers = [("accept", "text/event-stream")];
    let _unanswered = function.hand(post_event(&headers, "{\"text\":\"x\"}"), 60_000);
    let record = function.record().await?;
    assert_eq!((&record["status"], &record["delivered"]), (&json!(499), &json!("no")));
    assert_eq!(record["attempts"][0]["error"], "cancelled");
    assert_eq!(record["estimated"], true);

    function.hang_up(false);
    let answer = function.stream(json!({ "text": "x" })).await?;
    assert_eq!(answer.status, 200, "the process goes on");
    Ok(())
}

/// A server that sends one byte at a time, in chunks, to a client that must not care.
#[tokio::test]
async fn bytes_may_be_split_anywhere() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await?;
        let mut request = [0; 4096];
        let _ = socket.read(&mut request).await?;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        socket.write_all(head.as_bytes()).await?;
        for byte in include_bytes!("../providers/openai-chat/stream.sse") {
            socket.write_all(&[b'1', b'\r', b'\n', *byte, b'\r', b'\n']).await?;
            socket.flush().await?;
        }
        socket.write_all(b"0\r\n\r\n").await
    });
    let base = format!("http://{address}");
    let models = json!([{ "provider": "openai-compatible", "base_url": base }]);
    let function = function(json!({ "models": models })).await?;
    let headers = [("accept", "text/event-stream")];
    let answer = function.invoke(post_event(&headers, "{\"text\":\"x\"}")).await?;
    assert_eq!(text(&answer), "Grüß dich");
    let (name, done) = answer.events().pop().unwrap();
    assert_eq!((name.as_str(), &done["finish"]), ("done", &json!("length")));
    Ok(())
}
