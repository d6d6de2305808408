//! A call leaves one record, whatever becomes of it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use promptpilot_tests::{Pilot, eventually, eventually_within, kill};
use serde_json::{Value, json};
use std::time::Duration;

/// An endpoint of the sandbox.
fn endpoint(name: &str, model: &str, timeout: &str, of_function: &str) -> String {
    format!(
        "name = \"{name}\"\n[prompt]\ntemplate = \"{{{{ text }}}}\"\n[model]\nprovider = \"sandbox\"\n\
         name = \"{model}\"\ntimeout = \"{timeout}\"\n[request.text]\ntype = \"string\"\n[auth]\n\
         mode = \"public\"\n[deploy]\ntimeout = \"{of_function}\"\n"
    )
}

/// The records of callers' calls, oldest first, as the command line prints them.
async fn records(pilot: &Pilot, more: &[&str]) -> Result<Vec<Value>> {
    let args = [&["calls", "--json", "--limit", "100"], more].concat();
    let printed = pilot.cli(&args).await?.ok()?.stdout;
    let calls: Vec<Value> = printed.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    Ok(calls.into_iter().filter(|call| call["source"] == "call").collect())
}

/// The process of a function, once it runs.
async fn process(function: &str) -> Result<u32> {
    let variable = format!("AWS_LAMBDA_FUNCTION_NAME={function}");
    eventually("the function runs", async || {
        let processes = std::fs::read_dir("/proc").ok()?.flatten();
        let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        ids.find(|id| {
            let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|it| it == variable.as_bytes())
        })
    })
    .await
}

#[tokio::test]
async fn every_call_leaves_one_record_whatever_becomes_of_it() -> Result<()> {
    let pilot = Pilot::start().await?;
    let cases = [
        ("fine", "echo", "10s", "20s", None),
        ("panics", "panic", "10s", "20s", None),
        ("late", "slow-60000", "1s", "20s", None),
        ("dies", "slow-60000", "30s", "60s", Some(Signal::SIGKILL)),
        ("stuck", "slow-60000", "2s", "3s", Some(Signal::SIGSTOP)),
    ];
    for (name, model, timeout, of_function, _) in cases {
        pilot.define(name, &endpoint(name, model, timeout, of_function))?;
    }
    let urls = pilot.deploy(&cases.map(|(name, ..)| name)).await?;
    let request = json!({ "text": "Tea is warm." });
    for ((name, .., signal), url) in cases.iter().zip(&urls) {
        let function = pilot.function(name).await?;
        let (answered, signalled) = tokio::join!(pilot.curl(url, &request), async {
            let Some(signal) = signal else { return Ok(()) };
            let process = process(&function).await?;
            // The line that a call writes as it begins.
            begun(&pilot, &function).await?;
            kill(process, *signal)
        });
        signalled.with_context(|| (*name).to_owned())?;
        let (status, answer) = answered?;
        assert_eq!(status == 200, *name == "fine", "{name}: {status} {answer}");
    }

    let told = eventually_within(Duration::from_secs(60), "all calls are recorded", async || {
        let told = records(&pilot, &[]).await.ok()?;
        (told.len() >= cases.len()).then_some(told)
    })
    .await?;
    let mut by_name: BTreeMap<&str, Vec<(u64, Option<&str>)>> = BTreeMap::new();
    for call in &told {
        let name = call["endpoint_name"].as_str().context("no name")?;
        let status = call["status"].as_u64().context("no status")?;
        by_name.entry(name).or_default().push((status, call["error_type"].as_str()));
    }
    let expected = BTreeMap::from([
        ("fine", vec![(200, None)]),
        ("panics", vec![(500, Some("internal"))]),
        ("late", vec![(504, Some("timeout"))]),
        ("dies", vec![(500, Some("process-ended"))]),
        ("stuck", vec![(504, Some("timeout"))]),
    ]);
    assert_eq!(by_name, expected, "{}", pilot.log());
    assert_eq!(records(&pilot, &["--status", "504"]).await?.len(), 2);
    assert_eq!(records(&pilot, &["fine", "--since", "1h"]).await?.len(), 1);
    Ok(())
}

/// Waits until a function has written that a call has begun, and nothing of its end.
async fn begun(pilot: &Pilot, function: &str) -> Result<()> {
    let logs = pilot.data().join("lambda");
    eventually("the call has begun", async || {
        let mut open = vec![logs.clone()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(&path).ok()?.flatten().map(|entry| entry.path()));
            } else if path.to_string_lossy().contains(function)
                && std::fs::read_to_string(&path)
                    .is_ok_and(|text| text.contains("\"source\":\"call\""))
            {
                return Some(());
            }
        }
        None
    })
    .await
}

#[tokio::test]
async fn calls_made_while_the_database_is_away_are_recorded_once_each_and_in_order() -> Result<()> {
    let pilot = Pilot::start().await?;
    pilot.define("fine", &endpoint("fine", "echo", "10s", "20s"))?;
    let url = pilot.deploy(&["fine"]).await?.remove(0);
    let call = async |number: usize| {
        let text = format!("call {number}");
        assert_eq!(pilot.text(&url, &json!({ "text": text })).await?, text);
        anyhow::Ok(())
    };
    call(0).await?;
    pilot.sql_in("postgres", "alter database promptpilot allow_connections false").await?;
    let end =
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'promptpilot'";
    pilot.sql_in("postgres", end).await?;
    let refused = pilot.cli(&["list"]).await?;
    assert_eq!(refused.code, Some(1), "the database is away: {}", refused.stdout);
    for number in 1..=10 {
        call(number).await?;
    }
    pilot.sql_in("postgres", "alter database promptpilot allow_connections true").await?;
    call(11).await?;

    let told = eventually("all calls are recorded", async || {
        let told = records(&pilot, &[]).await.ok()?;
        (told.len() >= 12).then_some(told)
    })
    .await?;
    let texts: Vec<Value> = told
        .iter()
        .filter_map(|call| serde_json::from_str::<Value>(call["request"]["text"].as_str()?).ok())
        .map(|request| request["text"].clone())
        .collect();
    assert_eq!(texts, (0..=11).map(|number| format!("call {number}")).collect::<Vec<_>>());
    let arrived = "select string_agg(request->>'text', '' order by arrived_xact, call_id) = \
                   string_agg(request->>'text', '' order by call_id) from calls where source = 'call'";
    assert_eq!(pilot.sql(arrived).await?.trim(), "t");
    Ok(())
}
