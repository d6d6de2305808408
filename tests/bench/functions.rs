//! One function's process: how soon it asks for work, what it weighs at rest.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use promptpilot_tests::Pilot;

use crate::table::{Table, median, ms};

const STARTS: usize = 40;
/// Names every provider, and no model of them is ever asked.
const ALL_PROVIDERS: &str =
    include_str!("../../codegen-templates/tests/generated/providers/definition.toml");
const MEGABYTE: f64 = 1_000_000.0;
/// Keys that it names; without one it would neither be deployed nor start.
pub(crate) const KEYS: [(&str, &str); 9] = [
    ("PROMPTPILOT_KEY_ANTHROPIC", "bench"),
    ("PROMPTPILOT_KEY_AZURE_OPENAI", "bench"),
    ("PROMPTPILOT_KEY_BEDROCK", "AKIDBENCH:bench"),
    ("PROMPTPILOT_KEY_COHERE", "bench"),
    ("PROMPTPILOT_KEY_GEMINI", "bench"),
    ("PROMPTPILOT_KEY_HUGGINGFACE", "bench"),
    ("PROMPTPILOT_KEY_OPENAI", "bench"),
    ("PROMPTPILOT_KEY_OPENAI_COMPATIBLE_THEIRS", "bench"),
    ("PROMPTPILOT_KEY_OPENAI_TEAM_B", "bench"),
];

pub(crate) async fn measure(pilot: &Pilot, table: &mut Table) -> Result<()> {
    let text = pilot.example("summarize")?;
    let small = text.replace("\"summarize\"", "\"smaller\"") + "\n[deploy]\nprofile = \"small\"\n";
    // A table after `[[tests]]` is at the top again.
    pilot.define("smaller", &small)?;
    pilot.define("providers", ALL_PROVIDERS)?;
    pilot.deploy(&["summarize", "smaller", "providers"]).await?;
    let folder = tempfile::tempdir()?;
    let empty = std::env::current_exe()?.with_file_name("bench-empty-function");
    let fast = unpack(pilot, "summarize", folder.path()).await?;
    let small = unpack(pilot, "smaller", folder.path()).await?;
    let every = unpack(pilot, "providers", folder.path()).await?;

    let (mut ours, mut all, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = 0.0;
    for _ in 0..STARTS {
        bare.push(start(&empty)?.first_poll);
        let started = start(&fast)?;
        ours.push(started.first_poll);
        rest = started.resident;
        all.push(start(&every)?.first_poll);
    }
    let (ours, all, bare) = (median(ours), median(all), median(bare));
    table.note("function: spawn to first poll", "ms", ours);
    table.note("empty `lambda_runtime` function", "ms", bare);
    table.at_most("their ratio", "×", ours / bare, 1.3);
    table.at_most("with all providers", "×", all / bare, 1.4);
    table.at_most("function at rest", "MB", rest, 8.0);
    table.at_most("binary, `fast`", "MB", fs::metadata(&fast)?.len() as f64 / MEGABYTE, 6.0);
    table.at_most(
        "binary, all providers",
        "MB",
        fs::metadata(&every)?.len() as f64 / MEGABYTE,
        7.0,
    );
    table.at_most("binary, `small`", "MB", fs::metadata(&small)?.len() as f64 / MEGABYTE, 3.2);
    Ok(())
}

async fn unpack(pilot: &Pilot, endpoint: &str, folder: &Path) -> Result<std::path::PathBuf> {
    let path = folder.join(endpoint);
    fs::write(&path, pilot.bootstrap(endpoint).await?)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

struct Started {
    /// Milliseconds.
    first_poll: f64,
    /// Megabytes.
    resident: f64,
}

/// Starts a function against a Runtime API that never has work, and weighs it.
fn start(bootstrap: &Path) -> Result<Started> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let identity = serde_json::json!({
        "organization": uuid::Uuid::nil(), "environment": "production", "endpoint": uuid::Uuid::nil(),
        "version": 1, "deployment": uuid::Uuid::nil(),
    });
    let began = Instant::now();
    let mut child = Command::new(bootstrap)
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr()?.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
        .env("AWS_REGION", "local-1")
        .env("PROMPTPILOT_DEPLOYMENT", identity.to_string())
        .env("PROMPTPILOT_STATE_TOKEN", "bench")
        .envs(KEYS)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let (mut connection, _) = listener.accept()?;
    let asked = read_request(&mut connection)?;
    let first_poll = ms(began.elapsed());
    anyhow::ensure!(asked.contains("/invocation/next"), "the function asked for {asked}");
    let resident = resident(child.id())?;
    child.kill()?;
    child.wait()?;
    Ok(Started { first_poll, resident })
}

fn read_request(connection: &mut TcpStream) -> Result<String> {
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut buffer = [0; 4096];
    let read = connection.read(&mut buffer)?;
    connection.flush()?;
    let text = String::from_utf8_lossy(&buffer[..read]);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn resident(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024.0 / MEGABYTE)
}
