//! An endpoint that its owner takes along: it is built and run without us, and answers the same.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use promptpilot_tests::{Pilot, Run, build_folder, kill, program};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn an_exported_endpoint_answers_as_the_deployed_one_does() -> Result<()> {
    let pilot = Pilot::start().await?;
    pilot.example("summarize")?;
    let url = pilot.deploy(&["summarize"]).await?.remove(0);
    let exported = pilot.cli(&["export", "summarize", "out", "--json"]).await?.ok()?.json()?;
    assert_eq!(exported["variables"], json!([]));
    let folder = pilot.folder().join("out");
    build(&folder).await?;

    let built = target()?.join("release/endpoint-summarize");
    let mut server = Command::new(built)
        .args(["--listen", "127.0.0.1:0"])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut log = BufReader::new(server.stderr.take().context("no log")?).lines();
    let mut records = BufReader::new(server.stdout.take().context("no records")?).lines();
    let listening: Value = serde_json::from_str(&log.next_line().await?.context("it ended")?)?;
    let own = listening["message"].as_str().and_then(|said| said.strip_prefix("listening at "));
    let own = format!("{}/", own.context("no address")?);

    let deployed_document: Value = reqwest::get(format!("{url}openapi.json")).await?.json().await?;
    let document: Value = reqwest::get(format!("{own}openapi.json")).await?.json().await?;
    assert_eq!(document, deployed_document);
    for request in [json!({ "text": "Tea is warm." }), json!({ "text": 1 }), json!({})] {
        let (status, mut deployed) = pilot.curl(&url, &request).await?;
        let (own_status, mut answer) = pilot.curl(&own, &request).await?;
        for answer in [&mut deployed, &mut answer] {
            answer.as_object_mut().and_then(|members| members.remove("call_id"));
        }
        assert_eq!((own_status, answer), (status, deployed), "{request}");
    }

    kill(server.id().context("it has ended")?, Signal::SIGTERM)?;
    assert_eq!(server.wait().await?.code(), Some(0));
    let mut kinds = Vec::new();
    while let Some(line) = records.next_line().await? {
        kinds.push(serde_json::from_str::<Value>(&line)?["kind"].clone());
    }
    let calls = kinds.iter().filter(|kind| *kind == "promptpilot.call").count();
    assert_eq!((calls, kinds.len()), (3, 6), "a start and a call each: {kinds:?}");
    Ok(())
}

#[tokio::test]
async fn a_folder_that_is_in_use_is_left_alone() -> Result<()> {
    let pilot = Pilot::prepare(&[])?;
    pilot.example("summarize")?;
    std::fs::write(pilot.folder().join("mine"), "text")?;
    let refused = pilot.cli(&["export", "summarize", "."]).await?;
    assert_eq!(refused.code, Some(1));
    assert_eq!(refused.error()?, "`.` is not empty, and stays as it is");
    assert!(refused.hint()?.contains("--force"));
    assert!(!pilot.folder().join("Cargo.toml").exists());
    let no_folder = pilot.cli(&["export", "summarize", "mine", "--force"]).await?;
    assert_eq!((no_folder.code, no_folder.error()?), (Some(1), "could not write `mine`"));

    pilot.cli(&["export", "summarize", ".", "--force"]).await?.ok()?;
    assert_eq!(std::fs::read_to_string(pilot.folder().join("mine"))?, "text");
    assert!(pilot.folder().join("Cargo.toml").exists());
    let unknown = pilot.cli(&["export", "sumarize", "out"]).await?;
    assert_eq!(unknown.code, Some(2));
    assert_eq!(unknown.hint()?, "did you mean `summarize`?");
    Ok(())
}

/// Where exported crates are compiled.
fn target() -> Result<PathBuf> {
    Ok(build_folder()?.join("export"))
}

/// What the README says, offline. It begins with a copy of what the builder has compiled and tells the
/// compiler the same, so that only what a server needs is left to do.
async fn build(folder: &Path) -> Result<()> {
    let (builds, target) = (build_folder()?, target()?);
    if !target.exists() {
        let mut copy = program("cp");
        copy.args(["-a", "--reflink=auto"]).arg(builds.join("lane-0-fast/target")).arg(&target);
        Run::of(copy).await?.ok()?;
    }
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let registry = cargo_home.context("no home")?.join("registry");
    let flags = format!(
        "--remap-path-prefix={}=promptpilot\u{1f}--remap-path-prefix={}=registry",
        builds.display(),
        registry.display()
    );
    let mut cargo = program("cargo");
    cargo
        .args(["build", "--release", "--locked", "--offline"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .env("CARGO_INCREMENTAL", "0");
    Run::of(cargo).await?.ok()?;
    Ok(())
}
