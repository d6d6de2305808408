//! What others notice of somebody who guesses passwords, a thousand in a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use reqwest::Client;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::interval;

use super::server::Server;
use crate::figures::Figures;
use crate::load::{Ask, load};
use crate::table::Table;

const GUESSERS: u64 = 20;
const WINDOW: Duration = Duration::from_secs(10);

pub(super) async fn measure(server: &Server, table: &mut Table) -> Result<()> {
    let others = server.target("/api/prompts?limit=20", Ask::Nothing)?;
    let guessed = Arc::new(AtomicU64::new(0));
    let mut guessers = JoinSet::new();
    for guesser in 0..GUESSERS {
        guessers.spawn(guess(format!("{}/api/sign-in", server.url), guesser, guessed.clone()));
    }
    let mut figures = Figures::default();
    figures.add(load(&others, 1, WINDOW).await?);
    guessers.shutdown().await;
    let rate = guessed.load(Ordering::Relaxed) as f64 / WINDOW.as_secs_f64();
    table.at_least("wrong passwords answered", "/s", rate, 900.0);
    table.at_most("a page of prompts meanwhile, p95", "ms", figures.percentile(95), 20.0);
    Ok(())
}

/// Fifty a second, each for another address, until it is stopped.
async fn guess(url: String, guesser: u64, guessed: Arc<AtomicU64>) -> Result<()> {
    let client = Client::new();
    let mut pace = interval(Duration::from_millis(20));
    loop {
        pace.tick().await;
        let number = guessed.load(Ordering::Relaxed);
        let email = format!("{guesser}-{number}@example.org");
        let answer =
            client.post(&url).json(&json!({ "email": email, "password": "a wrong guess" }));
        answer.send().await?.bytes().await?;
        guessed.fetch_add(1, Ordering::Relaxed);
    }
}
