//! No secret that a run used is in anything that it wrote.

use std::path::Path;

use anyhow::{Context, Result};
use axum::{Router, http::HeaderMap, http::StatusCode, response::IntoResponse, routing::post};
use promptpilot_tests::{Pilot, Run, eventually, program};
use serde_json::json;
use tokio::net::TcpListener;

/// A provider's key.
const KEY: &str = "sk-proj-5ecret0f4Provider9xYzQwErTy";

/// What the caller sends in a field that is declared sensitive.
const SENSITIVE: &str = "AB-4711-0815-VERY-PRIVATE";

const DEFINITION: &str = r#"
name = "guarded"
[prompt]
template = "{{ text }} {{ account }}"
[model]
provider = "openai-compatible"
name = "m"
credential = "default"
base_url = "BASE"
price = { input = 1, output = 1 }
max_tokens = 20
retries = 0
[request.text]
type = "string"
[request.account]
type = "string"
sensitive = true
"#;

/// A provider that is as careless as can be: it repeats the key in its errors.
async fn careless() -> Result<String> {
    let answer = async |headers: HeaderMap, body: String| {
        let key = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("");
        if body.contains("fail") {
            let message = format!("Incorrect API key provided: {key} ({KEY})");
            let error = json!({ "error": { "message": message, "code": key } });
            return (StatusCode::UNAUTHORIZED, axum::Json(error)).into_response();
        }
        let message = json!({ "role": "assistant", "content": "Fine." });
        let choice = json!({ "index": 0, "message": message, "finish_reason": "stop" });
        let usage = json!({ "prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4 });
        let answer = json!({ "id": "1", "model": "m", "choices": [choice], "usage": usage });
        axum::Json(answer).into_response()
    };
    let app = Router::new().route("/chat/completions", post(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(format!("http://{address}"))
}

#[tokio::test]
async fn nothing_that_a_run_writes_has_its_secrets() -> Result<()> {
    let keys = [("PROMPTPILOT_KEY_OPENAI_COMPATIBLE", KEY), ("PROMPTPILOT_LOG", "debug")];
    let mut pilot = Pilot::start_with(&keys).await?;
    let kept = tempfile::tempdir()?;
    let keep = |what: &str, bytes: &[u8]| {
        std::fs::write(kept.path().join(what.replace(['/', ' '], "_")), bytes)
    };
    let definition = DEFINITION.replace("BASE", &careless().await?);
    pilot.define("guarded", &definition)?;
    let deployed = pilot.cli(&["deploy", "guarded", "--json"]).await?.ok()?;
    let url = deployed.json()?["endpoints"][0]["url"].as_str().context("no URL")?.to_owned();
    keep("deploy", (deployed.stdout + &deployed.stderr).as_bytes())?;

    // The one place where a key of ours is shown.
    let created = pilot.cli(&["keys", "create", "website"]).await?.ok()?;
    let key = created.stdout.trim().to_owned();
    let token = pilot.running()?.token.clone();
    let function = pilot.function("guarded").await?;
    let get = ["lambda", "get-function-configuration", "--qualifier", "live", "--function-name"];
    let of_function =
        Run::of(pilot.aws(&[&get[..], &[&function]].concat())?).await?.ok()?.json()?;
    let variables = &of_function["Environment"]["Variables"];
    let of_deployment =
        variables["PROMPTPILOT_STATE_TOKEN"].as_str().context("no token")?.to_owned();
    assert_eq!(variables["PROMPTPILOT_KEY_OPENAI_COMPATIBLE"], KEY, "its owner may see it");

    for (text, key, status) in [
        ("Tea is warm.", key.as_str(), 200),
        ("please fail", key.as_str(), 502),
        ("Tea is warm.", "pp_live_nonsense", 401),
    ] {
        for accept in ["application/json", "text/event-stream"] {
            let answer = reqwest::Client::new()
                .post(&url)
                .bearer_auth(key)
                .header("accept", accept)
                .json(&json!({ "text": text, "account": SENSITIVE }))
                .send()
                .await?;
            if accept == "application/json" {
                assert_eq!(answer.status(), status, "{text}");
            }
            keep(&format!("{status} as {accept}"), &answer.bytes().await?)?;
        }
    }
    eventually("all calls are recorded", async || {
        let count = "select count(*) from calls where source = 'call'";
        (pilot.sql(count).await.ok()?.trim() == "6").then_some(())
    })
    .await?;
    for args in [
        &["calls", "--json"][..],
        &["logs", "guarded"],
        &["logs", "guarded", "--build"],
        &["list", "--json"],
        &["keys", "list", "--json"],
        &["status", "--json"],
        &["source", "guarded"],
        &["deploy", "guarded", "--force", "--json"],
        &["export", "guarded", "out"],
    ] {
        let run = pilot.cli(args).await?.ok()?;
        keep(&args.join(" "), (run.stdout + &run.stderr).as_bytes())?;
    }
    keep("dump", &dump(&pilot).await?)?;
    pilot.stop().await?;

    let places = [pilot.data(), pilot.folder(), kept.path()];
    assert!(holding(&places, "guarded").await?.len() > 10, "what is there is found");
    for (what, secret) in [
        ("the provider's key", KEY),
        ("the API key", &key),
        ("the installation's token", &token),
        ("the deployment's token", &of_deployment),
        ("a sensitive field", SENSITIVE),
    ] {
        assert!(secret.len() > 20, "{what}");
        let found = holding(&places, secret).await?;
        assert!(found.is_empty(), "{what} is in {found:?}");
    }
    Ok(())
}

/// The files below these folders that have a text in them, whatever else they have.
async fn holding(folders: &[&Path], text: &str) -> Result<Vec<String>> {
    let mut grep = program("grep");
    grep.args(["--recursive", "--text", "--fixed-strings", "--files-with-matches", "-e", text]);
    grep.args(folders);
    let run = Run::of(grep).await?;
    // 1 means that there is none.
    anyhow::ensure!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
    Ok(run.stdout.lines().map(str::to_owned).collect())
}

async fn dump(pilot: &Pilot) -> Result<Vec<u8>> {
    let mut dump = program("pg_dump");
    dump.arg(pilot.database_url("promptpilot")?);
    let text = Run::of(dump).await?.ok()?.stdout;
    assert!(text.contains("COPY public.calls_"), "the dump has the calls");
    Ok(text.into_bytes())
}
