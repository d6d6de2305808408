//! What is measured: the same endpoint bare, with all that guards it, and as a program of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use promptpilot_tests::{Pilot, Run, build_folder, program};
use serde_json::Value;
use tokio::process::Command;

use super::process::Process;
use super::row::Row;
use crate::load::{Ask, Target};
use crate::memory::Processes;

pub(crate) const BARE: &str = "endpoint, bare";
pub(crate) const GUARDED: &str = "endpoint, everything on";
pub(crate) const REMEMBERED: &str = "endpoint, answer remembered";
pub(crate) const LISTENING: &str = "endpoint, --listen";

const BARE_DEFINITION: &str = include_str!("endpoints/bare.toml");
const GUARDED_DEFINITION: &str = include_str!("endpoints/guarded.toml");

/// Deploys both endpoints; a row for each way to call them.
pub(crate) async fn deployed(pilot: &Pilot, provider: &str) -> Result<Vec<Row>> {
    pilot.define("bare", &BARE_DEFINITION.replace("PROVIDER", provider))?;
    pilot.define("guarded", &GUARDED_DEFINITION.replace("PROVIDER", provider))?;
    let urls = pilot.deploy(&["bare", "guarded"]).await?;
    let [bare, guarded] = &urls[..] else { anyhow::bail!("{urls:?} are not two") };
    let key = pilot.cli(&["keys", "create", "bench"]).await?.ok()?.stdout;
    let bare = Target::new(bare, Ask::Fields)?;
    let guarded = Target::new(guarded, Ask::Fields)?.key(key.trim())?;
    let function = |name: String| Some(Processes::Function(name));
    let bare_function = pilot.function("bare").await?;
    let guarded_function = pilot.function("guarded").await?;
    Ok(vec![
        Row::new(BARE, bare, function(bare_function)),
        Row::new(GUARDED, guarded.clone(), function(guarded_function)),
        // Its memory is told in the line above: they are the same processes.
        Row::new(REMEMBERED, guarded.with_same_text(), None),
    ])
}

/// Exports the bare endpoint, builds it as its README says, and starts it.
pub(crate) async fn listening(pilot: &Pilot, folder: &Path) -> Result<(Row, Process)> {
    let out = folder.join("exported");
    let exported = pilot.cli(&["export", "bare", &out.to_string_lossy(), "--json"]).await?.ok()?;
    let exported = exported.json()?;
    let built = exported["program"].as_str().context("no program")?;
    let built = built.strip_prefix("target/").context("it is built elsewhere")?;
    let target = built_in()?;
    let mut build = program("cargo");
    build.args(["build", "--release", "--locked"]).current_dir(&out);
    build.env("CARGO_TARGET_DIR", &target);
    Run::of(build).await?.ok()?;

    let mut server = Command::new(target.join(built));
    server.args(["--listen", "127.0.0.1:0"]).env_clear();
    let log = folder.join("listening.log");
    let mut process = Process::start(server, &log)?;
    let address = process
        .until("it listens", async || {
            let log = std::fs::read_to_string(&log).ok()?;
            log.lines().find_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                Some(line["message"].as_str()?.strip_prefix("listening at ")?.to_owned())
            })
        })
        .await?;
    let target = Target::new(&format!("{address}/"), Ask::Fields)?;
    process.until_answered(&target).await?;
    Ok((Row::new(LISTENING, target, process.pid().map(Processes::One)), process))
}

/// Kept, so that a second run compiles the endpoint alone.
fn built_in() -> Result<PathBuf> {
    Ok(build_folder()?.join("overhead"))
}
