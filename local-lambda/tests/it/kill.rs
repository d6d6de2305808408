//! kill -9 of the host, over and over: what it has acknowledged is there, what functions have
//! printed is read.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::common::{self, REGION, Result};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use local_lambda::{Host, Settings};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// A host in a process of its own.
struct Victim {
    process: Child,
    printed: Lines<BufReader<ChildStdout>>,
    client: Client,
}

impl Victim {
    async fn start(dir: &Path) -> Result<Self> {
        let mut process = Command::new(common::example_path("host")?)
            .arg(dir)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut printed = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = printed.next_line().await?.ok_or("the host did not start")?;
        let keys: serde_json::Value =
            serde_json::from_slice(&std::fs::read(dir.join("lambda.credentials"))?)?;
        let key = |name: &str| keys[name].as_str().unwrap_or_default().to_owned();
        let client = common::client_of(&address, key("access_key_id"), key("secret_access_key"));
        Ok(Self { process, printed, client })
    }

    /// kill -9, as `Child::kill` does.
    async fn kill(mut self) -> Result<Vec<String>> {
        self.process.kill().await?;
        let mut rest = Vec::new();
        while let Some(line) = self.printed.next_line().await? {
            rest.push(line);
        }
        Ok(rest)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_finished_line_is_lost_when_the_host_is_killed() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut seen = BTreeMap::<String, usize>::new();
    let mut note = |lines: Vec<String>| {
        for line in lines.into_iter().filter(|line| line.starts_with("line ")) {
            *seen.entry(line).or_default() += 1;
        }
    };
    let mut printed = Vec::new();
    for round in 0..5 {
        let victim = Victim::start(dir.path()).await?;
        if round == 0 {
            common::create(&victim.client, "talker", common::example()?, 10, &[]).await?;
        }
        for call in 0..3 {
            let text = format!("line {round}.{call}");
            let event = json!({ "do": "print", "text": text, "times": 50 });
            let payload = Blob::new(event.to_string());
            victim.client.invoke().function_name("talker").payload(payload).send().await?;
            printed.push(text);
        }
        // At once: whether the host has collected the lines by now is its own affair.
        note(victim.kill().await?);
    }
    note(remaining(dir.path()).await?);
    for line in printed {
        // What was read and not committed before a kill comes again.
        assert!(seen.get(&line).is_some_and(|times| *times >= 50), "{line}: {:?}", seen.get(&line));
    }
    Ok(())
}

/// What the last host had not told yet.
async fn remaining(dir: &Path) -> Result<Vec<String>> {
    let host = Host::start(Settings {
        region: REGION.to_owned(),
        ..Settings::new(dir.join("data"), dir.join("lambda.key"))
    })
    .await?;
    let mut subscriber = host.output().subscribe("printer")?;
    let mut texts = Vec::new();
    while let Ok(lines) = tokio::time::timeout(Duration::from_secs(1), subscriber.next()).await {
        texts.extend(lines?.into_iter().map(|line| line.text));
    }
    host.shutdown().await;
    Ok(texts)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_a_kill() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut acknowledged = 0;
    for round in 0..6 {
        let victim = Victim::start(dir.path()).await?;
        if round == 0 {
            common::create(&victim.client, "counted", common::example()?, 10, &[]).await?;
        }
        let settled =
            victim.client.get_function_configuration().function_name("counted").send().await?;
        let memory = settled.memory_size.unwrap();
        assert!(memory == 128 + acknowledged || memory == 128 + acknowledged + 1, "{memory}");
        acknowledged = memory - 128;
        let client = victim.client.clone();
        let writer = tokio::spawn(async move {
            let mut done = acknowledged;
            loop {
                let update = client.update_function_configuration().function_name("counted");
                if update.memory_size(128 + done + 1).send().await.is_err() {
                    return done;
                }
                done += 1;
            }
        });
        tokio::time::sleep(Duration::from_millis(40 + 37 * round)).await;
        victim.kill().await?;
        acknowledged = writer.await?;
    }
    assert!(acknowledged > 6, "{acknowledged}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_die_with_their_host() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let victim = Victim::start(dir.path()).await?;
    common::create(&victim.client, "child", common::example()?, 10, &[]).await?;
    let payload = Blob::new(r#"{"do":"context"}"#);
    let output = victim.client.invoke().function_name("child").payload(payload).send().await?;
    let context: serde_json::Value = serde_json::from_slice(output.payload.unwrap().as_ref())?;
    let process = format!("/proc/{}", context["pid"]);
    assert!(Path::new(&process).exists());
    victim.kill().await?;
    common::until("the function is gone", async || (!Path::new(&process).exists()).then_some(()))
        .await
}
