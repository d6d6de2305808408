//! What a deploy asks of Lambda, in the only order that AWS allows; and what it does when refused.

use std::fmt::Write;

use anyhow::{Context, Result};
use promptpilot_tests::{Apart, Asked, Fault};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn lambda_is_asked_in_the_order_that_it_allows() -> Result<()> {
    let apart = Apart::start().await?;
    let _worker = apart.worker()?;
    let text = apart.pilot.example("summarize")?;
    deployed(&apart).await?;
    insta::assert_snapshot!("first_deploy", told(apart.lambda.asked_until(sweep).await?));

    apart.pilot.define("summarize", &text.replace("Summarise the text below", "EDITED"))?;
    deployed(&apart).await?;
    insta::assert_snapshot!("second_deploy", told(apart.lambda.asked_until(sweep).await?));

    apart.cli(&["rollback", "summarize"]).await?;
    insta::assert_snapshot!("rollback", told(apart.lambda.asked_until(|_| true).await?));

    apart.cli(&["delete", "summarize", "--yes"]).await?;
    insta::assert_snapshot!("teardown", told(apart.lambda.asked_until(|_| true).await?));
    Ok(())
}

#[tokio::test]
async fn what_lambda_refuses_for_a_moment_is_tried_again() -> Result<()> {
    let apart = Apart::start().await?;
    let _worker = apart.worker()?;
    let text = apart.pilot.example("summarize")?;
    deployed(&apart).await?;
    apart.lambda.asked_until(sweep).await?;

    apart.pilot.define("summarize", &text.replace("Summarise the text below", "EDITED"))?;
    for (method, path, refusal) in [
        (Method::PUT, "/code", Fault::Refuse(409, "ResourceConflictException")),
        (Method::PUT, "/configuration", Fault::Refuse(412, "PreconditionFailedException")),
        (Method::POST, "/versions", Fault::Refuse(429, "TooManyRequestsException")),
        (Method::POST, "/versions", Fault::Refuse(500, "ServiceException")),
        (Method::PUT, "/aliases/live", Fault::Refuse(412, "PreconditionFailedException")),
    ] {
        apart.lambda.inject(method, path, refusal);
    }
    deployed(&apart).await?;
    insta::assert_snapshot!("refused_for_a_moment", told(apart.lambda.asked_until(sweep).await?));
    Ok(())
}

#[tokio::test]
async fn what_lambda_keeps_refusing_fails_the_deploy_and_the_old_version_serves() -> Result<()> {
    let apart = Apart::start().await?;
    let _worker = apart.worker()?;
    let text = apart.pilot.example("summarize")?;
    let live = deployed(&apart).await?;
    apart.pilot.define("summarize", &text.replace("Summarise the text below", "EDITED"))?;
    for _ in 0..4 {
        let refusal = Fault::Refuse(429, "TooManyRequestsException");
        apart.lambda.inject(Method::POST, "/versions", refusal);
    }
    let id = apart.queue("summarize").await?;
    let failed = apart.finished(&id).await?;
    assert_eq!(failed["status"], "failed", "{failed}");
    assert_eq!(
        failed["error"]["message"],
        "could not publish a version of the function: injected by a test (TooManyRequestsException)"
    );
    let url = live["url"].as_str().context("no URL")?;
    let answer = apart.pilot.text(url, &json!({ "text": "Tea." })).await?;
    assert!(answer.contains("Summarise the text below"), "{answer}");
    Ok(())
}

/// Deploys and waits until it is live.
async fn deployed(apart: &Apart) -> Result<Value> {
    let id = apart.queue("summarize").await?;
    let deployment = apart.finished(&id).await?;
    assert_eq!(deployment["status"], "live", "{deployment}");
    Ok(deployment)
}

/// Old versions are swept after all else, for which they are listed.
fn sweep(asked: &Asked) -> bool {
    asked.method == Method::GET && asked.path.ends_with("/versions")
}

/// A line a request: what was asked with which fields, and the answer. Asking again until a change
/// has settled is one line.
fn told(asked: Vec<Asked>) -> String {
    let mut lines = Vec::new();
    for Asked { method, path, query, body, status } in asked {
        let mut line = format!("{method} {}", redacted(&path));
        if let Some(query) = query {
            let _ = write!(line, "?{query}");
        }
        if let Value::Object(fields) = body {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| field(name, value)).collect();
            let _ = write!(line, " {{ {} }}", fields.join(", "));
        }
        let _ = write!(line, " -> {}", status.as_u16());
        lines.push(line);
    }
    lines.dedup();
    lines.join("\n")
}

/// The path, with the function's name made the same in all runs.
fn redacted(path: &str) -> String {
    let parts =
        path.split('/').map(|part| if part.starts_with("pp-") { "[function]" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// A field; its value where that is short and the same in all runs.
fn field(name: &str, value: &Value) -> String {
    let varies = ["CodeSha256", "FunctionName", "RevisionId", "ZipFile"].contains(&name);
    match value {
        Value::String(text) if !varies && text.len() < 40 => format!("{name}: {text}"),
        Value::Bool(_) | Value::Number(_) => format!("{name}: {value}"),
        _ => name.to_owned(),
    }
}
