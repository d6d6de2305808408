//! kill -9 at any instant: the deployment ends live or cleanly failed, and what was live stays live.

use anyhow::{Context, Result};
use promptpilot_tests::{Pilot, eventually, eventually_within};
use serde_json::{Value, json};
use std::time::Duration;

const STAGES: [&str; 5] = ["checking", "generating", "building", "publishing", "verifying"];

#[tokio::test]
async fn a_deploy_survives_a_kill_in_each_stage() -> Result<()> {
    let mut pilot = Pilot::start().await?;
    let text = pilot.example("summarize")?;
    let url = pilot.deploy(&["summarize"]).await?.remove(0);
    let request = json!({ "text": "Tea is warm." });
    let mut served = "Summarise the text below".to_owned();
    for stage in STAGES {
        let edited = format!("Killed while {stage}");
        pilot.define("summarize", &text.replace("Summarise the text below", &edited))?;
        let queued =
            pilot.cli(&["deploy", "summarize", "--no-wait", "--json"]).await?.ok()?.json()?;
        let id = queued["deployments"][0]["id"].as_str().context("no id")?.to_owned();
        reach(&pilot, &id, stage).await?;
        pilot.kill().await?;
        pilot.up().await?;

        // The old version answers at once; the deployment comes to an end by itself.
        assert!(pilot.text(&url, &request).await?.contains("Tea is warm."));
        let deployment =
            eventually_within(Duration::from_secs(90), "the deployment ends", async || {
                let deployment = get(&pilot, &format!("deployments/{id}")).await.ok()?;
                let status = deployment["status"].as_str()?;
                matches!(status, "live" | "failed").then_some(deployment)
            })
            .await
            .with_context(|| stage.to_owned())?;
        if deployment["status"] == "live" {
            served = edited;
        } else {
            assert!(deployment["error"]["message"].is_string(), "{deployment}");
        }
        let answer = pilot.text(&url, &request).await?;
        assert!(answer.contains(&served), "after a kill while {stage}: {answer}");
        let log = get(&pilot, &format!("deployments/{id}/logs")).await?;
        assert!(log["items"].as_array().is_some_and(|lines| !lines.is_empty()), "{log}");
    }
    Ok(())
}

#[tokio::test]
async fn a_deploy_survives_the_death_of_its_database() -> Result<()> {
    let pilot = Pilot::start().await?;
    let text = pilot.example("summarize")?;
    let url = pilot.deploy(&["summarize"]).await?.remove(0);
    pilot.define("summarize", &text.replace("Summarise the text below", "EDITED"))?;
    let queued = pilot.cli(&["deploy", "summarize", "--no-wait", "--json"]).await?.ok()?.json()?;
    let id = queued["deployments"][0]["id"].as_str().context("no id")?.to_owned();
    reach(&pilot, &id, "building").await?;
    promptpilot_tests::kill(pilot.postgres_pid()?, nix::sys::signal::Signal::SIGKILL)?;
    let mut last = Value::Null;
    eventually_within(Duration::from_secs(90), "the deployment is live", async || {
        last = get(&pilot, &format!("deployments/{id}")).await.ok()?;
        (last["status"] == "live").then_some(())
    })
    .await
    .with_context(|| format!("{last}\n{}", pilot.log()))?;
    assert!(pilot.text(&url, &json!({ "text": "Tea is warm." })).await?.contains("EDITED"));
    Ok(())
}

#[tokio::test]
async fn no_call_is_lost_when_everything_is_killed() -> Result<()> {
    let mut pilot = Pilot::start().await?;
    pilot.example("summarize")?;
    let url = pilot.deploy(&["summarize"]).await?.remove(0);
    for n in 0..5 {
        pilot.text(&url, &json!({ "text": format!("call {n}") })).await?;
    }
    pilot.kill().await?;
    pilot.up().await?;
    eventually("all five calls are recorded", async || {
        let calls = get(&pilot, "calls?limit=50").await.ok()?;
        (calls["items"].as_array()?.iter().filter(|call| call["source"] == "call").count() == 5)
            .then_some(())
    })
    .await
}

/// Waits until a deployment is in a stage, or past it: some take a millisecond.
async fn reach(pilot: &Pilot, id: &str, stage: &str) -> Result<()> {
    let wanted = STAGES.iter().position(|known| *known == stage);
    eventually(stage, async || {
        let deployment = get(pilot, &format!("deployments/{id}")).await.ok()?;
        let now = deployment["status"].as_str()?.to_owned();
        let place = STAGES.iter().position(|known| *known == now);
        (place >= wanted || now == "live" || now == "failed").then_some(())
    })
    .await
}

async fn get(pilot: &Pilot, path: &str) -> Result<Value> {
    let running = pilot.running()?;
    let client = reqwest::Client::new();
    let response = client
        .get(format!("{}/api/{path}", running.api))
        .bearer_auth(&running.token)
        .send()
        .await?;
    Ok(response.error_for_status()?.json().await?)
}
