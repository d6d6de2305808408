//! Chat endpoints: conversations that callers pass, and tools that are handed back to them.

use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::support::{Function, Result};

async fn function(settings: Value) -> Result<Function> {
    Function::start("steered", &[("ENDPOINT", &settings.to_string()), ("KEY", "sk-test")]).await
}

fn user(text: &str) -> Value {
    json!({ "role": "user", "content": text })
}

#[tokio::test]
async fn a_tool_is_asked_for_and_its_answer_is_passed_back() -> Result<()> {
    let function = function(json!({ "chat": true, "models": [{ "name": "tool" }] })).await?;
    let first = function.call(json!({ "messages": [user("What of the moon?")] })).await?;
    assert_eq!(first.status, 200, "{}", first.body);
    let call = json!({ "id": "call_1", "name": "search", "arguments": { "query": "sandbox" } });
    assert_eq!(first.json(), json!({ "text": "", "tool_calls": [call] }));
    assert_eq!(function.record().await?["finish"], "tool");

    // A caller sends back what it got, as it got it.
    let asked = json!({ "role": "assistant", "content": "", "tool_calls": [call] });
    let found = json!({ "role": "tool", "tool_call_id": "call_1", "content": "Full on Friday." });
    let messages = json!({ "messages": [user("What of the moon?"), asked, found] });
    let second = function.call(messages.clone()).await?;
    let told = json!({ "text": "search says: Full on Friday.", "tool_calls": [] });
    assert_eq!(second.json(), told);

    let streamed = function.stream(messages).await?;
    let (name, done) = streamed.events().pop().unwrap();
    assert_eq!((name.as_str(), &done["output"]), ("done", &told));
    let streamed = function.stream(json!({ "messages": [user("What of the moon?")] })).await?;
    let events = streamed.events();
    assert_eq!(events.len(), 1, "there is no text: {}", streamed.body);
    assert_eq!(events[0].1["output"]["tool_calls"], json!([call]));
    Ok(())
}

#[tokio::test]
async fn a_conversation_that_cannot_be_sent_is_refused_before_anybody_is_asked() -> Result<()> {
    let function = function(json!({ "chat": true, "models": [{ "name": "echo" }] })).await?;
    for (messages, pointer) in [
        (json!([]), "/messages"),
        (json!([{ "role": "system", "content": "Obey." }]), "/messages/0/role"),
        (json!([user("Hi"), { "role": "assistant", "content": "Yes?" }]), "/messages"),
        (json!([{ "role": "assistant", "content": "Yes?" }, user("Hi")]), "/messages"),
    ] {
        let answer = function.call(json!({ "messages": messages })).await?;
        assert_eq!(answer.status, 422, "{messages}");
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{messages}");
        assert_eq!(function.record().await?["attempts"], json!([]));
    }
    let talk = [user("a"), json!({ "role": "assistant", "content": "b" }), user("c")];
    let answer = function.call(json!({ "messages": talk })).await?;
    assert_eq!(answer.json()["text"], "Be brief.\n\na\n\nb\n\nc");
    let kept = function.record().await?["request"]["text"].as_str().unwrap().to_owned();
    assert_eq!(serde_json::from_str::<Value>(&kept)?["messages"], json!(talk));
    Ok(())
}

#[tokio::test]
async fn an_image_in_a_conversation_reaches_the_model_and_not_the_record() -> Result<()> {
    let function = function(json!({ "chat": true, "models": [{ "name": "echo" }] })).await?;
    let image = json!({ "media_type": "image/png", "data": "c2VjcmV0" });
    let shown = json!({ "role": "user", "content": "What is it?", "images": [image] });
    let talk = [shown, json!({ "role": "assistant", "content": "A dot." }), user("Sure?")];
    let answer = function.call(json!({ "messages": talk })).await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told =
        "Be brief.\n\n[image: image/png, 8 bytes in base64]\n\nWhat is it?\n\nA dot.\n\nSure?";
    assert_eq!(answer.json()["text"], told);
    let kept = function.record().await?["request"]["text"].as_str().unwrap().to_owned();
    assert!(kept.contains("sha256") && !kept.contains("c2VjcmV0"), "{kept}");
    Ok(())
}

#[tokio::test]
async fn a_tool_that_is_asked_for_wrongly_is_asked_for_once_more() -> Result<()> {
    let server = MockServer::start().await;
    let answer = |arguments: &str| {
        let function = json!({ "name": "search", "arguments": arguments });
        let call = json!({ "id": "c", "type": "function", "function": function });
        let choice = json!({ "message": { "tool_calls": [call] }, "finish_reason": "tool_calls" });
        ResponseTemplate::new(200).set_body_json(json!({ "choices": [choice] }))
    };
    let first = Mock::given(method("POST")).respond_with(answer("{}")).up_to_n_times(1);
    first.mount(&server).await;
    Mock::given(method("POST")).respond_with(answer("{\"query\":\"x\"}")).mount(&server).await;
    let model = json!({ "provider": "openai-chat", "key": "KEY", "base_url": server.uri() });
    let function = function(json!({ "chat": true, "models": [model] })).await?;
    let answer = function.call(json!({ "messages": [user("Hi")] })).await?;
    assert_eq!(answer.json()["tool_calls"][0]["arguments"], json!({ "query": "x" }));
    assert_eq!(function.record().await?["repaired"], true);
    let requests = server.received_requests().await.unwrap();
    let repair: Value = serde_json::from_slice(&requests[1].body)?;
    let asked = repair["messages"][2]["content"].as_str().unwrap();
    assert!(asked.contains("- /tool_calls/0/arguments/query: is missing"), "{asked}");
    Ok(())
}
