//! kill -9 of the host, over and over: what it has acknowledged is there, what functions have
//! printed is read.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::common::{self, REGION, Result};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::FunctionUrlAuthType;
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

/// The steps of a function's life. A kill may fall into each.
const STEPS: usize = 9;

async fn step(client: &Client, name: &str, number: usize) -> Result<()> {
    let (live, arn) = ("live", format!("arn:aws:lambda:{REGION}:000000000000:function:{name}"));
    match number {
        0 => common::create(client, name, common::example()?, 10, &[("A1", "b")]).await?,
        1 => drop(client.publish_version().function_name(name).send().await?),
        2 => {
            let update = client.update_function_configuration().function_name(name);
            update.memory_size(200).send().await?;
        }
        3 => {
            let alias = client.create_alias().function_name(name).name(live);
            alias.function_version("1").send().await?;
        }
        4 => {
            let url = client.create_function_url_config().function_name(name).qualifier(live);
            url.auth_type(FunctionUrlAuthType::None).send().await?;
        }
        5 => {
            let add = client.add_permission().function_name(name).qualifier(live).principal("*");
            add.statement_id("sid").action("lambda:InvokeFunction").send().await?;
        }
        6 => drop(client.tag_resource().resource(arn).tags("team", "a").send().await?),
        7 => {
            let put = client.put_function_concurrency().function_name(name);
            put.reserved_concurrent_executions(5).send().await?;
        }
        _ => {
            let put = client.put_function_event_invoke_config().function_name(name);
            put.maximum_retry_attempts(1).send().await?;
        }
    }
    Ok(())
}

/// How many steps have left their mark. A later one without an earlier one is a state that never
/// was.
async fn steps_done(client: &Client, name: &str) -> Result<usize> {
    let Ok(found) = client.get_function().function_name(name).send().await else { return Ok(0) };
    let settings = found.configuration.unwrap();
    let versions = client.list_versions_by_function().function_name(name).send().await?;
    let alias = client.get_alias().function_name(name).name("live").send().await;
    let url = client.get_function_url_config().function_name(name).qualifier("live").send().await;
    let policy = client.get_policy().function_name(name).qualifier("live").send().await;
    let config = client.get_function_event_invoke_config().function_name(name).send().await;
    let marks: [bool; STEPS] = [
        settings.environment.unwrap().variables.unwrap()["A1"] == "b",
        versions.versions().len() == 2,
        settings.memory_size == Some(200),
        alias.is_ok_and(|alias| alias.function_version.as_deref() == Some("1")),
        url.is_ok(),
        policy.is_ok(),
        found.tags.is_some_and(|tags| tags["team"] == "a"),
        found.concurrency.is_some(),
        config.is_ok(),
    ];
    let done = marks.iter().take_while(|mark| **mark).count();
    let later = marks.iter().skip(done).filter(|mark| **mark).count();
    if later == 0 { Ok(done) } else { Err(format!("{name} is half there: {marks:?}").into()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_instant_leaves_a_state_that_was() -> Result<()> {
    let dir = tempfile::tempdir()?;
    // By function, in the order of their names: the steps that were acknowledged.
    let mut acknowledged: Vec<usize> = Vec::new();
    for round in 0..12_u64 {
        let victim = Victim::start(dir.path()).await?;
        for (number, done) in acknowledged.iter_mut().enumerate() {
            let found = steps_done(&victim.client, &format!("f{number}")).await?;
            assert!(found == *done || found == *done + 1, "f{number}: {found} after {done}");
            *done = found;
        }
        let (client, mut so_far) = (victim.client.clone(), acknowledged);
        let (begun, mut at_work) = tokio::sync::watch::channel(false);
        let writer = tokio::spawn(async move {
            loop {
                if so_far.last().is_none_or(|done| *done == STEPS) {
                    so_far.push(0);
                }
                let number = so_far.len() - 1;
                let done = so_far[number];
                if step(&client, &format!("f{number}"), done).await.is_err() {
                    return so_far;
                }
                so_far[number] += 1;
                begun.send_replace(true);
            }
        });
        at_work.wait_for(|begun| *begun).await.ok();
        // Any instant will do; these fall differently into the steps.
        tokio::time::sleep(Duration::from_millis(29 * (round * 7 % 12))).await;
        victim.kill().await?;
        acknowledged = writer.await?;
    }
    let victim = Victim::start(dir.path()).await?;
    let steps: usize = acknowledged.iter().sum();
    assert!(steps > 2 * STEPS, "{steps} steps are no test");
    let invoked = victim.client.invoke().function_name("f0:live").send().await?;
    assert_eq!(invoked.executed_version.as_deref(), Some("1"));
    victim.kill().await?;
    Ok(())
}
