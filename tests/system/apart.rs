//! `serve` and `worker` as processes of their own, against one database and one Lambda.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use promptpilot_tests::{Pilot, eventually, eventually_within, kill};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

const TOKEN: &str = "a token of this test's";

#[tokio::test]
async fn what_a_killed_worker_leaves_another_takes_up() -> Result<()> {
    let pilot = Pilot::start().await?;
    pilot.sql("create database apart").await?;
    let (_server, address) = serve(&pilot).await?;
    let text = pilot.example("summarize")?;
    let deploy = ["deploy", "summarize", "--no-wait", "--json", "--server", &address];

    // Nobody works yet: the deployment waits.
    let queued = client(&pilot, &deploy).await?;
    let id = queued["deployments"][0]["id"].as_str().context("no id")?.to_owned();
    let first = worker(&pilot, "first")?;
    let deployment = finished(&address, &id).await?;
    let url = deployment["url"].as_str().context("no URL")?.to_owned();
    assert!(pilot.text(&url, &json!({ "text": "Tea is warm." })).await?.contains("Tea is warm."));

    pilot.define("summarize", &text.replace("Summarise the text below", "EDITED"))?;
    let queued = client(&pilot, &deploy).await?;
    let id = queued["deployments"][0]["id"].as_str().context("no id")?.to_owned();
    eventually("the worker has begun", async || {
        let now = get(&address, &format!("deployments/{id}")).await.ok()?;
        (now["status"] != "queued").then_some(())
    })
    .await?;
    kill(first.id().context("the worker has ended")?, Signal::SIGKILL)?;
    let _second = worker(&pilot, "second")?;
    let deployment = finished(&address, &id).await?;
    assert_eq!(deployment["status"], "live", "{deployment}");
    assert!(pilot.text(&url, &json!({ "text": "Tea is warm." })).await?.contains("EDITED"));
    Ok(())
}

/// A part of the system: `up`'s functions' host is its Lambda.
fn part(pilot: &Pilot, args: &[&str]) -> Result<Command> {
    let running = pilot.running()?;
    let mut command = pilot.command(args)?;
    command
        .env("DATABASE_URL", pilot.database_url("apart")?)
        .env("PROMPTPILOT_LAMBDA_URL", &running.functions)
        .env("PROMPTPILOT_ROLE_ARN", "arn:aws:iam::000000000000:role/test")
        .env("PROMPTPILOT_TOKEN", TOKEN)
        .env("AWS_REGION", &running.region)
        .env("AWS_ACCESS_KEY_ID", &running.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &running.secret_access_key)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    Ok(command)
}

/// The API alone, and its address.
async fn serve(pilot: &Pilot) -> Result<(Child, String)> {
    let log = pilot.folder().join("serve.log");
    let mut command = part(pilot, &["serve", "--listen", "127.0.0.1:0"])?;
    let server = command.stderr(fs::File::create(&log)?).spawn()?;
    let address = eventually("the API listens", async || {
        let said = fs::read_to_string(&log).ok()?;
        said.lines().find_map(|line| line.strip_prefix("listening at ")).map(str::to_owned)
    })
    .await?;
    Ok((server, address))
}

/// A worker with a data directory of its own.
fn worker(pilot: &Pilot, name: &str) -> Result<Child> {
    let data = pilot.folder().join(name);
    let mut command = part(pilot, &["worker", "--data", &data.to_string_lossy()])?;
    Ok(command.stderr(Stdio::null()).spawn()?)
}

async fn client(pilot: &Pilot, args: &[&str]) -> Result<Value> {
    let mut command = pilot.command(args)?;
    command.env("PROMPTPILOT_TOKEN", TOKEN);
    promptpilot_tests::Run::of(command).await?.ok()?.json()
}

async fn finished(address: &str, id: &str) -> Result<Value> {
    eventually_within(Duration::from_secs(90), "the deployment ends", async || {
        let deployment = get(address, &format!("deployments/{id}")).await.ok()?;
        matches!(deployment["status"].as_str()?, "live" | "failed").then_some(deployment)
    })
    .await
}

async fn get(address: &str, path: &str) -> Result<Value> {
    let request = reqwest::Client::new().get(format!("{address}/api/{path}")).bearer_auth(TOKEN);
    Ok(request.send().await?.error_for_status()?.json().await?)
}
