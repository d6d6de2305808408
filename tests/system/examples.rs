//! The main job: three definitions, three URLs, called by programs that we did not write.

use anyhow::{Context, Result};
use promptpilot_tests::{Pilot, Run, program};
use serde_json::{Value, json};

#[tokio::test]
async fn three_examples_answer_plain_curl_and_the_aws_cli() -> Result<()> {
    let pilot = Pilot::start().await?;
    for name in ["summarize", "extract", "story"] {
        pilot.example(name)?;
    }
    let urls = pilot.deploy(&["summarize", "extract", "story"]).await?;

    let request = json!({ "text": "The cat sat on the mat.", "audience": "a child" });
    let summary = pilot.text(&urls[0], &request).await?;
    assert!(summary.contains("The cat sat on the mat."), "{summary}");

    let message = json!({ "message": "Two of three lamps came broken." });
    let (status, fields) = pilot.curl(&urls[1], &message).await?;
    assert_eq!(status, 200, "{fields}");
    assert!(fields["intent"].is_string() && fields["urgency"].is_i64(), "{fields}");

    let events = stream(&urls[2], &json!({ "hero": "a fox" })).await?;
    assert!(events.iter().filter(|event| event.as_str() == "delta").count() > 3, "{events:?}");
    assert_eq!(events.last().map(String::as_str), Some("done"), "{events:?}");

    let answer = invoke(&pilot, "summarize", &request).await?;
    assert_eq!(answer["text"], json!(summary));
    Ok(())
}

#[tokio::test]
async fn an_edited_prompt_answers_at_the_same_url_and_a_rollback_takes_it_back() -> Result<()> {
    let pilot = Pilot::start().await?;
    let text = pilot.example("summarize")?;
    let first = pilot.deploy(&["summarize"]).await?;
    let request = json!({ "text": "Tea is warm." });
    assert!(!pilot.text(&first[0], &request).await?.contains("in one breath"));

    pilot.define(
        "summarize",
        &text.replace("Summarise the text below", "Summarise in one breath the text below"),
    )?;
    let second = pilot.deploy(&["summarize"]).await?;
    assert_eq!(first, second);
    assert!(pilot.text(&first[0], &request).await?.contains("in one breath"));

    let back = pilot.cli(&["rollback", "summarize", "--json"]).await?.ok()?.json()?;
    assert_eq!((&back["from"], &back["to"]), (&json!(2), &json!(1)));
    assert!(!pilot.text(&first[0], &request).await?.contains("in one breath"));
    Ok(())
}

#[tokio::test]
async fn a_plan_says_what_a_deploy_does_and_a_promotion_brings_the_same_code_elsewhere()
-> Result<()> {
    let pilot = Pilot::start().await?;
    let plan = async |more: &[&str]| pilot.cli(&[&["plan", "summarize"], more].concat()).await;
    let text = pilot.example("summarize")?;
    let new = plan(&["--detailed-exitcode"]).await?;
    assert_eq!(new.code, Some(2), "{}", new.stderr);
    assert!(new.stdout.starts_with("create summarize v1: to be built, "), "{}", new.stdout);
    assert_eq!(pilot.cli(&["list", "--json"]).await?.ok()?.json()?["items"], json!([]));
    let ours = pilot.deploy(&["summarize"]).await?;

    let again = pilot.cli(&["deploy", "summarize", "--json"]).await?.ok()?.json()?;
    assert_eq!(again["endpoints"][0]["unchanged"], json!(true));
    assert_eq!(again["endpoints"][0]["version"], json!(1));
    let same = plan(&["--detailed-exitcode"]).await?.ok()?;
    assert_eq!(same.stdout, "unchanged summarize v1\nnothing to do in production\n");

    let text = text.replace("Summarise the text", "Shorten the text").replace("20000", "9000");
    pilot.define("summarize", &text)?;
    let change = plan(&["--json"]).await?.ok()?.json()?;
    let planned = &change["endpoints"][0];
    assert_eq!((&change["changes"], &planned["action"]), (&json!(true), &json!("change")));
    assert_eq!((&planned["version"], &planned["live_version"]), (&json!(2), &json!(1)));
    assert_eq!(planned["breaks"][0]["code"], "request-narrowed", "{planned}");
    let words = plan(&[]).await?.ok()?.stdout;
    assert!(words.starts_with("change summarize v2 instead of v1: to be built, "), "{words}");
    assert!(words.contains("breaks callers /request/text"), "{words}");
    pilot.deploy(&["summarize"]).await?;
    pilot.define("summarize", &text.replace("{{ text }}", "{{ txet }}"))?;
    let wrong = plan(&["--detailed-exitcode"]).await?;
    assert_eq!(wrong.code, Some(1), "2 says that there are changes");
    assert!(wrong.stderr.contains("error: there is no plan"), "{}", wrong.stderr);

    pilot.define("summarize", &text)?;
    pilot.cli(&["envs", "create", "staging"]).await?.ok()?;
    let there = plan(&["--env", "staging"]).await?.ok()?.stdout;
    assert!(there.starts_with("create summarize v2: nothing to build, "), "{there}");
    let promote = ["promote", "summarize", "--from", "production", "--to", "staging"];
    let run = pilot.cli(&[&promote[..], &["--json", "--verbose"]].concat()).await?.ok()?;
    let told = "brought from `production`: nothing to compile";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    let done = run.json()?;
    let promoted = &done["endpoints"][0];
    assert_eq!((&promoted["version"], &promoted["status"]), (&json!(2), &json!("live")));
    assert_eq!(promoted["deployment"]["promoted_from"], "production");
    let theirs = promoted["url"].as_str().context("no URL")?;
    assert_ne!(theirs, ours[0]);
    assert_eq!(code_sha256(&pilot, &[]).await?, code_sha256(&pilot, &["--env", "staging"]).await?);
    for url in [&ours[0], theirs] {
        let answer = pilot.text(url, &json!({ "text": "Tea is warm." })).await?;
        assert!(answer.contains("Shorten the text"), "{answer}");
    }
    let again = pilot.cli(&promote).await?.ok()?;
    assert!(again.stdout.starts_with("live summarize v2 (nothing changed)"), "{}", again.stdout);
    Ok(())
}

