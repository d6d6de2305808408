//! How long until a change is heard of by a thousand who listen.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::{Client, Method};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use super::server::Server;
use crate::table::{Table, ms};

const SUBSCRIBERS: usize = 1_000;
const CHANGES: usize = 40;
/// Changes that come faster are told together.
const PACE: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(60);

/// What a subscriber heard.
enum Heard {
    /// From here on it misses nothing.
    Ready,
    /// Of the change with this number.
    Change(usize, Instant),
}

/// Counted is from when a change is asked for, so that writing it is in the figures, too.
pub(super) async fn measure(server: &Server, table: &mut Table) -> Result<()> {
    let (tell, mut heard) = unbounded_channel();
    let mut subscribers = JoinSet::new();
    let client = Client::builder().no_proxy().build()?;
    for _ in 0..SUBSCRIBERS {
        let request = client.get(format!("{}/api/events", server.url));
        let request = request.bearer_auth(&server.token).header("accept", "text/event-stream");
        subscribers.spawn(subscribe(request, tell.clone()));
    }
    for _ in 0..SUBSCRIBERS {
        next(&mut heard).await?;
    }
    let mut times = Vec::with_capacity(SUBSCRIBERS * CHANGES);
    let mut pace = interval(PACE);
    for change in 0..CHANGES {
        pace.tick().await;
        let began = Instant::now();
        let content = json!({ "prompt": { "template": "Hi" } });
        let prompt = json!({ "name": format!("heard-{change}"), "content": content });
        server.send(Method::POST, "/api/prompts", &prompt).await?;
        for _ in 0..SUBSCRIBERS {
            let Heard::Change(number, at) = next(&mut heard).await? else { continue };
            ensure!(number == change, "change {number} was heard of twice");
            times.push(at - began);
        }
    }
    subscribers.shutdown().await;
    times.sort_unstable();
    table.at_most("a change until 1,000 hear of it, p50", "ms", ms(times[times.len() / 2]), 20.0);
    table.at_most("the same, p99", "ms", ms(times[times.len() * 99 / 100]), 100.0);
    Ok(())
}

async fn next(heard: &mut UnboundedReceiver<Heard>) -> Result<Heard> {
    timeout(PATIENCE, heard.recv()).await.context("nobody hears of it")?.context("nobody listens")
}

async fn subscribe(request: reqwest::RequestBuilder, tell: UnboundedSender<Heard>) -> Result<()> {
    let mut answer = request.send().await?.error_for_status()?;
    let mut text = String::new();
    while let Some(piece) = answer.chunk().await? {
        let at = Instant::now();
        text.push_str(&String::from_utf8_lossy(&piece));
        while let Some((event, rest)) = text.split_once("\n\n") {
            if let Some(heard) = read(event, at) {
                tell.send(heard)?;
            }
            text = rest.to_owned();
        }
    }
    Ok(())
}

fn read(event: &str, at: Instant) -> Option<Heard> {
    if event.contains("event: ready") {
        return Some(Heard::Ready);
    }
    let (_, rest) = event.split_once("\"prompt.saved\"")?.1.split_once("\"name\":\"heard-")?;
    let number = rest.split_once('"')?.0.parse().ok()?;
    Some(Heard::Change(number, at))
}
