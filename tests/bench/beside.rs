//! Programs that are built beside this one, each in a process of its own.

use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running one; it ends with this value.
pub(crate) struct Beside {
    pub(crate) child: Child,
    /// Where it listens, which is the first line that it prints.
    pub(crate) address: String,
}

impl Beside {
    pub(crate) async fn start(name: &str, argument: Option<&str>) -> Result<Self> {
        let program = std::env::current_exe()?.with_file_name(name);
        let mut child = Command::new(program)
            .args(argument)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("could not start {name}"))?;
        let stdout = child.stdout.take().context("no output")?;
        let address = BufReader::new(stdout).lines().next_line().await?.context("no address")?;
        Ok(Self { child, address })
    }
}
