//! kill -9 of a worker in each stage, and of none other: another worker takes up what it left, and
//! callers notice nothing.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use promptpilot_tests::{Apart, Fault, eventually, kill};
use reqwest::Method;
use serde_json::json;
use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// What keeps a worker in a stage until it is killed.
enum Hold {
    /// The database keeps it from entering the stage after.
    Before(&'static str),
    /// Lambda does not do this, or does it and does not say so.
    Lambda(Method, &'static str, Fault),
}

/// A kill: the stage that is written down then, and how the worker is kept there.
struct Kill {
    stage: &'static str,
    hold: Hold,
}

const INVOKE: &str = "/response-streaming-invocations";

fn kills() -> Vec<Kill> {
    use Fault::{HoldAnswer, HoldRequest};
    use Hold::{Before, Lambda};
    let (post, put) = (Method::POST, Method::PUT);
    vec![
        Kill { stage: "checking", hold: Before("generating") },
        Kill { stage: "generating", hold: Before("building") },
        Kill { stage: "building", hold: Before("publishing") },
        Kill { stage: "publishing", hold: Lambda(put.clone(), "/code", HoldAnswer) },
        Kill { stage: "publishing", hold: Lambda(post.clone(), "/versions", HoldAnswer) },
        Kill { stage: "verifying", hold: Lambda(post, INVOKE, HoldRequest) },
        // Going live: before the alias has moved, and when it has and nobody has written it down.
        Kill { stage: "verifying", hold: Lambda(put.clone(), "/aliases/live", HoldRequest) },
        Kill { stage: "verifying", hold: Lambda(put, "/aliases/live", HoldAnswer) },
    ]
}

#[tokio::test]
async fn a_worker_killed_in_any_stage_is_replaced_and_callers_notice_nothing() -> Result<()> {
    let apart = Apart::start().await?;
    prepare_holds(&apart).await?;
    let text = apart.pilot.example("summarize")?;
    let first = apart.queue("summarize").await?;
    let mut worker = apart.worker()?;
    let live = apart.finished(&first).await?;
    let url = live["url"].as_str().context("no URL")?;
    for (index, Kill { stage, hold }) in kills().into_iter().enumerate() {
        let edited = format!("Edit {index}: killed while {stage}");
        apart.pilot.define("summarize", &text.replace("Summarise the text below", &edited))?;
        let caller = Caller::start(url);
        match &hold {
            Hold::Before(next) => hold_before(&apart, next).await?,
            Hold::Lambda(method, path, fault) => apart.lambda.inject(method.clone(), path, *fault),
        }
        let id = apart.queue("summarize").await?;
        match &hold {
            Hold::Before(_) => apart.reached(&id, stage).await?,
            Hold::Lambda(..) => apart.lambda.held().await.with_context(|| edited.clone())?,
        }
        let killed = end(&mut worker).await?;
        assert_eq!(apart.deployment(&id).await?["status"], stage, "{edited}");
        let_go(&apart).await?;

        worker = apart.worker()?;
        let deployment = apart.finished(&id).await?;
        assert_eq!(deployment["status"], "live", "{deployment}");
        assert_eq!(deployment["attempts"], 2, "{deployment}");
        assert_eq!(passed(&deployment), STAGES, "{deployment}");
        let log = apart.log(&id).await?;
        let told = |line: &String| {
            line.contains("goes on from here") && line.contains(&format!("-{killed}-"))
        };
        assert!(log.iter().any(told), "{edited}: {log:?}");
        assert!(apart.pilot.text(url, &json!({ "text": "Tea." })).await?.contains(&edited));
        caller.was_served_by(index + 1, index + 2).await.with_context(|| edited.clone())?;
    }
    Ok(())
}

#[tokio::test]
async fn a_deploy_that_fails_fails_in_another_workers_hands_too() -> Result<()> {
    let apart = Apart::start().await?;
    let text = apart.pilot.example("summarize")?;
    let first = apart.queue("summarize").await?;
    let mut worker = apart.worker()?;
    let live = apart.finished(&first).await?;
    let url = live["url"].as_str().context("no URL")?;
    apart.pilot.define("summarize", &text.replace("[\"cat\"]", "[\"rhyme\"]"))?;
    let caller = Caller::start(url);
    apart.lambda.inject(Method::POST, INVOKE, Fault::HoldAnswer);
    let id = apart.queue("summarize").await?;
    apart.lambda.held().await?;
    end(&mut worker).await?;

    let _second = apart.worker()?;
    let deployment = apart.finished(&id).await?;
    assert_eq!(deployment["status"], "failed", "{deployment}");
    let why = "test 1 failed: the answer does not contain `rhyme`";
    assert_eq!(deployment["error"]["message"], why);
    let log = apart.log(&id).await?;
    assert!(log.iter().any(|line| line.contains("goes on from here")), "{log:?}");
    caller.was_served_by(1, 1).await
}

const STAGES: [&str; 7] =
    ["queued", "checking", "generating", "building", "publishing", "verifying", "live"];

/// The stages in a deployment's history.
fn passed(deployment: &serde_json::Value) -> Vec<&str> {
    let stages = deployment["stages"].as_array().map_or(&[][..], Vec::as_slice);
    stages.iter().filter_map(|stage| stage["status"].as_str()).collect()
}

/// kill -9; the process id.
async fn end(worker: &mut Child) -> Result<u32> {
    let id = worker.id().context("the worker has ended by itself")?;
    kill(id, Signal::SIGKILL)?;
    worker.wait().await?;
    Ok(id)
}

/// Lets the database hold whoever enters a stage that is in the table `held`.
async fn prepare_holds(apart: &Apart) -> Result<()> {
    apart
        .sql(
            "create table held (status text);
             grant select on held to public;
             create function hold() returns trigger language plpgsql as $$
             begin
                 while exists (select from held where status = new.status) loop
                     perform pg_sleep(0.01);
                 end loop;
                 return new;
             end $$;
             create trigger hold before insert on deployment_transitions
                 for each row execute function hold()",
        )
        .await?;
    Ok(())
}

async fn hold_before(apart: &Apart, status: &str) -> Result<()> {
    apart.sql(&format!("insert into held values ('{status}')")).await.map(drop)
}

/// Ends what a killed worker still has under way in the database, and holds nobody any more.
async fn let_go(apart: &Apart) -> Result<()> {
    eventually("no statement of the killed worker runs", async || {
        let of_dead = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                        where datname = current_database() and wait_event = 'PgSleep'";
        (apart.sql(of_dead).await.ok()?.trim() == "0").then_some(())
    })
    .await?;
    apart.sql("delete from held").await.map(drop)
}

/// Somebody who calls an endpoint all the while.
struct Caller {
    stop: oneshot::Sender<()>,
    calling: JoinHandle<Result<Vec<usize>>>,
}

impl Caller {
    fn start(url: &str) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let url = url.to_owned();
        let calling = tokio::spawn(async move {
            let client = reqwest::Client::new();
            let mut versions = Vec::new();
            while stopped.try_recv() == Err(oneshot::error::TryRecvError::Empty) {
                let answer = client.post(&url).json(&json!({ "text": "Tea." })).send().await?;
                let answer = answer.error_for_status()?;
                let version =
                    answer.headers().get("x-promptpilot-version").context("no version")?;
                versions.push(version.to_str()?.parse()?);
                sleep(Duration::from_millis(10)).await;
            }
            Ok(versions)
        });
        Self { stop, calling }
    }

    /// Checks that every call was answered: first by one version, then by another, and never by the
    /// first again.
    async fn was_served_by(self, first: usize, last: usize) -> Result<()> {
        let _ = self.stop.send(());
        let versions = self.calling.await?.context("a call was not answered")?;
        ensure!(versions.first() == Some(&first), "it began with {versions:?}");
        ensure!(versions.iter().all(|version| [first, last].contains(version)), "{versions:?}");
        ensure!(versions.is_sorted(), "an older version came back: {versions:?}");
        Ok(())
    }
}
