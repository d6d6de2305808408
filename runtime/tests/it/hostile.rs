//! Requests that nobody means well with: each is answered, has its record where it was a call, and the
//! process goes on.

use serde_json::{Value, json};

use crate::support::{Function, Result, event, post_event};

async fn steered(settings: Value) -> Result<Function> {
    Function::start("steered", &[("ENDPOINT", &settings.to_string())]).await
}

/// The last part of a problem's type.
fn kind(problem: &Value) -> &str {
    problem["type"].as_str().unwrap().rsplit(':').next().unwrap()
}

#[tokio::test]
async fn bodies_that_are_no_good_json_are_told_so() -> Result<()> {
    let function = steered(json!({ "models": [{ "name": "echo" }] })).await?;
    let deep = |open: &str, close: &str| {
        format!("{{\"text\":{}1{}}}", open.repeat(10_000), close.repeat(10_000))
    };
    let cases = [
        String::new(),
        " ".to_owned(),
        "nul".to_owned(),
        "{\"text\":1e400}".to_owned(),
        "{\"text\":-1e400}".to_owned(),
        "{\"text\":NaN}".to_owned(),
        "{\"text\":\"\\ud800\"}".to_owned(),
        "{\"text\":\"\\udc00\\ud800\"}".to_owned(),
        "{\"text\":\"\u{1}\"}".to_owned(),
        "{\"text\":\"a\"".to_owned(),
        "{\"text\":\"a\"}{}".to_owned(),
        "{\"text\":\"a\",}".to_owned(),
        "\u{feff}{\"text\":\"a\"}".to_owned(),
        deep("[", "]"),
        deep("{\"a\":", "}"),
        "[".repeat(100_000),
    ];
    for body in cases {
        let answer = function.invoke(post_event(&[], &body)).await?;
        let shown = &body[..body.len().min(40)];
        assert_eq!((answer.status, kind(&answer.json())), (400, "body-not-json"), "{shown}");
        let record = function.record().await?;
        assert_eq!((&record["status"], &record["attempts"]), (&json!(400), &json!([])), "{shown}");
    }
    // No UTF-8.
    let mut binary = post_event(&[], "eyJ0ZXh0Ijoi//4ifQ==");
    binary["isBase64Encoded"] = json!(true);
    assert_eq!(kind(&function.invoke(binary).await?.json()), "body-not-json");
    assert_eq!(function.call(json!({ "text": "after" })).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn of_two_equal_keys_the_last_counts_for_all() -> Result<()> {
    let function = steered(json!({ "models": [{ "name": "echo" }] })).await?;
    let body = "{\"text\":\"first\",\"text\":\"last\"}";
    let answer = function.invoke(post_event(&[], body)).await?;
    assert!(answer.body.contains("last") && !answer.body.contains("first"), "{}", answer.body);
    // What was asked and what is recorded is the same.
    assert_eq!(function.record().await?["request"]["text"], "{\"text\":\"last\"}");
    Ok(())
}

#[tokio::test]
async fn values_of_wrong_shapes_are_named_and_never_repeated() -> Result<()> {
    let function = steered(json!({ "models": [{ "name": "echo" }] })).await?;
    let deep = |depth: usize| (0..depth).fold(json!("hush"), |inner, _| json!([inner]));
    for value in [json!(1e308), json!(null), json!(["hush"]), json!({ "hush": 1 }), deep(100)] {
        let answer = function.call(json!({ "text": value })).await?;
        let problem = answer.json();
        assert_eq!((answer.status, kind(&problem)), (422, "request-invalid"), "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], "/text", "{problem}");
        assert!(!answer.body.contains("hush"), "{problem}");
    }
    let answer = function.call(json!({ "text": "x".repeat(2_000_001) })).await?;
    assert_eq!(kind(&answer.json()), "request-invalid");
    let answer = function.call(json!({ "text": "x".repeat(3_000_000) })).await?;
    assert_eq!(kind(&answer.json()), "body-too-large");
    Ok(())
}

#[tokio::test]
async fn only_json_is_read() -> Result<()> {
    let function = steered(json!({ "models": [{ "name": "echo" }] })).await?;
    let body = "{\"text\":\"a\"}";
    let call = |content_type: &str| {
        function.invoke(event("POST", "/", &[("content-type", content_type)], body))
    };
    for good in ["application/json", "Application/JSON; charset=utf-8", "application/ld+json"] {
        assert_eq!(call(good).await?.status, 200, "{good}");
    }
    for bad in ["text/plain", "application/xml", "multipart/form-data; boundary=x", "json", ";"] {
        let answer = call(bad).await?;
        assert_eq!((answer.status, kind(&answer.json())), (415, "media-type-unsupported"), "{bad}");
    }
    Ok(())
}

#[tokio::test]
async fn headers_carry_nothing_into_answers_or_lines() -> Result<()> {
    let function = steered(json!({ "models": [{ "name": "echo" }] })).await?;
    let injected = "a\r\nx-injected: 1\r\n\r\n{\"kind\":\"promptpilot.call\"}";
    let metadata = json!({ "k": injected }).to_string();
    let headers = [
        ("x-promptpilot-user", injected),
        ("x-promptpilot-metadata", metadata.as_str()),
        ("traceparent", injected),
        ("cloudfront-viewer-country", "\r\n"),
        ("origin", injected),
        ("idempotency-key", injected),
    ];
    let answer = function.invoke(post_event(&headers, "{\"text\":\"a\"}")).await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    for (name, value) in &answer.headers {
        assert!(!value.contains("injected") && !value.contains('\n'), "{name}: {value}");
        assert_ne!(name, "x-injected");
    }
    // One line each: the next two are this call's and no more.
    assert_eq!(function.line().await?["kind"], "promptpilot.start");
    let record = function.line().await?;
    assert_eq!((&record["user"], &record["metadata"]["k"]), (&json!(injected), &json!(injected)));
    assert_eq!((&record["trace_id"], &record["country"]), (&json!(null), &json!(null)));
    function.call(json!({ "text": "b" })).await?;
    assert_eq!(function.line().await?["kind"], "promptpilot.start");

    let too_long = "u".repeat(257);
    let answer = function.invoke(post_event(&[("x-promptpilot-user", &too_long)], "{}")).await?;
    assert_eq!((answer.status, kind(&answer.json())), (400, "header-invalid"));
    let too_large = json!({ "k": "v".repeat(4096) }).to_string();
    let answer =
        function.invoke(post_event(&[("x-promptpilot-metadata", &too_large)], "{}")).await?;
    assert_eq!((answer.status, kind(&answer.json())), (400, "header-invalid"));
    Ok(())
}

#[tokio::test]
async fn a_prompt_that_works_too_long_or_writes_too_much_is_ended() -> Result<()> {
    for (prompt, text) in [("endless", "x".to_owned()), ("repeat", "x".repeat(1_000_000))] {
        let function = steered(json!({ "models": [{ "name": "echo" }], "prompt": prompt })).await?;
        let answer = function.call(json!({ "text": text })).await?;
        assert_eq!((answer.status, kind(&answer.json())), (500, "prompt-failed"), "{prompt}");
        let record = function.record().await?;
        assert_eq!(
            (&record["error_type"], &record["attempts"]),
            (&json!("prompt-failed"), &json!([]))
        );
        assert!(record["total_us"].as_u64().unwrap() < 20_000_000, "{record}");
    }
    Ok(())
}
