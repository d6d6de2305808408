//! A host with many functions: how soon it is ready after a start, and what it holds in memory.
//! Run with `cargo build --release -p local-lambda --examples` before it.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../tests/it/common.rs"]
mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Lab, Result};

const FUNCTIONS: usize = 500;
const ROUNDS: usize = 5;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let dir = runtime.block_on(deploy())?;
    let empty = tempfile::tempdir()?;
    let mut starts = Vec::new();
    let mut floors = Vec::new();
    let mut resident = 0;
    for _ in 0..ROUNDS {
        floors.push(start(empty.path())?.ready);
        let started = start(dir.path())?;
        starts.push(started.ready);
        resident = resident.max(started.resident_kb);
    }
    println!("ready without functions   {:>7.1} ms", median(floors).as_secs_f64() * 1e3);
    println!("ready with {FUNCTIONS} functions  {:>7.1} ms", median(starts).as_secs_f64() * 1e3);
    println!("resident with them        {:>7.1} MB", f64::from(resident) / 1024.0);
    Ok(())
}

/// A directory whose functions have a package, a version, an alias and variables each.
async fn deploy() -> Result<tempfile::TempDir> {
    let mut lab = Lab::start().await?;
    for number in 0..FUNCTIONS {
        let name = format!("f{number}");
        let script = format!("#!/bin/sh\n# {number}\n");
        let package = common::package(&[("bootstrap", 0o755, script.as_bytes())]);
        lab.create(&name, package, 3, &[("KEY", "value")]).await?;
        lab.client.publish_version().function_name(&name).send().await?;
        let alias = lab.client.create_alias().function_name(&name).name("live");
        alias.function_version("1").send().await?;
    }
    if let Some(host) = lab.host.take() {
        host.shutdown().await;
    }
    Ok(lab.dir)
}

struct Started {
    ready: Duration,
    resident_kb: u32,
}

/// A host in a process of its own, until it has told its address.
fn start(dir: &Path) -> Result<Started> {
    let begun = Instant::now();
    let mut host =
        Command::new(common::example_path("host")?).arg(dir).stdout(Stdio::piped()).spawn()?;
    let told = host.stdout.take().map(|out| BufReader::new(out).lines().next());
    let ready = begun.elapsed();
    let resident = resident_kb(&host);
    host.kill()?;
    host.wait()?;
    told.flatten().ok_or("the host did not start")??;
    Ok(Started { ready, resident_kb: resident? })
}

fn resident_kb(host: &Child) -> Result<u32> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let line = line.ok_or("no VmRSS")?.trim_end_matches("kB");
    Ok(line.trim().parse()?)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
