//! What comes back, whole and as it is written, and what is kept of it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::{
    execution::ask,
    execution::calls,
    execution::events,
    execution::greet,
    execution::key,
    execution::prompt,
    execution::send,
    execution::written,
    support::{Failure, Outcome, person::kind, pilot::Pilot},
};

const GREET: &str = "/v1/prompts/chat%2Fgreet/execute";

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_executed_and_written_down() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    greet(&pilot).await?;
    let key = key(&pilot, json!({})).await?;
    let body = json!({
        "variables": { "name": "Ada" }, "label": "production",
        "user": "u-17", "metadata": { "ticket": 4 },
    });
    let response = send(&pilot, &key, GREET, &body).await?;
    let headers = response.headers().clone();
    let answer: Value = response.json().await?;
    assert_eq!(answer["text"], "Be brief.\n\nGreet Ada", "{answer}");
    assert_eq!(
        (&answer["model"], &answer["cost_usd"], &answer["finish"], &answer["prompt_version"]),
        (&json!("echo"), &json!("0.000000"), &json!("stop"), &json!(1))
    );
    assert_eq!(answer["usage"]["tokens_in"], 5);
    assert!(answer["latency_ms"].as_f64().unwrap() > 0.0 && answer.get("output").is_none());
    assert_eq!(headers["x-promptpilot-call-id"], answer["call_id"].as_str().unwrap());
    assert_eq!(headers["ratelimit-policy"], "\"key\";q=600;w=60");
    assert_eq!(headers["ratelimit"], "\"key\";r=599;t=1");
    assert!(headers.contains_key("x-request-id") && !headers.contains_key("link"));

    let [call]: [Value; 1] = calls(&pilot).await?.try_into().unwrap();
    let keys = pilot.get("/api/api-keys").await?;
    assert_eq!(call["call_id"], answer["call_id"]);
    assert_eq!(call["key_id"], keys["items"][0]["id"]);
    assert_eq!(
        (&call["source"], &call["endpoint_name"], &call["status"]),
        (&json!("prompt"), &json!("chat/greet@production"), &json!(200))
    );
    assert_eq!((&call["user"], &call["metadata"]), (&json!("u-17"), &json!({ "ticket": 4 })));
    let request: Value = serde_json::from_str(call["request"]["text"].as_str().unwrap())?;
    assert_eq!(request, body);
    assert!(call["response"]["text"].as_str().unwrap().contains("Greet Ada"), "{call}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_named_in_the_ways_that_there_are() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    greet(&pilot).await?;
    let content = json!({
        "prompt": { "template": "Welcome {{ name }}" },
        "model": { "provider": "sandbox", "name": "echo" },
    });
    let patch = json!({ "content": content });
    let (_, changed) =
        pilot.request(Method::PATCH, "/api/prompts/chat%2Fgreet", Some(patch)).await?;
    assert_eq!(changed["version"], 2, "{changed}");
    let id = changed["id"].as_str().unwrap();
    let key = key(&pilot, json!({})).await?;
    let by = async |name: &str, more: Value| {
        let mut body = json!({ "variables": { "name": "Ada" } });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ask(&pilot, &key, &format!("/v1/prompts/{name}/execute"), body).await
    };
    for (name, more, version) in [
        ("chat%2Fgreet", json!({}), 2),
        ("chat%2Fgreet", json!({ "version": 1 }), 1),
        ("chat%2Fgreet", json!({ "label": "production" }), 1),
        ("chat%2Fgreet@production", json!({}), 1),
        ("chat%2Fgreet@2", json!({}), 2),
        (id, json!({}), 2),
        (id, json!({ "label": "production" }), 1),
    ] {
        let (status, answer) = by(name, more).await?;
        assert_eq!((status, &answer["prompt_version"]), (200, &json!(version)), "{answer}");
    }
    for (name, more, status, problem) in [
        ("chat%2Fgreet@1", json!({ "version": 1 }), 422, "request-invalid"),
        ("chat%2Fgret", json!({}), 404, "prompt-not-found"),
        ("chat%2Fgreet", json!({ "version": 7 }), 404, "version-not-found"),
        ("chat%2Fgreet", json!({ "label": "nightly" }), 404, "label-not-found"),
        ("Greet!", json!({}), 404, "prompt-not-found"),
        ("chat%2Fgreet", json!({ "values": {} }), 400, "body-invalid"),
        ("chat%2Fgreet?env=nowhere", json!({}), 404, "environment-not-found"),
    ] {
        // The query stands behind the path.
        let (name, query) = name.split_once('?').unwrap_or((name, ""));
        let path = format!("/v1/prompts/{name}/execute?{query}");
        let refused = ask(&pilot, &key, &path, more.clone()).await?;
        assert_eq!(kind(&refused), (status, problem), "{name} {more} {}", refused.1);
        // Nobody was asked, and it is written down all the same.
        let call = calls(&pilot).await?.remove(0);
        assert_eq!(call["call_id"], refused.1["call_id"], "{name} {more}");
        assert_eq!((&call["status"], &call["error_type"]), (&json!(status), &json!(problem)));
        assert_eq!((&call["source"], &call["attempts"]), (&json!("prompt"), &json!([])));
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_key_opens_is_listed_as_models_with_labels_and_without() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    greet(&pilot).await?;
    let content = json!({ "prompt": { "template": "Hello" } });
    pilot.post("/api/prompts", json!({ "name": "unlabelled", "content": content })).await?;
    let listed = async |key: String| {
        let request = pilot.client.get(format!("{}/v1/models", pilot.url)).bearer_auth(key);
        let list: Value = request.send().await?.json().await?;
        let models = list["data"].as_array().unwrap().iter();
        Ok::<_, Failure>(models.map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    let all = ["prompt:chat/greet", "prompt:chat/greet@production", "prompt:unlabelled"];
    assert_eq!(listed(key(&pilot, json!({})).await?).await?, all);
    let narrow = key(&pilot, json!({ "prompts": ["unlabelled"] })).await?;
    assert_eq!(listed(narrow).await?, all[2..]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_is_missing_is_the_callers_to_give() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    greet(&pilot).await?;
    let key = key(&pilot, json!({})).await?;
    let refused = ask(&pilot, &key, GREET, json!({})).await?;
    assert_eq!(kind(&refused), (422, "request-invalid"));
    assert_eq!(refused.1["hint"], "give `variables` `name`", "{}", refused.1);
    let call = written(&pilot, 422).await?;
    assert_eq!(call["error_type"], "request-invalid");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_framed_as_that_of_an_endpoint() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    greet(&pilot).await?;
    let key = key(&pilot, json!({})).await?;
    let body = json!({ "variables": { "name": "Ada" }, "stream": true });
    let response = send(&pilot, &key, GREET, &body).await?;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["ratelimit"], "\"key\";r=599;t=1");
    let call_id = response.headers()["x-promptpilot-call-id"].to_str()?.to_owned();
    let mut events = events(&response.text().await?);
    let (name, done) = events.pop().unwrap();
    assert!(events.len() > 1 && events.iter().all(|(name, _)| name == "delta"), "{events:?}");
    let told: String = events.iter().map(|(_, data)| data["text"].as_str().unwrap()).collect();
    assert_eq!(told, "Be brief.\n\nGreet Ada");
    assert_eq!((name.as_str(), &done["call_id"]), ("done", &json!(call_id)));
    assert_eq!((&done["model"], &done["finish"]), (&json!("echo"), &json!("stop")));
    assert_eq!(done["usage"], json!({ "tokens_in": 5, "tokens_out": 5, "tokens_cached": 0 }));
    assert_eq!((&done["cost_usd"], done.get("text")), (&json!("0.000000"), None));
    let call = written(&pilot, 200).await?;
    assert_eq!((&call["call_id"], &call["streaming"]), (&json!(call_id), &json!(true)));
    assert!(call["first_token_us"].is_u64(), "{call}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_before_the_first_text_has_its_own_status_and_one_after_it_is_an_event() -> Outcome
{
    let pilot = Pilot::without_worker().await?;
    for model in ["fail-500", "refuse", "stream-break", "lorem"] {
        let content = json!({
            "prompt": { "template": "Say [1, 2]" },
            "model": { "provider": "sandbox", "name": model },
        });
        prompt(&pilot, model, content).await?;
    }
    let key = key(&pilot, json!({})).await?;
    let stream = async |name: &str| {
        let path = format!("/v1/prompts/{name}/execute");
        send(&pilot, &key, &path, &json!({ "stream": true })).await
    };
    for (name, problem) in [("fail-500", "provider-failed"), ("refuse", "provider-refused")] {
        let refused = stream(name).await?;
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
        let refused = (refused.status().as_u16(), refused.json().await?);
        assert_eq!(kind(&refused), (502, problem));
        let call = calls(&pilot).await?.remove(0);
        assert_eq!((&call["call_id"], &call["status"]), (&refused.1["call_id"], &json!(502)));
        assert_eq!(call["error_type"], problem);
    }
    let broken = events(&stream("stream-break").await?.text().await?);
    let (name, error) = broken.last().unwrap();
    assert_eq!((name.as_str(), &error["status"]), ("error", &json!(502)));
    assert!(error["type"].as_str().unwrap().ends_with(":provider-failed"), "{error}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_an_idempotency_key_is_made_once() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    greet(&pilot).await?;
    let (ours, other) = (key(&pilot, json!({})).await?, key(&pilot, json!({})).await?);
    let chat = |name: &str| json!({ "model": "prompt:chat/greet", "variables": { "name": name } });
    let send = async |key: &str, path: &str, body: Value| {
        let request = pilot.client.post(format!("{}{path}", pilot.url)).bearer_auth(key);
        let response = request.header("idempotency-key", "17").json(&body).send().await?;
        let status = response.status().as_u16();
        Ok::<_, crate::execution::Failure>((status, response.json::<Value>().await?))
    };
    let (_, first) = send(&ours, "/v1/chat/completions", chat("Ada")).await?;
    let (_, again) = send(&ours, "/v1/chat/completions", chat("Ada")).await?;
    assert_eq!(first["choices"], again["choices"]);
    assert_ne!(first["id"], again["id"]);
    let records = calls(&pilot).await?;
    assert_eq!((&records[0]["attempts"], &records[0]["tokens_in"]), (&json!([]), &json!(0)));
    assert_eq!(records[1]["attempts"].as_array().unwrap().len(), 1);
    // Another request, and another key.
    let (status, reused) = send(&ours, "/v1/chat/completions", chat("Grace")).await?;
    assert_eq!((status, &reused["error"]["code"]), (400, &json!("idempotency-key-reused")));
    let body = json!({ "variables": { "name": "Ada" } });
    assert_eq!(send(&ours, GREET, body.clone()).await?.0, 422);
    assert_eq!(send(&other, GREET, body).await?.1["text"], "Be brief.\n\nGreet Ada");
    // What failed may be tried again.
    let failing = json!({ "variables": {} });
    let third = key(&pilot, json!({})).await?;
    for _ in 0..2 {
        assert_eq!(kind(&send(&third, GREET, failing.clone()).await?), (422, "request-invalid"));
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn json_comes_back_as_a_value_too() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let content = json!({
        "prompt": { "template": "[1, {\"two\": {{ n }}}]" },
        "model": { "provider": "sandbox", "name": "echo" },
    });
    prompt(&pilot, "list", content).await?;
    let key = key(&pilot, json!({})).await?;
    let body = json!({ "variables": { "n": 2 } });
    let (_, answer) = ask(&pilot, &key, "/v1/prompts/list/execute", body).await?;
    assert_eq!(answer["output"], json!([1, { "two": 2 }]), "{answer}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_ends_the_call_at_the_provider() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let secret = json!({ "provider": "openai-compatible", "secret": "sk-of-this-test" });
    pilot.request(Method::PUT, "/api/provider-credentials", Some(secret)).await?;
    let provider = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let content = json!({
        "prompt": { "template": "Hi" },
        "model": {
            "provider": "openai-compatible", "name": "slow", "credential": "default",
            "base_url": format!("http://{}/v1", provider.local_addr()?),
        },
    });
    prompt(&pilot, "slow", content).await?;
    let key = key(&pilot, json!({})).await?;
    let chat = json!({ "model": "prompt:slow" });
    for (path, mut body) in
        [("/v1/prompts/slow/execute", json!({})), ("/v1/chat/completions", chat)]
    {
        for streams in [true, false] {
            body["stream"] = json!(streams);
            let request = pilot.client.post(format!("{}{path}", pilot.url)).bearer_auth(&key);
            let asking = tokio::spawn(request.json(&body).send());
            let (mut connection, _) = provider.accept().await?;
            let mut sent = String::new();
            while !sent.contains("\r\n\r\n") {
                let mut bytes = [0; 4096];
                let read = connection.read(&mut bytes).await?;
                sent.push_str(std::str::from_utf8(&bytes[..read])?);
            }
            let before = calls(&pilot).await?.len();
            // Nothing has been answered yet, streamed or not.
            asking.abort();
            let mut rest = Vec::new();
            let closed =
                tokio::time::timeout(Duration::from_secs(5), connection.read_to_end(&mut rest));
            closed.await??;
            let began = std::time::Instant::now();
            while calls(&pilot).await?.len() == before {
                assert!(began.elapsed() < Duration::from_secs(5), "it was not written down");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let call = calls(&pilot).await?.remove(0);
            assert_eq!((&call["status"], &call["delivered"]), (&json!(499), &json!("no")));
            assert_eq!(
                (&call["error_type"], &call["source"]),
                (&json!("caller-gone"), &json!("prompt"))
            );
        }
    }
    pilot.stop().await
}
