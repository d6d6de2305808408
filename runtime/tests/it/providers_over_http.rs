//! Retries, fallbacks and timeouts over real HTTP, from a running function to a server.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use crate::support::{Function, Result, post_event};

const KEY: (&str, &str) = ("PROMPTPILOT_KEY_OPENAI", "sk-test");

fn chat(text: &str) -> Value {
    json!({
        "id": "c-1", "model": "m-2026",
        "choices": [{ "message": { "content": text }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 1000, "completion_tokens": 10 },
    })
}

fn model(server: &MockServer, name: &str) -> Value {
    json!({ "provider": "openai-chat", "name": name, "key": KEY.0, "base_url": server.uri() })
}

async fn function(settings: Value) -> Result<Function> {
    Function::start("steered", &[("ENDPOINT", &settings.to_string()), KEY]).await
}

/// Answers with each of these once, in order, and then with the last of them.
async fn answers(server: &MockServer, answers: Vec<ResponseTemplate>) {
    let last = answers.len() - 1;
    for (index, answer) in answers.into_iter().enumerate() {
        let mock = Mock::given(method("POST")).respond_with(answer);
        let mock = if index == last { mock } else { mock.up_to_n_times(1) };
        mock.mount(server).await;
    }
}

fn errors(record: &Value) -> Vec<String> {
    let attempts = record["attempts"].as_array().unwrap().iter();
    attempts
        .map(|attempt| {
            let error = attempt["error"].as_str().unwrap_or("ok");
            format!("{} {error}", attempt["status"])
        })
        .collect()
}

#[tokio::test]
async fn what_may_pass_is_asked_again_and_counted() -> Result<()> {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after-ms", "20");
    answers(&server, vec![busy, ResponseTemplate::new(500), ok("Hi")]).await;
    let function = function(json!({ "models": [model(&server, "m")] })).await?;

    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let answer = function.invoke(post_event(&[("traceparent", trace)], "{\"text\":\"x\"}")).await?;
    assert_eq!(answer.json(), json!({ "text": "Hi" }));
    assert_eq!(answer.header("x-promptpilot-model"), "m-2026");
    assert_eq!(answer.header("x-promptpilot-cost-usd"), "0.003150");

    let record = function.record().await?;
    assert_eq!(errors(&record), ["429 rate-limited", "500 status", "200 ok"]);
    assert_eq!(record["cost_micro_usd"], 3150);
    assert_eq!(record["estimated"], false);
    assert!(record["backoff_us"].as_u64().unwrap() >= 20_000);
    for request in server.received_requests().await.unwrap() {
        assert_eq!(request.headers["authorization"], "Bearer sk-test");
        assert_eq!(request.headers["traceparent"], trace);
    }
    Ok(())
}

fn ok(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(chat(text))
}

#[tokio::test]
async fn what_will_not_pass_goes_to_the_next_model_at_once() -> Result<()> {
    let (first, second) = (MockServer::start().await, MockServer::start().await);
    let no_money = json!({ "error": { "code": "insufficient_quota", "message": "No money" } });
    answers(&first, vec![ResponseTemplate::new(429).set_body_json(no_money)]).await;
    answers(&second, vec![ok("Hi")]).await;
    let function = function(json!({ "models": [model(&first, "a"), model(&second, "b")] })).await?;
    assert_eq!(function.call(json!({ "text": "x" })).await?.json(), json!({ "text": "Hi" }));
    let record = function.record().await?;
    assert_eq!(errors(&record), ["429 no-money", "200 ok"]);
    assert_eq!(record["model"], "b");
    Ok(())
}

#[tokio::test]
async fn calls_are_shared_out_and_a_user_stays_with_one_model() -> Result<()> {
    let split = json!({ "name": "echo", "percent": 50 });
    let settings = json!({ "models": [{ "name": "lorem" }], "splits": [split] });
    let function = function(settings).await?;
    let mut seen = std::collections::BTreeMap::new();
    for call in 0..40 {
        let user = format!("user {}", call % 20);
        let event = post_event(&[("x-promptpilot-user", &user)], "{\"text\":\"x\"}");
        assert_eq!(function.invoke(event).await?.status, 200);
        let model = function.record().await?["model"].as_str().unwrap().to_owned();
        let before = seen.entry(user).or_insert_with(|| model.clone());
        assert_eq!(*before, model, "sticky");
    }
    let echoes = seen.values().filter(|model| *model == "echo").count();
    assert!((1..20).contains(&echoes), "both answer: {echoes} of 20");
    Ok(())
}

#[tokio::test]
async fn a_provider_in_an_outage_is_left_out_after_a_few_calls() -> Result<()> {
    let (first, second) = (MockServer::start().await, MockServer::start().await);
    answers(&first, vec![ResponseTemplate::new(503)]).await;
    answers(&second, vec![ok("Hi")]).await;
    let models = json!([model(&first, "a"), model(&second, "b")]);
    let function = function(json!({ "retries": 0, "models": models })).await?;
    for call in 0..5 {
        assert_eq!(function.call(json!({ "text": "x" })).await?.json(), json!({ "text": "Hi" }));
        let asked = function.record().await?["attempts"].as_array().unwrap().len();
        assert_eq!(asked, if call < 3 { 2 } else { 1 }, "call {call}");
    }
    assert_eq!(first.received_requests().await.unwrap().len(), 3);
    Ok(())
}

#[tokio::test]
async fn when_all_have_failed_the_caller_learns_why_and_nothing_secret() -> Result<()> {
    let server = MockServer::start().await;
    let body = json!({ "error": { "message": "Incorrect API key provided: sk-test" } });
    answers(&server, vec![ResponseTemplate::new(401).set_body_json(body)]).await;
    let nobody = json!({ "provider": "openai-compatible", "base_url": "http://127.0.0.1:9" });
    let settings = json!({ "retries": 1, "models": [model(&server, "a"), nobody] });
    let function = function(settings).await?;
    let answer = function.call(json!({ "text": "x" })).await?;
    assert_eq!(answer.status, 502);
    let problem = answer.json();
    assert_eq!(problem["type"], "urn:promptpilot:problem:provider-failed");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.starts_with("openai answered 401: Incorrect API key provided: [key]; then "));
    assert!(detail.contains("openai-compatible: could not connect to 127.0.0.1: "), "{detail}");
    assert!(!function.record().await?.to_string().contains("sk-test"));
    Ok(())
}