/// What the host says of the code that serves `summarize` in an environment.
async fn code_sha256(pilot: &Pilot, environment: &[&str]) -> Result<Value> {
    let listed = pilot.cli(&[&["list", "--json"], environment].concat()).await?.ok()?.json()?;
    let function = listed["items"][0]["function"].as_str().context("not live")?;
    let asked = ["lambda", "get-function-configuration", "--qualifier", "live", "--function-name"];
    let run = Run::of(pilot.aws(&[&asked[..], &[function]].concat())?).await?.ok()?;
    Ok(run.json()?["CodeSha256"].clone())
}

#[tokio::test]
async fn all_go_live_together_or_none_does() -> Result<()> {
    let pilot = Pilot::start().await?;
    let text = pilot.example("summarize")?;
    let urls = pilot.deploy(&["summarize"]).await?;
    let request = json!({ "text": "Tea is warm." });
    let before = pilot.text(&urls[0], &request).await?;

    pilot.define("summarize", &text.replace("Summarise the text below", "CHANGED"))?;
    let story = pilot.example("story")?;
    pilot.define("story", &format!("{story}expect = {{ contains = [\"never said\"] }}\n"))?;
    let run = pilot.cli(&["deploy", "--all"]).await?;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("never said"), "{}", run.stderr);

    assert_eq!(pilot.text(&urls[0], &request).await?, before);
    let endpoints = pilot.cli(&["list", "--json"]).await?.ok()?.json()?;
    let story = endpoints["items"].as_array().unwrap().iter().find(|item| item["name"] == "story");
    assert!(story.is_none_or(|story| story["url"].is_null()), "{endpoints}");
    Ok(())
}

/// The names of the events of a streamed answer.
async fn stream(url: &str, request: &Value) -> Result<Vec<String>> {
    let mut curl = program("curl");
    curl.args([
        "--silent",
        "--no-buffer",
        "--max-time",
        "30",
        "--header",
        "accept: text/event-stream",
    ]);
    curl.args(["--header", "content-type: application/json", "--data", &request.to_string(), url]);
    let run = Run::of(curl).await?.ok()?;
    let names = run.stdout.lines().filter_map(|line| line.strip_prefix("event:"));
    Ok(names.map(|name| name.trim().to_owned()).collect())
}

/// `aws lambda invoke` of what is live, as AWS's own documentation shows it for function URLs.
async fn invoke(pilot: &Pilot, endpoint: &str, request: &Value) -> Result<Value> {
    let function = pilot.function(endpoint).await?;
    let event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
        "headers": { "content-type": "application/json" },
        "requestContext": {
            "accountId": "anonymous", "apiId": "x", "domainName": "x", "domainPrefix": "x",
            "http": { "method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test" },
            "requestId": "1", "routeKey": "$default", "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1767225600000_i64,
        },
        "body": request.to_string(), "isBase64Encoded": false,
    });
    std::fs::write(pilot.folder().join("event.json"), event.to_string())?;
    let aws = pilot.aws(&[
        "lambda",
        "invoke",
        "--function-name",
        &function,
        "--qualifier",
        "live",
        "--payload",
        "fileb://event.json",
        "answer",
    ])?;
    Run::of(aws).await?.ok()?;
    // The answer has the form of a streamed one: a prelude, eight zero bytes, the body.
    let bytes = std::fs::read(pilot.folder().join("answer"))?;
    let end = bytes.windows(8).position(|window| window == [0; 8]).context("no prelude")?;
    Ok(serde_json::from_slice(&bytes[end + 8..])?)
}
