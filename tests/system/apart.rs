//! `serve` and `worker` as processes of their own, against one database and one Lambda.

use anyhow::{Context, Result};
use promptpilot_tests::{Apart, Asked};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn what_is_deployed_waits_for_a_worker() -> Result<()> {
    let apart = Apart::start().await?;
    apart.pilot.example("summarize")?;
    let id = apart.queue("summarize").await?;
    assert_eq!(apart.deployment(&id).await?["status"], "queued");
    let _worker = apart.worker()?;
    let deployment = apart.finished(&id).await?;
    assert_eq!(deployment["status"], "live", "{deployment}");
    let url = deployment["url"].as_str().context("no URL")?;
    let answer = apart.pilot.text(url, &json!({ "text": "Tea is warm." })).await?;
    assert!(answer.contains("Tea is warm."), "{answer}");
    Ok(())
}

#[tokio::test]
async fn the_token_of_a_function_is_nowhere_in_the_database() -> Result<()> {
    let apart = Apart::start().await?;
    apart.pilot.example("summarize")?;
    let id = apart.queue("summarize").await?;
    let _worker = apart.worker()?;
    let deployment = apart.finished(&id).await?;
    assert_eq!(deployment["status"], "live", "{deployment}");
    let creates =
        |asked: &Asked| asked.method == Method::POST && asked.path.ends_with("/functions");
    let asked = apart.lambda.asked_until(creates).await?;
    let created = asked.iter().find(|asked| creates(asked)).context("no function was made")?;
    let variables = &created.body["Environment"]["Variables"];
    let token = variables["PROMPTPILOT_STATE_TOKEN"].as_str().context("no token")?;
    assert_eq!(token.len(), 64);
    let tables_with = |text: String| {
        format!(
            "select count(*) from information_schema.tables,
                    query_to_xml(format('table %I.%I', table_schema, table_name), true, true, '')
              where table_schema = 'public' and query_to_xml::text like '%{text}%'"
        )
    };
    assert_eq!(apart.sql(&tables_with(token.to_owned())).await?.trim(), "0");
    // The question finds what is there.
    assert_ne!(apart.sql(&tables_with(id)).await?.trim(), "0");
    Ok(())
}
