//! What an endpoint promises over HTTP, with the sandbox: requests, pages, problems, records.

use serde_json::{Value, json};

use crate::support::{Function, Result, event, post_event};

#[test]
fn a_function_that_keeps_nothing_is_linked_with_no_store() -> Result<()> {
    let marks = ["DynamoDB_20120810", "/v1/reserve"];
    for (example, keeps) in [("sandbox", false), ("steered", true)] {
        let binary = std::fs::read(crate::support::example(example))?;
        let text = String::from_utf8_lossy(&binary);
        assert_eq!(marks.map(|mark| text.contains(mark)), [keeps; 2], "{example}");
    }
    Ok(())
}

#[tokio::test]
async fn a_call_is_answered_with_the_declared_object_and_recorded() -> Result<()> {
    let function = Function::start("sandbox", &[]).await?;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [
        ("traceparent", trace),
        ("x-promptpilot-user", "ann"),
        ("x-promptpilot-metadata", "{\"ticket\":17}"),
        ("cloudfront-viewer-country", "DE"),
        ("idempotency-key", "k"),
    ];
    let body = json!({ "text": "Der <b>Mond</b> & \"so\"", "bullets": 3 });
    let answer = function.invoke(post_event(&headers, &body.to_string())).await?;

    let prompt = "You are a careful editor.\n\nSummarise for expert:\nDer <b>Mond</b> & \"so\"\nUse 3 bullet points.\n";
    assert_eq!((answer.status, answer.json()), (200, json!({ "text": prompt })));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    assert_eq!(answer.header("x-promptpilot-model"), "echo");
    assert_eq!(answer.header("x-promptpilot-cost-usd"), "0.000000");
    assert_eq!(answer.header("x-promptpilot-version"), "7");
    assert_eq!(answer.header("x-promptpilot-tokens-in"), "24");
    assert!(answer.header("server-timing").starts_with("provider;dur="));
    assert!(answer.header("x-promptpilot-idempotency").starts_with("ignored"));
    let mode = &answer.request_headers["lambda-runtime-function-response-mode"];
    assert_eq!(mode, "streaming");

    let start = function.line().await?;
    let record = function.line().await?;
    assert_eq!(start["kind"], "promptpilot.start");
    assert_eq!(start["call_id"], record["call_id"]);
    assert_eq!(record["call_id"], answer.header("x-promptpilot-call-id"));
    assert_eq!(record["kind"], "promptpilot.call");
    assert_eq!(record["endpoint_version"], 7);
    assert_eq!(record["status"], 200);
    assert_eq!(record["source"], "call");
    assert_eq!(record["user"], "ann");
    assert_eq!(record["metadata"], json!({ "ticket": 17 }));
    assert_eq!(record["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(record["country"], "DE");
    assert_eq!(record["cold_start"], true);
    assert_eq!(record["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(serde_json::from_str::<Value>(record["request"]["text"].as_str().unwrap())?, body);
    let total = record["total_us"].as_u64().unwrap();
    let parts = ["provider_us", "overhead_us", "backoff_us"];
    assert_eq!(total, parts.iter().map(|part| record[part].as_u64().unwrap()).sum::<u64>());

    function.call(json!({ "text": "again" })).await?;
    assert_eq!(function.record().await?["cold_start"], false);
    Ok(())
}

#[tokio::test]
async fn a_bad_request_is_told_all_that_is_wrong_with_it() -> Result<()> {
    let function = Function::start("sandbox", &[]).await?;
    let answer = function.call(json!({ "bullets": 11, "tone": "x" })).await?;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let mut problem = answer.json();
    assert_eq!(problem["call_id"].take(), answer.header("x-promptpilot-call-id"));
    insta::assert_json_snapshot!(problem, @r#"
    {
      "type": "urn:promptpilot:problem:request-invalid",
      "title": "The request does not fit the declared fields",
      "status": 422,
      "detail": "3 things are wrong with the request",
      "call_id": null,
      "errors": [
        {
          "pointer": "/bullets",
          "detail": "must be at most 10"
        },
        {
          "pointer": "/text",
          "detail": "is missing"
        },
        {
          "pointer": "/tone",
          "detail": "is no field: there are `audience`, `bullets`, `text`"
        }
      ]
    }
    "#);
    let record = function.record().await?;
    assert_eq!(
        (&record["status"], &record["error_type"]),
        (&json!(422), &json!("request-invalid"))
    );
    assert_eq!(record["attempts"], json!([]));
    assert_eq!(record["cost_micro_usd"], 0);
    Ok(())
}

#[tokio::test]
async fn every_mistake_has_its_own_status() -> Result<()> {
    let function = Function::start("sandbox", &[]).await?;
    let large = json!({ "text": "x".repeat(300_000) }).to_string();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let json_type = [("content-type", "application/json; charset=utf-8")];
    let metadata = [("x-promptpilot-metadata", "[1]")];
    let cases = [
        (post_event(&[], "{\"text\":"), 400, "body-not-json"),
        (post_event(&metadata, "{}"), 400, "header-invalid"),
        (json!({ "Records": [] }), 400, "event-invalid"),
        (event("POST", "/elsewhere", &json_type, "{}"), 404, "not-found"),
        (event("PUT", "/", &json_type, "{}"), 405, "method-not-allowed"),
        (event("POST", "/health", &json_type, "{}"), 405, "method-not-allowed"),
        (post_event(&[], &large), 413, "body-too-large"),
        (event("POST", "/", &form, "text=x"), 415, "media-type-unsupported"),
        (post_event(&[], "[]"), 422, "request-invalid"),
    ];
    for (event, status, name) in cases {
        let answer = function.invoke(event).await?;
        let problem = answer.json();
        assert_eq!(answer.status, status, "{problem}");
        assert_eq!(problem["type"], format!("urn:promptpilot:problem:{name}"));
        assert_eq!(problem["status"], status);
        if status == 405 {
            assert!(answer.header("allow").contains("GET"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn get_tells_people_and_programs_about_the_endpoint() -> Result<()> {
    let function = Function::start("sandbox", &[]).await?;
    let get = |path, accept| event("GET", path, &[("accept", accept)], "");

    let page = function.invoke(get("/", "text/html,*/*;q=0.8")).await?;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.body.contains("Summarises a text &amp; says &lt;who&gt; for"));
    assert!(page.body.contains("-d '{&quot;text&quot;:&quot;…&quot;}'"), "{}", page.body);

    let about = function.invoke(get("/", "*/*")).await?.json();
    assert_eq!(about["name"], "summarize");
    assert_eq!(about["request"]["audience"], "expert | child (optional)");
    assert_eq!(about["response"], json!({ "text": "string" }));

    let openapi = function.invoke(get("/openapi.json", "*/*")).await?;
    assert_eq!(openapi.json()["openapi"], "3.1.0");

    let health = function.invoke(get("/health", "*/*")).await?;
    assert_eq!((health.status, health.body.as_str()), (204, ""));

    let head = function.invoke(event("HEAD", "/", &[], "")).await?;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    Ok(())
}

#[tokio::test]
async fn pages_of_declared_origins_may_call() -> Result<()> {
    let function = Function::start("sandbox", &[]).await?;
    let ask = |origin| {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        event("OPTIONS", "/", &headers, "")
    };
    let allowed = function.invoke(ask("https://app.example.com")).await?;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example.com");
    assert!(allowed.header("access-control-allow-headers").contains("authorization"));
    assert_eq!(allowed.header("vary"), "origin");

    let other = function.invoke(ask("https://app.example.com.evil.example")).await?;
    assert_eq!(other.status, 403);
    assert_eq!(other.header("access-control-allow-origin"), "");

    let origin = [("origin", "https://app.example.com")];
    let call = function.invoke(post_event(&origin, "{\"text\":\"x\"}")).await?;
    assert_eq!(call.header("access-control-allow-origin"), "https://app.example.com");
    assert!(call.header("access-control-expose-headers").contains("x-promptpilot-call-id"));
    Ok(())
}

#[tokio::test]
async fn the_deployments_own_calls_need_its_token() -> Result<()> {
    let function = Function::start("sandbox", &[]).await?;
    let with = |privilege: Value| {
        let mut event = post_event(&[], "{\"text\":\"x\"}");
        event["promptpilot"] = privilege;
        event
    };
    let answer = function.invoke(with(json!({ "verify": crate::support::TOKEN }))).await?;
    assert_eq!(answer.status, 200);
    assert_eq!(function.record().await?["source"], "verify");

    let as_try = json!({ "verify": crate::support::TOKEN, "source": "try" });
    assert_eq!(function.invoke(with(as_try)).await?.status, 200);
    assert_eq!(function.record().await?["source"], "try");

    for wrong in ["", "the-deployment-toke", "the-deployment-token2"] {
        let answer = function.invoke(with(json!({ "verify": wrong }))).await?;
        assert_eq!(answer.status, 403, "{wrong}");
        assert_eq!(function.record().await?["error_type"], "verify-denied");
    }

    // A caller's body or header of that name is nobody's privilege.
    let body = json!({ "text": "x", "promptpilot": { "verify": crate::support::TOKEN } });
    assert_eq!(function.call(body).await?.status, 422);
    assert_eq!(function.record().await?["source"], "call");
    Ok(())
}

#[tokio::test]
async fn what_is_missing_at_start_is_named_to_the_host() -> Result<()> {
    let function = Function::spawn("sandbox", &[("PROMPTPILOT_STATE_TOKEN", "t")]).await?;
    let (success, error) = function.end().await?;
    let error = error.ok_or("the host was not told")?;
    assert!(!success);
    assert_eq!(error["errorType"], "Runtime.InitError");
    assert_eq!(error["errorMessage"], "the environment variable PROMPTPILOT_DEPLOYMENT is missing");

    let model =
        json!({ "models": [{ "provider": "anthropic", "key": "PROMPTPILOT_KEY_ANTHROPIC" }] });
    let function = Function::start("steered", &[("ENDPOINT", &model.to_string())]).await?;
    let (success, error) = function.end().await?;
    let error = error.ok_or("the host was not told")?;
    assert!(!success);
    assert_eq!(
        error["errorMessage"],
        "the environment variable PROMPTPILOT_KEY_ANTHROPIC is missing"
    );
    Ok(())
}

#[tokio::test]
async fn an_event_that_is_none_is_told_to_the_host_and_the_next_is_answered() -> Result<()> {
    let function = Function::start("sandbox", &[]).await?;
    let told = function.failure(json!("no object")).await?;
    assert_eq!(told["errorType"], "Runtime.InvalidEvent");
    let message = told["errorMessage"].as_str().unwrap_or_default();
    assert!(message.starts_with("the event cannot be read: "), "{message}");
    assert_eq!(function.invoke(event("GET", "/health", &[], "")).await?.status, 204);
    Ok(())
}

#[tokio::test]
async fn a_panic_ends_one_call_and_no_other() -> Result<()> {
    let models = json!({ "models": [{ "name": "slow-400" }] }).to_string();
    let more = [("ENDPOINT", models.as_str()), ("AWS_LAMBDA_MAX_CONCURRENCY", "16")];
    let function = Function::start("panicking", &more).await?;
    let call =
        |text: &str| function.hand(post_event(&[], &json!({ "text": text }).to_string()), 60_000);
    let others: Vec<_> = (0..15).map(|_| call("fine")).collect();
    let panicked = call("panic").await?;
    assert_eq!(panicked.status, 500);
    assert_eq!(panicked.json()["type"], "urn:promptpilot:problem:internal");
    assert!(!panicked.body.contains("named"), "{}", panicked.body);
    for other in others {
        assert_eq!(other.await?.status, 200);
    }
    let mut statuses = Vec::new();
    for _ in 0..16 {
        let record = function.record().await?;
        if record["status"] == 500 {
            assert_eq!(record["attempts"][0]["error"], "cancelled");
            assert_eq!(record["estimated"], true);
        }
        statuses.push(record["status"].as_u64().unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 15], vec![500]].concat());
    assert_eq!(function.call(json!({ "text": "after" })).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn records_keep_what_the_definition_allows() -> Result<()> {
    let body = json!({ "text": "open", "secret": "hush-hush" });
    for log in ["full", "metadata", "none"] {
        let models = json!({ "log": log, "models": [{ "name": "short" }] }).to_string();
        let function = Function::start("steered", &[("ENDPOINT", models.as_str())]).await?;
        let user = [("x-promptpilot-user", "ann")];
        function.invoke(post_event(&user, &body.to_string())).await?;
        let record = function.record().await?;
        assert!(!record.to_string().contains("hush-hush"), "{record}");
        assert_eq!(record["request"].is_null(), log != "full");
        assert_eq!(record["response"].is_null(), log != "full");
        assert_eq!(record["user"].is_null(), log == "none");

        // Broken JSON may hold the secret anywhere.
        function.invoke(post_event(&[], "{\"secret\":\"hush-hush\"")).await?;
        assert!(!function.record().await?.to_string().contains("hush-hush"));
    }
    Ok(())
}

#[tokio::test]
async fn a_line_is_never_too_long() -> Result<()> {
    let models = json!({ "models": [{ "name": "echo" }] }).to_string();
    let function = Function::start("steered", &[("ENDPOINT", models.as_str())]).await?;
    for text in ["\u{1}".repeat(400_000), "\"".repeat(900_000), "é".repeat(1_000_000)] {
        assert_eq!(function.call(json!({ "text": text })).await?.status, 200);
        let record = function.record().await?;
        assert!(record.to_string().len() <= 200 * 1024);
        assert_eq!(record["request"]["cut"], true);
        assert!(record["request"]["size"].as_u64().unwrap() > 900_000);
    }
    Ok(())
}

#[test]
fn what_no_model_names_is_not_linked() {
    let bytes = |name| std::fs::read(crate::support::example(name)).unwrap();
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    let (sandbox, all) = (bytes("sandbox"), bytes("steered"));
    for host in [
        "api.openai.com",
        "api.anthropic.com",
        "api.cohere.com",
        "router.huggingface.co",
        "generativelanguage.googleapis.com",
        "bedrock-runtime.",
        "AWS4-HMAC-SHA256",
    ] {
        assert!(holds(&all, host) && !holds(&sandbox, host), "{host}");
    }
    assert!(sandbox.len() < all.len(), "no HTTP client and no TLS");
}
