//! Cold calls: each to a function that no process runs yet, with the sandbox and without. Run with
//! `cargo build --release -p local-lambda --examples` before it.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../tests/it/common.rs"]
mod common;

use std::process::Command;
use std::time::{Duration, Instant};

use aws_sdk_lambda::types::InvokeMode;
use common::{Lab, Result};
use local_lambda::{Limits, Sandbox};

const FUNCTIONS: usize = 100;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    println!("fork and exec   {}", Figures::of(floor()?));
    for sandbox in [Sandbox::Off, Sandbox::On, Sandbox::Off, Sandbox::On] {
        let times = runtime.block_on(measure(sandbox))?;
        println!("sandbox {sandbox:<4?}    {}", Figures::of(times));
    }
    Ok(())
}

/// What the machine takes to run a program that does nothing.
fn floor() -> Result<Vec<Duration>> {
    let run = || {
        let begun = Instant::now();
        Command::new("/bin/true").status()?;
        Ok(begun.elapsed())
    };
    (0..FUNCTIONS).map(|_| run()).collect()
}

async fn measure(sandbox: Sandbox) -> Result<Vec<Duration>> {
    let lab = Lab::start_with(Limits { sandbox, ..Limits::default() }).await?;
    let client = common::http();
    let mut urls = Vec::new();
    for number in 0..FUNCTIONS {
        let name = format!("cold-{number}");
        lab.function(&name).await?;
        urls.push(lab.open_url(&name, InvokeMode::Buffered).await?);
    }
    let mut times = Vec::new();
    for url in urls {
        let begun = Instant::now();
        let answer = client.get(url).send().await?.error_for_status()?;
        answer.bytes().await?;
        times.push(begun.elapsed());
    }
    if let Some(host) = lab.host {
        host.shutdown().await;
    }
    Ok(times)
}

struct Figures {
    p50: Duration,
    p99: Duration,
}

impl Figures {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: usize| times[times.len() * share / 100];
        Self { p50: at(50), p99: at(99) }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "p50 {:?}, p99 {:?}", self.p50, self.p99)
    }
}
