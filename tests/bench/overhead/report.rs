//! The figures as a table, and what they should reach.

use std::fs;
use std::thread;

use anyhow::{Context, Result};
use promptpilot_tests::Pilot;

use super::peers::{LITELLM, TENSORZERO};
use super::row::{CLIENTS, Row};
use super::{DIRECT, ECHO, LATENCY, PROXY, ours};
use crate::figures::Figures;
use crate::memory::{self, Processes};
use crate::table::{Table, ms};

/// Where it was measured, and what stands around the functions.
#[derive(Debug)]
pub(crate) struct Surroundings {
    processor: String,
    processors: usize,
    /// In megabytes.
    up: f64,
    postgres: f64,
}

impl Surroundings {
    pub(crate) fn of(pilot: &Pilot) -> Result<Self> {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo")?;
        let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.and_then(|it| it.split_once(": ")).map_or("unknown", |(_, name)| name);
        let up = Processes::One(pilot.running()?.pid);
        let postgres = Processes::Tree(pilot.postgres_pid()?);
        Ok(Self {
            processor: model.to_owned(),
            processors: thread::available_parallelism()?.get(),
            up: memory::held(&up).unwrap_or(f64::NAN),
            postgres: memory::held(&postgres).unwrap_or(f64::NAN),
        })
    }
}

#[allow(clippy::print_stdout)] // the tables are what this program is for
pub(crate) fn print(rows: &[Row], surroundings: &Surroundings) {
    let Surroundings { processor, processors, up, postgres } = surroundings;
    println!("\n{processors} processors, {processor}");
    println!("The provider takes {} ms. Times in ms; p50 of each round, the middle", ms(LATENCY));
    println!("of all; p99 of all calls. Memory in MB, after all calls.");
    let direct = &rows[0];
    for (place, clients) in CLIENTS.into_iter().enumerate() {
        let heading =
            if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") };
        println!(
            "\n{heading:27} {:>8} {:>10} {:>16} {:>10} {:>9}",
            "p50", "added p50", "in rounds", "added p99", "calls/s"
        );
        for row in rows.iter().filter(|row| row.figures[place].any()) {
            println!("{:27} {}", row.name, line(&row.figures[place], &direct.figures[place]));
        }
    }
    println!("\n{:27} {:>8}", "memory", "MB");
    for row in rows {
        if let Some(held) = row.memory {
            println!("{:27} {held:>8.0}", row.name);
        }
    }
    println!("{:27} {up:>8.0}", "promptpilot up");
    println!("{:27} {postgres:>8.0}", "its PostgreSQL");
    for row in rows {
        if let Err(why) = &row.target {
            println!("\nskipped: {}: {why}", row.name);
        }
    }
}

fn line(figures: &Figures, direct: &Figures) -> String {
    let (least, most) = figures.added_range(direct);
    let (p50, added, rate) = (figures.p50(), figures.added_p50(direct), figures.rate());
    let added_p99 = figures.percentile(99) - direct.percentile(99);
    let rounds = format!("{least:.2} to {most:.2}");
    format!("{p50:8.2} {added:10.2} {rounds:>16} {added_p99:10.2} {rate:9.0}")
}

/// Ours have to answer; what others have not told is not compared with.
pub(crate) fn hold_against(rows: &[Row], table: &mut Table) -> Result<()> {
    let find = |name: &str| rows.iter().find(|row| row.name == name);
    let whole = |name: &str| {
        let row = find(name).with_context(|| format!("no row: {name}"))?;
        row.target.as_ref().map_err(|why| anyhow::anyhow!("{name}: {why}"))?;
        Ok::<_, anyhow::Error>(row)
    };
    let direct = whole(DIRECT)?;
    let (proxy, echo) = (whole(PROXY)?, whole(ECHO)?);
    let (bare, guarded) = (whole(ours::BARE)?, whole(ours::GUARDED)?);
    let (listening, remembered) = (whole(ours::LISTENING)?, whole(ours::REMEMBERED)?);
    let theirs = |name| find(name).filter(|row| row.is_whole());

    let added = |row: &Row| row.figures[0].added_p50(&direct.figures[0]);
    let most_clients = |row: &Row| row.figures[2].rate();
    table.note("straight to the provider, p50", "ms", direct.figures[0].p50());
    table.note("straight to the provider, p99", "ms", direct.figures[0].percentile(99));
    table.note("added by the bare proxy", "ms", added(proxy));
    match theirs(TENSORZERO) {
        Some(row) => {
            table.at_most("added by a bare endpoint", "ms", added(bare), round(added(row)));
        }
        None => table.note("added by a bare endpoint", "ms", added(bare)),
    }
    let times = |row: &Row| added(row) / added(proxy);
    table.at_most("bare endpoint, of the proxy's", "×", times(bare), 2.5);
    table.at_most("everything on, of the proxy's", "×", times(guarded), 4.0);
    table.at_most("--listen, of the proxy's", "×", times(listening), 1.25);
    for (name, reach) in [(TENSORZERO, 2.0), (LITELLM, 20.0)] {
        if let Some(row) = theirs(name) {
            let what = format!("calls/s, 64 clients, of {name}'s");
            table.at_least(&what, "×", most_clients(bare) / most_clients(row), reach);
        }
    }
    let whole_path = remembered.figures[0].p50() / echo.figures[0].p50();
    table.at_most("remembered answer, of a bare echo", "×", whole_path, 4.0);
    Ok(())
}

fn round(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}
