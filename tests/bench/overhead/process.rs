//! A program that is called: started, waited for, ended.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use promptpilot_tests::{eventually_within, kill};
use tokio::process::{Child, Command};

use crate::load::Target;

/// How long a start may take: some import for half a minute.
const START: Duration = Duration::from_secs(120);
/// As much of a log is shown.
const SHOWN: usize = 500;

/// It is asked to end with this value, and ends what it started itself.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self> {
        let file = File::create(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("could not start {:?}", command.as_std().get_program()))?;
        Ok(Self { child, log: log.to_owned() })
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// What it wrote.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until `ask` has an answer.
    pub(crate) async fn until<T>(
        &mut self,
        what: &str,
        mut ask: impl AsyncFnMut() -> Option<T>,
    ) -> Result<T> {
        let child = &mut self.child;
        let waited = eventually_within(START, what, async || match child.try_wait() {
            Ok(Some(status)) => Some(Err(status)),
            _ => ask().await.map(Ok),
        })
        .await;
        match waited {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(status)) => bail!("it ended with {status}: {}", self.end_of_log()),
            Err(error) => Err(error.context(self.end_of_log())),
        }
    }

    /// Waits until a call is answered.
    pub(crate) async fn until_answered(&mut self, target: &Target) -> Result<()> {
        let mut last = None;
        let answered = self.until("a call is answered", async || match target.call().await {
            Ok(()) => Some(()),
            Err(error) => {
                last = Some(error);
                None
            }
        });
        match (answered.await, last) {
            (Err(error), Some(last)) => Err(error.context(format!("{last:#}"))),
            (answered, _) => answered,
        }
    }

    fn end_of_log(&self) -> String {
        let log = self.log();
        let skipped = log.chars().count().saturating_sub(SHOWN);
        log.chars().skip(skipped).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(pid) = self.child.id() {
            let _ = kill(pid, Signal::SIGTERM);
        }
    }
}
