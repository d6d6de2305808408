//! Prompts run live: what comes of them, what is refused, and that who goes away ends them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::support::{
    Failure, Outcome,
    person::kind,
    pilot::{Pilot, TOKEN},
};

fn on(model: &str, template: &str) -> Value {
    json!({
        "prompt": { "template": template },
        "model": { "provider": "sandbox", "name": model },
    })
}

async fn call(pilot: &Pilot, id: &Value) -> Result<Value, Failure> {
    let calls = pilot.get("/api/calls").await?;
    let mut calls = calls["items"].as_array().unwrap().iter();
    Ok(calls.find(|call| call["call_id"] == *id).cloned().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_prompt_and_one_just_written_run_side_by_side() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let content = json!({
        "prompt": { "system": "Be brief.", "template": "Greet {{ name }}" },
        "model": { "provider": "sandbox", "name": "echo" },
        "values": { "name": "Ada" },
    });
    pilot.post("/api/prompts", json!({ "name": "chat/greet", "content": content })).await?;
    let kept = json!({ "prompt": { "use": "chat/greet@1" } });
    let body = json!({ "variants": [kept, on("echo", "Hi"), on("fail-500", "Hi")] });
    let (status, answer) = pilot.post("/api/llm/execute", body).await?;
    assert_eq!(status, 200, "{answer}");
    let [first, second, third] = answer["results"].as_array().unwrap().as_slice() else {
        panic!("{answer}")
    };
    assert!(first["text"].as_str().unwrap().contains("Greet Ada"), "{first}");
    assert_eq!((&first["prompt_version"], &first["cost_usd"]), (&json!(1), &json!("0.000000")));
    assert!(first["usage"]["tokens_in"].as_u64().unwrap() > 0, "{first}");
    assert!(second["text"].as_str().unwrap().contains("Hi"), "{second}");
    assert_eq!(
        (&third["error"]["type"], &third["text"]),
        (&json!("provider-failed"), &Value::Null)
    );

    let kept = call(&pilot, &first["call"]).await?;
    assert_eq!(
        (&kept["source"], &kept["endpoint_name"]),
        (&json!("studio"), &json!("chat/greet@1"))
    );
    assert_eq!((&kept["status"], &kept["tokens_in"]), (&json!(200), &first["usage"]["tokens_in"]));
    assert_eq!(call(&pilot, &third["call"]).await?["error_type"], "provider-failed");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn as_events_each_variant_tells_what_it_writes_and_then_what_came_of_it() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let body = json!({
        "variants": [on("echo", "A story about {{ hero }}"), on("refuse", "Hi")],
        "values": { "hero": "a fox" },
    });
    let request = pilot.client.post(format!("{}/api/llm/execute", pilot.url)).bearer_auth(TOKEN);
    let response = request.header("accept", "text/event-stream").json(&body).send().await?;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut told, mut ended) = (String::new(), Vec::new());
    for block in response.text().await?.split("\n\n").filter(|block| block.contains("event: ")) {
        let line = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        let data: Value = serde_json::from_str(line("data: ").unwrap())?;
        match line("event: ").unwrap() {
            "delta" if data["variant"] == 0 => told.push_str(data["text"].as_str().unwrap()),
            "delta" => {}
            name => ended.push((name.to_owned(), data)),
        }
    }
    ended.sort_by_key(|(_, data)| data["variant"].as_u64());
    let [(done, first), (error, second)] = ended.as_slice() else { panic!("{ended:?}") };
    assert_eq!((done.as_str(), error.as_str()), ("done", "error"));
    assert_eq!(first["text"], told);
    assert!(told.contains("A story about a fox"), "{told}");
    assert!(first["first_token_ms"].as_f64().unwrap() <= first["latency_ms"].as_f64().unwrap());
    assert_eq!(second["error"]["type"], "provider-refused", "{second}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_before_all_is_in_order() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let new = json!({ "name": "greet", "content": { "prompt": { "template": "Hi {{ name }}" } } });
    pilot.post("/api/prompts", new).await?;
    let by = |reference: &str| json!({ "prompt": { "use": reference } });
    let with = |model: Value| json!({ "prompt": { "template": "Hi" }, "model": model });
    for (variant, status, problem, words) in [
        (by("gret"), 404, "prompt-not-found", "did you mean `greet`?"),
        (by("greet@7"), 404, "version-not-found", "newest version is 1"),
        (by("greet@production"), 404, "label-not-found", ""),
        (by("greet"), 422, "run-invalid", "give `model`"),
        (on("echo", "Hi {{ name"), 422, "run-invalid", ""),
        (with(json!({ "provider": "openai", "name": "gpt-4o-mini" })), 422, "run-invalid", ""),
        (
            with(json!({ "provider": "bedrock", "name": "x", "region": "eu-central-1" })),
            422,
            "run-invalid",
            "",
        ),
        (
            with(json!({ "provider": "sandbox", "name": "echo", "temperature": 9 })),
            422,
            "run-invalid",
            "",
        ),
    ] {
        let body = json!({ "variants": [on("echo", "Hi"), variant] });
        let refused = pilot.post("/api/llm/execute", body).await?;
        assert_eq!(kind(&refused), (status, problem), "{}", refused.1);
        assert_eq!(refused.1["variant"], 1);
        let hint = refused.1["hint"].as_str().unwrap_or_default();
        assert!(hint.contains(words), "{}", refused.1);
    }
    for variants in [json!([]), json!(vec![on("echo", "Hi"); 5])] {
        let refused = pilot.post("/api/llm/execute", json!({ "variants": variants })).await?;
        assert_eq!(kind(&refused), (422, "run-invalid"));
    }
    assert_eq!(pilot.get("/api/calls").await?["items"], json!([]));

    // A value that is missing is the run's own affair.
    let missing = on("echo", "Hi {{ name }}");
    let (_, answer) = pilot.post("/api/llm/execute", json!({ "variants": [missing] })).await?;
    assert_eq!(answer["results"][0]["error"]["type"], "prompt-failed", "{answer}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_ends_the_call_at_the_provider() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let key = json!({ "provider": "openai-compatible", "secret": "sk-of-this-test" });
    pilot.request(reqwest::Method::PUT, "/api/provider-credentials", Some(key)).await?;
    let provider = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}/v1", provider.local_addr()?);
    for streams in [true, false] {
        let model = json!({
            "provider": "openai-compatible", "name": "slow", "base_url": base_url,
            "credential": "default",
        });
        let variant = json!({ "prompt": { "template": "Hi" }, "model": model });
        let url = format!("{}/api/llm/execute", pilot.url);
        let request = pilot.client.post(url).bearer_auth(TOKEN);
        let request = request.header("accept", if streams { "text/event-stream" } else { "*/*" });
        let asking = tokio::spawn(request.json(&json!({ "variants": [variant] })).send());
        let (mut connection, _) = provider.accept().await?;
        let mut sent = String::new();
        while !sent.contains("\r\n\r\n") {
            let mut bytes = [0; 4096];
            let read = connection.read(&mut bytes).await?;
            sent.push_str(std::str::from_utf8(&bytes[..read])?);
        }
        assert!(sent.to_lowercase().contains("authorization: bearer sk-of-this-test"), "{sent}");
        // A stream has begun by now, and its reader drops it; the other one is still waited for.
        if streams {
            drop(asking.await??);
        } else {
            asking.abort();
        }
        let mut rest = Vec::new();
        let closed =
            tokio::time::timeout(Duration::from_secs(5), connection.read_to_end(&mut rest));
        closed.await??;

        let began = Instant::now();
        let wanted = if streams { 1 } else { 2 };
        loop {
            let calls = pilot.get("/api/calls?status=499").await?;
            if calls["items"].as_array().unwrap().len() == wanted {
                assert_eq!(calls["items"][0]["error_type"], "caller-gone");
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(5), "the run was not written down");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    pilot.stop().await
}
