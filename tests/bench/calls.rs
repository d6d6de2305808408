//! Warm calls through an endpoint's URL, beside an echo that does nothing.

use std::time::Instant;

use anyhow::Result;
use promptpilot_tests::Pilot;
use reqwest::Client;
use serde_json::json;

use crate::beside::Beside;
use crate::table::{Table, median, ms};

const CALLS: usize = 3000;

pub(crate) async fn measure(pilot: &Pilot, table: &mut Table) -> Result<()> {
    pilot.example("summarize")?;
    let url = pilot.deploy(&["summarize"]).await?.remove(0);
    let echo = Beside::start("bench-echo", None).await?;
    let body = json!({ "text": "The cat sat on the mat.", "audience": "a child" }).to_string();

    let client = Client::new();
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    // By turns, so that both see the same machine.
    for _ in 0..10 {
        ours.extend(calls(&client, &url, &body).await?);
        bare.extend(calls(&client, &format!("http://{}/", echo.address), &body).await?);
    }
    let (ours, bare) = (median(ours), median(bare));
    table.note("warm call through the URL, p50", "ms", ours);
    table.note("bare axum echo, p50", "ms", bare);
    table.at_most("their ratio", "×", ours / bare, 3.0);
    Ok(())
}

async fn calls(client: &Client, url: &str, body: &str) -> Result<Vec<f64>> {
    let mut figures = Vec::with_capacity(CALLS / 10);
    for call in 0..CALLS / 10 + 20 {
        let began = Instant::now();
        let request =
            client.post(url).header("content-type", "application/json").body(body.to_owned());
        request.send().await?.error_for_status()?.bytes().await?;
        if call >= 20 {
            figures.push(ms(began.elapsed()));
        }
    }
    Ok(figures)
}