#[tokio::test]
async fn a_wait_that_does_not_fit_is_not_waited() -> Result<()> {
    let server = MockServer::start().await;
    let later = |wait| ResponseTemplate::new(503).insert_header("retry-after", wait);
    answers(&server, vec![later("60"), later("18000000000000000000")]).await;
    let function = function(json!({ "models": [model(&server, "m")] })).await?;
    for _ in 0..2 {
        let begun = Instant::now();
        assert_eq!(function.call(json!({ "text": "x" })).await?.status, 502);
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    Ok(())
}

#[tokio::test]
async fn a_call_ends_at_its_timeout_or_before_the_platforms() -> Result<()> {
    let server = MockServer::start().await;
    answers(&server, vec![ok("late").set_delay(Duration::from_secs(30))]).await;
    let own = function(json!({ "timeout_ms": 300, "models": [model(&server, "m")] })).await?;
    let answer = own.call(json!({ "text": "x" })).await?;
    assert_eq!(
        (answer.status, &answer.json()["type"]),
        (504, &json!("urn:promptpilot:problem:timeout"))
    );
    let record = own.record().await?;
    assert_eq!(errors(&record), ["null timeout"]);
    assert_eq!(record["estimated"], true);

    let function = function(json!({ "models": [model(&server, "m")] })).await?;
    let begun = Instant::now();
    let event = post_event(&[], "{\"text\":\"x\"}");
    assert_eq!(function.hand(event, 1500).await?.status, 504);
    let elapsed = begun.elapsed();
    assert!(elapsed > Duration::from_millis(900) && elapsed < Duration::from_millis(1500));
    Ok(())
}

#[tokio::test]
async fn an_unfit_answer_is_asked_for_again_once() -> Result<()> {
    let server = MockServer::start().await;
    let bad = "{\"keywords\":[],\"mood\":\"fair\"}";
    let good = "{\"keywords\":[\"a\"],\"mood\":\"good\",\"more\":1}";
    answers(&server, vec![ok(bad), ok(good)]).await;
    let function = function(json!({ "json": true, "models": [model(&server, "m")] })).await?;
    let answer = function.call(json!({ "text": "x" })).await?;
    assert_eq!(answer.json(), json!({ "keywords": ["a"], "mood": "good" }));
    let record = function.record().await?;
    assert_eq!((&record["repaired"], &record["tokens_in"]), (&json!(true), &json!(2000)));

    let requests = server.received_requests().await.unwrap();
    let repair: Value = serde_json::from_slice(&requests[1].body)?;
    assert_eq!(repair["messages"][2], json!({ "role": "assistant", "content": bad }));
    let asked = repair["messages"][3]["content"].as_str().unwrap();
    assert!(asked.contains("- /mood: must be one of `good`, `bad`"), "{asked}");
    assert_eq!(repair["response_format"]["json_schema"]["strict"], true);
    Ok(())
}

#[tokio::test]
async fn a_model_without_structured_output_is_told_the_schema_and_checked() -> Result<()> {
    let server = MockServer::start().await;
    let good = "```json\n{\"keywords\":[\"a\"],\"mood\":\"good\"}\n```";
    answers(&server, vec![ok("Gladly!"), ok(good)]).await;
    let mut model = model(&server, "m");
    model["holds_to_schema"] = json!(false);
    let function = function(json!({ "json": true, "models": [model] })).await?;
    let answer = function.call(json!({ "text": "x" })).await?;
    assert_eq!(answer.json(), json!({ "keywords": ["a"], "mood": "good" }));
    assert_eq!(function.record().await?["repaired"], json!(true));
    for request in server.received_requests().await.unwrap() {
        let body: Value = serde_json::from_slice(&request.body)?;
        assert_eq!(body.get("response_format"), None);
        assert_eq!(body["messages"][0]["content"], "Be brief.");
        let told = &body["messages"][1];
        assert_eq!(told["role"], "developer");
        assert!(told["content"].as_str().unwrap().contains("\"enum\":[\"good\",\"bad\"]"));
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_stays_unfit_and_a_refusal_have_their_own_types() -> Result<()> {
    let server = MockServer::start().await;
    answers(&server, vec![ok("No JSON at all")]).await;
    let function_of = |models: Value| function(json!({ "json": true, "models": models }));
    let unfit = function_of(json!([model(&server, "m")])).await?;
    let answer = unfit.call(json!({ "text": "x" })).await?;
    assert_eq!(
        (answer.status, &answer.json()["type"]),
        (502, &json!("urn:promptpilot:problem:answer-invalid"))
    );
    assert_eq!(errors(&unfit.record().await?), ["200 ok", "200 ok"]);

    let refused = function_of(json!([{ "name": "refuse" }])).await?;
    let answer = refused.call(json!({ "text": "x" })).await?;
    assert_eq!(
        (answer.status, &answer.json()["type"]),
        (502, &json!("urn:promptpilot:problem:provider-refused"))
    );
    assert_eq!(refused.record().await?["finish"], "refusal");
    Ok(())
}

#[tokio::test]
async fn a_key_no_header_may_hold_is_said_to_be_one() -> Result<()> {
    let server = MockServer::start().await;
    let settings = json!({ "models": [model(&server, "m")] }).to_string();
    let more = [("ENDPOINT", settings.as_str()), (KEY.0, "sk-\u{1}")];
    let function = Function::start("steered", &more).await?;
    let answer = function.call(json!({ "text": "x" })).await?;
    assert!(
        answer.json()["detail"].as_str().unwrap().contains("`authorization` holds a character")
    );
    Ok(())
}

#[tokio::test]
async fn connections_are_reused() -> Result<()> {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/chat/completions"))
        .and(header("user-agent", concat!("promptpilot/", env!("CARGO_PKG_VERSION"))))
        .respond_with(ok("Hi"))
        .expect(3)
        .mount(&server)
        .await;
    let function = function(json!({ "models": [model(&server, "m")] })).await?;
    for _ in 0..3 {
        assert_eq!(function.call(json!({ "text": "x" })).await?.status, 200);
    }
    Ok(())
}

/// Answers the first request after `slow`, and the others at once.
async fn slow_at_first(server: &MockServer, slow: u64, first: ResponseTemplate) {
    let first = first.set_delay(Duration::from_millis(slow));
    answers(server, vec![first, ok("fast")]).await;
}

#[tokio::test]
async fn a_silent_model_is_asked_a_second_time_and_the_faster_one_answers() -> Result<()> {
    let server = MockServer::start().await;
    slow_at_first(&server, 20_000, ok("slow")).await;
    let settings = json!({ "hedge_ms": 100, "models": [model(&server, "m")] });
    let function = function(settings).await?;
    let answer = function.call(json!({ "text": "x" })).await?;
    assert_eq!(answer.json(), json!({ "text": "fast" }));
    let record = function.record().await?;
    assert_eq!(errors(&record), ["null cancelled", "200 ok"]);
    assert_eq!((&record["estimated"], &record["backoff_us"]), (&json!(true), &json!(0)));
    let durations: Vec<u64> = record["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["duration_us"].as_u64().unwrap())
        .collect();
    assert!(durations[0] >= durations[1] + 100_000, "{durations:?}");
    let total = record["total_us"].as_u64().unwrap();
    let parts = ["provider_us", "overhead_us", "backoff_us"];
    assert_eq!(total, parts.iter().map(|part| record[part].as_u64().unwrap()).sum::<u64>());
    Ok(())
}

#[tokio::test]
async fn a_model_that_answers_in_time_is_asked_once() -> Result<()> {
    let server = MockServer::start().await;
    answers(&server, vec![ok("Hi")]).await;
    let settings = json!({ "hedge_ms": 15_000, "models": [model(&server, "m")] });
    let function = function(settings).await?;
    assert_eq!(function.call(json!({ "text": "x" })).await?.json(), json!({ "text": "Hi" }));
    assert_eq!(errors(&function.record().await?), ["200 ok"]);
    Ok(())
}

#[tokio::test]
async fn of_two_attempts_one_may_fail() -> Result<()> {
    let server = MockServer::start().await;
    let late = ok("late").set_delay(Duration::from_millis(600));
    answers(&server, vec![late, ResponseTemplate::new(500)]).await;
    let settings = json!({ "hedge_ms": 100, "retries": 0, "models": [model(&server, "m")] });
    let function = function(settings).await?;
    assert_eq!(function.call(json!({ "text": "x" })).await?.json(), json!({ "text": "late" }));
    assert_eq!(errors(&function.record().await?), ["200 ok", "500 status"]);
    Ok(())
}

#[tokio::test]
async fn of_two_streams_the_caller_reads_one() -> Result<()> {
    let server = MockServer::start().await;
    let stream = |text: &str| {
        let chunk =
            json!({ "choices": [{ "delta": { "content": text }, "finish_reason": "stop" }] });
        let body = format!("data: {chunk}\n\ndata: [DONE]\n\n");
        ResponseTemplate::new(200).set_body_raw(body, "text/event-stream")
    };
    let slow = stream("slow").set_delay(Duration::from_secs(20));
    answers(&server, vec![slow, stream("fast")]).await;
    let settings = json!({ "hedge_ms": 100, "models": [model(&server, "m")] });
    let function = function(settings).await?;
    let answer = function.stream(json!({ "text": "x" })).await?;
    let texts: Vec<_> = answer
        .events()
        .iter()
        .filter_map(|(_, it)| it["text"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(texts, ["fast"]);
    let record = function.record().await?;
    assert_eq!(errors(&record), ["null cancelled", "200 ok"]);
    assert!(record["first_token_us"].as_u64().unwrap() >= 100_000);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_none_is_told_from_one() -> Result<()> {
    let filtered = json!({ "choices": [{ "message": {}, "finish_reason": "content_filter" }] });
    let page = ResponseTemplate::new(200).set_body_raw("<html>Welcome</html>", "text/html");
    for (template, problem, says) in [
        (
            ResponseTemplate::new(200).set_body_json(json!({ "choices": [] })),
            "failed",
            "holds none",
        ),
        (ResponseTemplate::new(200).set_body_json(filtered), "refused", "refused to answer"),
        (page, "failed", "with a web page: is `base_url` right?"),
        (ResponseTemplate::new(200).set_body_string("oops"), "failed", "could not be read"),
    ] {
        let server = MockServer::start().await;
        answers(&server, vec![template]).await;
        let function = function(json!({ "models": [model(&server, "m")] })).await?;
        let plain = function.call(json!({ "text": "x" })).await?;
        let kind = format!("urn:promptpilot:problem:provider-{problem}");
        assert_eq!((plain.status, &plain.json()["type"]), (502, &json!(kind)), "{says}");
        let detail = plain.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(says), "{detail}");
        assert_eq!(function.record().await?["attempts"].as_array().unwrap().len(), 1, "{says}");
    }
    Ok(())
}

#[tokio::test]
async fn what_was_answered_without_a_count_has_an_unknown_cost() -> Result<()> {
    let server = MockServer::start().await;
    let mut untold = chat("Hi");
    untold.as_object_mut().unwrap().remove("usage");
    let mut long = chat("Hi");
    long["usage"] = json!({ "prompt_tokens": 300_000, "completion_tokens": 10 });
    let body = |body| ResponseTemplate::new(200).set_body_json(body);
    answers(&server, vec![body(untold), body(long)]).await;
    let function = function(json!({ "models": [model(&server, "m")] })).await?;
    let answer = function.call(json!({ "text": "x" })).await?;
    assert_eq!((answer.status, answer.header("x-promptpilot-cost-usd")), (200, ""));
    let record = function.record().await?;
    assert_eq!((&record["cost_micro_usd"], &record["estimated"]), (&Value::Null, &json!(true)));

    // A long prompt costs more, all of it.
    let answer = function.call(json!({ "text": "x" })).await?;
    assert_eq!(answer.header("x-promptpilot-cost-usd"), "1.800225");
    Ok(())
}
