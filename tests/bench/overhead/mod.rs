//! What a call through an endpoint adds to its provider's latency, beside gateways that others wrote and a
//! bare proxy. All are called in turns, so that what else the machine does falls on all.

mod ours;
mod peers;
mod process;
mod report;
mod row;

use std::time::Duration;

use anyhow::{Context, Result};
use promptpilot_tests::Pilot;

use self::report::Surroundings;
use self::row::{CLIENTS, Row};
use crate::beside::Beside;
use crate::load::{Ask, Target, load};
use crate::memory::{self, Processes};
use crate::table::Table;

const DIRECT: &str = "straight to the provider";
const PROXY: &str = "bare axum + reqwest proxy";
const ECHO: &str = "bare axum echo, no provider";

/// How long the provider takes.
const LATENCY: Duration = Duration::from_millis(5);
/// How often each row is called, with as many clients as `CLIENTS` says.
const ROUNDS: [usize; 3] = [10, 5, 5];
/// For how long each time.
const WINDOW: Duration = Duration::from_millis(1500);

pub(crate) async fn measure(pilot: &Pilot, table: &mut Table) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let latency = LATENCY.as_micros().to_string();
    let provider = Beside::start("bench-provider", Some(&latency)).await?;
    let base = format!("http://{}/v1", provider.address);
    let chat = format!("{base}/chat/completions");
    let proxy = Beside::start("bench-proxy", Some(&chat)).await?;
    let echo = Beside::start("bench-echo", None).await?;

    let mut rows = vec![
        Row::new(DIRECT, Target::new(&chat, Ask::Chat("bench"))?, None),
        beside(PROXY, &proxy, Ask::Chat("bench"))?,
    ];
    rows.extend(ours::deployed(pilot, &base).await?);
    let (row, _listening) = ours::listening(pilot, folder.path()).await?;
    rows.push(row);
    rows.push(beside(ECHO, &echo, Ask::Fields)?);
    let setting = peers::Setting { provider: &base, folder: folder.path() };
    let (theirs, _processes) = peers::start(&setting).await;
    rows.extend(theirs);

    // The clients are a thread that does nothing else.
    let rows = tokio::task::spawn_blocking(move || call_all(rows)).await??;
    let surroundings = Surroundings::of(pilot)?;
    report::print(&rows, &surroundings);
    report::hold_against(&rows, table)
}

fn beside(name: &'static str, program: &Beside, ask: Ask) -> Result<Row> {
    let target = Target::new(&format!("http://{}/", program.address), ask)?;
    Ok(Row::new(name, target, program.child.id().map(Processes::One)))
}

fn call_all(mut rows: Vec<Row>) -> Result<Vec<Row>> {
    let clients = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for (place, rounds) in ROUNDS.into_iter().enumerate() {
        // The first round is not counted.
        for round in 0..=rounds {
            for row in &mut rows {
                clients.block_on(call(row, place, round > 0));
            }
        }
    }
    for row in &mut rows {
        row.memory = row.processes.as_ref().and_then(memory::held);
    }
    let [direct, ..] = &rows[..] else { anyhow::bail!("no rows") };
    direct
        .target
        .as_ref()
        .map_err(|why| anyhow::anyhow!("{why}"))
        .context("the provider failed")?;
    Ok(rows)
}

/// Calls a row for a while; one that fails is not called any more.
async fn call(row: &mut Row, place: usize, counted: bool) {
    let Ok(target) = &row.target else { return };
    let called = load(target, CLIENTS[place], WINDOW).await;
    match called {
        Ok(round) if counted => row.figures[place].add(round),
        Ok(_) => {}
        Err(error) => {
            let clients = CLIENTS[place];
            row.target = Err(format!("{error:#} (with {clients} clients)"));
        }
    }
}
