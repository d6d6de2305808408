//! A real model answers through the whole chain, in two protocols. `make test-llm` starts it.

#![allow(clippy::unwrap_used)]

use anyhow::{Context, Result};
use promptpilot_tests::{Pilot, Run, program};
use serde_json::{Value, json};

const MODEL: &str = "smollm2-135m-instruct";

#[tokio::test]
async fn a_model_behind_openais_protocol_answers() -> Result<()> {
    answers("openai-compatible", "PROMPTPILOT_KEY_OPENAI_COMPATIBLE", "/v1").await
}

#[tokio::test]
async fn a_model_behind_anthropics_protocol_answers() -> Result<()> {
    answers("anthropic", "PROMPTPILOT_KEY_ANTHROPIC", "").await
}

/// Whole and streamed, with tokens counted, and a wrong key told as such.
async fn answers(provider: &str, variable: &str, path: &str) -> Result<()> {
    let url = std::env::var("PROMPTPILOT_LLM_URL").context("run `make test-llm`")?;
    let key = std::env::var("PROMPTPILOT_LLM_KEY")?;
    let definition = |name: &str, credential: &str| {
        format!(
            "name = \"{name}\"\n[prompt]\nsystem = \"You answer briefly.\"\ntemplate = \"{{{{ question }}}}\"\n\
             [model]\nprovider = \"{provider}\"\nname = \"{MODEL}\"\nbase_url = \"{url}{path}\"\n{credential}\
             max_tokens = 24\ntemperature = 0\nretries = 0\nprice = {{ input = 1.0, output = 2.0 }}\n\
             [request.question]\ntype = \"string\"\nmax_length = 1000\n[auth]\nmode = \"public\"\n"
        )
    };
    let wrong = format!("{variable}_WRONG");
    let pilot = Pilot::start_with(&[(variable, &key), (&wrong, "sk-wrong")]).await?;
    pilot.define("right", &definition("right", "credential = \"default\"\n"))?;
    pilot.define("wrong", &definition("wrong", "credential = \"wrong\"\n"))?;
    let urls = pilot.deploy(&["right", "wrong"]).await?;
    let question = json!({ "question": "What is the capital of France?" });

    let (status, answer) = pilot.curl(&urls[0], &question).await?;
    assert_eq!(status, 200, "{answer}");
    assert!(!answer["text"].as_str().unwrap().trim().is_empty(), "{answer}");

    let (text, done) = stream(&urls[0], &question).await?;
    assert!(!text.trim().is_empty());
    assert!(done["usage"].to_string().chars().any(|c| c.is_ascii_digit()), "{done}");

    let (status, problem) = pilot.curl(&urls[1], &question).await?;
    assert_eq!(status, 502, "{problem}");
    assert_eq!(problem["type"], "urn:promptpilot:problem:provider-failed");
    assert!(!problem.to_string().contains("sk-wrong"), "{problem}");
    Ok(())
}

/// The text of all deltas, and the last event's data.
async fn stream(url: &str, request: &Value) -> Result<(String, Value)> {
    let mut curl = program("curl");
    curl.args([
        "--silent",
        "--no-buffer",
        "--max-time",
        "60",
        "--header",
        "accept: text/event-stream",
    ]);
    curl.args(["--header", "content-type: application/json", "--data", &request.to_string(), url]);
    let run = Run::of(curl).await?.ok()?;
    let data: Vec<Value> = run
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok())
        .collect();
    let text = data.iter().filter_map(|data| data["text"].as_str()).collect();
    Ok((text, data.last().cloned().context("no events")?))
}
