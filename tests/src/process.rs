//! Programs as people run them: arguments in; exit code and both streams out.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::process::Command;

/// What a program did.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl Run {
    /// Runs `command` to its end, with nothing to read from stdin.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub async fn of(mut command: Command) -> Result<Self> {
        let output = command
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("could not run {:?}", command.as_std().get_program()))?;
        Ok(Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// The run, if it went well.
    ///
    /// # Errors
    /// When the exit code is not 0.
    pub fn ok(self) -> Result<Self> {
        match self.code {
            Some(0) => Ok(self),
            code => bail!("exit code {code:?}\n{}\n{}", self.stdout, self.stderr),
        }
    }

    /// What it printed, as JSON.
    ///
    /// # Errors
    /// When it is not JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("no JSON: {}\n{}", self.stdout, self.stderr))
    }

    /// The text after `error: ` in stderr.
    ///
    /// # Errors
    /// When there is no such line.
    pub fn error(&self) -> Result<&str> {
        let line = self.stderr.lines().find_map(|line| line.strip_prefix("error"));
        let line = line.with_context(|| format!("no error in: {}", self.stderr))?;
        line.split_once(": ").map(|(_, text)| text).context("an error without text")
    }

    /// The text after `hint: ` in stderr.
    ///
    /// # Errors
    /// When there is no such line.
    pub fn hint(&self) -> Result<&str> {
        let hint = self.stderr.lines().find_map(|line| line.strip_prefix("hint: "));
        hint.with_context(|| format!("no hint in: {}", self.stderr))
    }
}

/// The binary under test: built beside the tests themselves, or named by `PROMPTPILOT_BIN`.
///
/// # Errors
/// When it was not built.
pub fn binary() -> Result<PathBuf> {
    if let Some(named) = env::var_os("PROMPTPILOT_BIN") {
        return Ok(named.into());
    }
    let own = env::current_exe()?;
    let beside = own.ancestors().find_map(|folder| {
        let candidate = folder.join("promptpilot");
        candidate.is_file().then_some(candidate)
    });
    beside.context("the binary is not there: `cargo build -p promptpilot`")
}

/// A program from PATH, or from `PROMPTPILOT_JUDGES`, where the ones we did not write are.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let name = name.as_ref();
    let judge =
        env::var_os("PROMPTPILOT_JUDGES").map(|venv| Path::new(&venv).join("bin").join(name));
    match judge.filter(|path| path.exists()) {
        Some(path) => Command::new(path),
        None => Command::new(name),
    }
}

/// Sends a signal to one process.
///
/// # Errors
/// When there is no such process.
pub fn kill(pid: u32, with: Signal) -> Result<()> {
    signal::kill(Pid::from_raw(pid.try_into()?), with)
        .with_context(|| format!("could not send {with} to {pid}"))
}

/// Whether a process is there and has not ended.
pub fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')))
}
