//! Records taken in as functions write them, in batches, with a database beside it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::body::Bytes;
use promptpilot_spec::deployment::Identity;
use promptpilot_spec::record::{Body, CallRecord, Served, Source};
use promptpilot_tests::Pilot;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::server::Server;
use crate::table::Table;

const BATCH: usize = 500;
/// Requests that are under way at once.
const SENDERS: usize = 2;
const LASTS: Duration = Duration::from_secs(60);
/// Until a record is found by its words, at most.
const FOUND: f64 = 60.0;

pub(super) async fn measure(pilot: &Pilot, server: &Server, table: &mut Table) -> Result<()> {
    let function = pilot.function("summarize").await?;
    let version = pilot.sql("select max(function_version::int) from deployments").await?;
    let by = Writer { function, version: version.trim().to_owned() };
    let bare = by.sustained(server, None).await?;
    table.at_least("records taken in", "/s", bare, 10_000.0);
    let words = "word ".repeat(200);
    let whole = by.sustained(server, Some(&words)).await?;
    table.at_least("records with 1 kB of text taken in", "/s", whole, 2_000.0);
    let found = by.found(server).await?;
    table.at_most("until a record is found by its words", "s", found, FOUND);
    Ok(())
}

/// The function that has written the records.
#[derive(Clone)]
struct Writer {
    function: String,
    version: String,
}

impl Writer {
    /// How many records are taken in within a second.
    async fn sustained(&self, server: &Server, words: Option<&str>) -> Result<f64> {
        let began = Instant::now();
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let (writer, words) = (self.clone(), words.map(str::to_owned));
            let (url, token) = (format!("{}/api/ingest", server.url), server.token.clone());
            senders.spawn(async move {
                let (client, mut sent) = (Client::new(), 0);
                while began.elapsed() < LASTS {
                    let batch = writer.batch(BATCH, words.as_deref())?;
                    let request = client.post(&url).bearer_auth(&token);
                    let request = request.header("content-type", "application/json").body(batch);
                    request.send().await?.error_for_status()?.bytes().await?;
                    sent += BATCH;
                }
                Ok::<_, anyhow::Error>(sent)
            });
        }
        let sent: usize = senders.join_all().await.into_iter().sum::<Result<usize>>()?;
        Ok(sent as f64 / began.elapsed().as_secs_f64())
    }

    /// How long after it was taken in a record is found by a word of it, in seconds.
    async fn found(&self, server: &Server) -> Result<f64> {
        let began = Instant::now();
        let batch: Value = serde_json::from_slice(&self.batch(1, Some("unheardof"))?)?;
        server.send(Method::POST, "/api/ingest", &batch).await?;
        while server.get("/api/calls?text=unheardof").await?["items"][0].is_null() {
            let waited = began.elapsed().as_secs_f64();
            (waited < FOUND).then_some(()).context("a record is not found by its words")?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(began.elapsed().as_secs_f64())
    }

    fn batch(&self, records: usize, words: Option<&str>) -> Result<Bytes> {
        let lines = (0..records).map(|_| {
            let text = serde_json::to_string(&record(words))?;
            Ok(json!({ "function": self.function, "version": self.version, "text": text }))
        });
        let lines = lines.collect::<Result<Vec<Value>>>()?;
        Ok(serde_json::to_vec(&json!({ "lines": lines }))?.into())
    }
}

/// A call that went well just now. Whose it is, the function tells.
fn record(words: Option<&str>) -> CallRecord {
    let identity = Identity {
        organization: Uuid::nil(),
        environment: String::new(),
        endpoint: Uuid::nil(),
        version: 1,
        deployment: Uuid::nil(),
    };
    let by = Served { identity, endpoint_name: String::new() };
    let body = words.map(|words| Body {
        text: Some(json!({ "text": words }).to_string()),
        cut: false,
        size: words.len() as u64,
        sha256: None,
    });
    CallRecord {
        provider: Some("sandbox".to_owned()),
        model: Some("echo".to_owned()),
        request: body,
        ..CallRecord::begun(Uuid::now_v7(), std::time::SystemTime::now().into(), Source::Call, by)
    }
}
