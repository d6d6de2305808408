//! Routes that read, one after another and beside an echo, and what the server holds after many of them.

use std::time::Duration;

use anyhow::{Context, Result};
use axum::body::Bytes;
use promptpilot_tests::Pilot;
use serde_json::json;

use super::fill::PROMPTS;
use super::separation;
use super::server::Server;
use super::turn;
use crate::beside::Beside;
use crate::figures::Figures;
use crate::load::{Ask, Target, load};
use crate::memory::{self, Processes};
use crate::table::Table;

const ROUNDS: usize = 6;
const WINDOW: Duration = Duration::from_millis(800);
/// After so many requests the server must hold no more than before.
const MANY: f64 = 100_000.0;

pub(super) async fn measure(pilot: &Pilot, server: &Server, table: &mut Table) -> Result<()> {
    let echo = Beside::start("bench-echo", None).await?;
    let echo = Target::new(&format!("http://{}/", echo.address), Ask::Nothing)?;
    let named = format!("folder-0/prompt-{PROMPTS}");
    let some = format!("/api/prompts/{}", named.replace('/', "%2F"));
    let routes = [
        ("a page of prompts", "/api/prompts?limit=20".to_owned(), 12.0),
        ("a prompt", some.clone(), 12.0),
        ("its versions", format!("{some}/versions?limit=20"), 12.0),
        ("what differs between two", format!("{some}/diff?from=1&to=50"), 12.0),
        ("endpoints", "/api/endpoints".to_owned(), 10.0),
        ("keys", "/api/api-keys".to_owned(), 10.0),
        ("who asks", "/api/me".to_owned(), 10.0),
    ];
    let targets = routes.iter().map(|(_, path, _)| server.target(path, Ask::Nothing));
    let targets = targets.collect::<Result<Vec<_>>>()?;

    let mut bare = Figures::default();
    let mut ours: Vec<Figures> = targets.iter().map(|_| Figures::default()).collect();
    for round in 0..=ROUNDS {
        turn(&mut bare, &echo, WINDOW, round).await?;
        for (target, figures) in targets.iter().zip(&mut ours) {
            turn(figures, target, WINDOW, round).await?;
        }
    }
    table.note("bare axum echo, p50", "ms", bare.p50());
    for ((what, _, reach), figures) in routes.iter().zip(&ours) {
        let what = format!("read {what}, p50 beside the echo's");
        table.at_most(&what, "×", figures.p50() / bare.p50(), *reach);
    }

    separation::measure(pilot, &named, [ours[0].p50(), ours[1].p50()], table).await?;

    let at_once = load(&targets[1], 8, Duration::from_secs(5)).await?;
    table.at_least("read a prompt, 8 clients", "/s", at_once.rate, 3_000.0);
    check(server, table).await?;
    held(pilot, &targets, at_once.rate, table).await
}

/// A prompt of 20 kB, checked while it is typed.
async fn check(server: &Server, table: &mut Table) -> Result<()> {
    let text = "Tell {{ reader }} of {{ text }}, in {{ words | default(20) }} words.\n".repeat(300);
    let asked = json!({ "prompt": { "template": text } }).to_string();
    let target = server.target("/api/templates/check", Ask::Same(Bytes::from(asked)))?;
    let mut figures = Figures::default();
    for round in 0..=ROUNDS {
        turn(&mut figures, &target, WINDOW, round).await?;
    }
    table.at_most("check a prompt of 20 kB, p50", "ms", figures.p50(), 3.0);
    Ok(())
}

/// What the server holds after many requests, at least.
async fn held(pilot: &Pilot, targets: &[Target], rate: f64, table: &mut Table) -> Result<()> {
    let by = Processes::One(pilot.running()?.pid);
    let held = || memory::held(&by).context("its memory cannot be read");
    let window = Duration::from_secs_f64(MANY / rate / targets.len() as f64);
    for target in targets {
        load(target, 8, window).await?;
    }
    let first = held()?;
    for target in targets {
        load(target, 8, window / 2).await?;
    }
    table.at_most("memory after 100,000 requests", "MB", first, 100.0);
    table.at_most("memory after half as many more, beside that", "×", held()? / first, 1.05);
    Ok(())
}
