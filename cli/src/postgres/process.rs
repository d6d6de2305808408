//! The server process: started on a socket of its own, ready when it says so, ended in order.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use std::{fs, io};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::account::Account;
use super::binaries::Binaries;
use super::cluster::{Cluster, durable};
use super::leftovers::{self, LeftoverError};
use crate::error::Hint;

/// How long recovery after a crash may take.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long open transactions are waited for.
pub(super) const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How often a file is looked at while waiting for the server.
pub(super) const GLANCE: Duration = Duration::from_millis(10);
/// A log longer than this starts anew.
const LOG_MAX: u64 = 16 << 20;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    #[error("could not run `{}`", program.display())]
    Run { program: PathBuf, source: io::Error },
    #[error("could not write `{}`", path.display())]
    Log { path: PathBuf, source: io::Error },
    #[error("PostgreSQL did not start: {said}")]
    Ended { said: String, log: PathBuf },
    #[error("PostgreSQL was not ready after {} seconds", READY_WITHIN.as_secs())]
    Slow { log: PathBuf },
    #[error(transparent)]
    Leftover(#[from] LeftoverError),
}

impl Hint for ProcessError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Ended { log, .. } | Self::Slow { log } => {
                Some(format!("its log is `{}`", log.display()))
            }
            Self::Leftover(error) => error.hint(),
            Self::Run { .. } | Self::Log { .. } => None,
        }
    }
}

/// Starts the server and waits until it takes connections. What an earlier one left is ended first.
pub(super) async fn start(
    cluster: &Cluster,
    binaries: &Binaries,
    account: Option<&Account>,
) -> Result<Child, ProcessError> {
    leftovers::end(&cluster.folder).await?;
    let from = fs::metadata(&cluster.log).map_or(0, |found| found.len());
    let mut child = spawn(cluster, binaries, account)?;
    if ready(&mut child, cluster).await? {
        return Ok(child);
    }
    let said = last_words(&cluster.log, from);
    Err(ProcessError::Ended { said, log: cluster.log.clone() })
}

fn spawn(
    cluster: &Cluster,
    binaries: &Binaries,
    account: Option<&Account>,
) -> Result<Child, ProcessError> {
    let log = open_log(&cluster.log)
        .map_err(|source| ProcessError::Log { path: cluster.log.clone(), source })?;
    let program = binaries.program("postgres");
    let mut command = Command::new(&program);
    if let Some(account) = account {
        account.apply(&mut command);
    }
    command.arg("-D").arg(&cluster.folder);
    for (name, value) in settings(cluster) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    command
        .current_dir("/")
        .env_remove("PGDATA")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        // Ctrl-C in the terminal is for us; the server ends when we have finished with it.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| ProcessError::Run { program, source })
}

/// No TCP: the socket is in a directory that only the server's account may enter.
fn settings(cluster: &Cluster) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("listen_addresses", String::new()),
        ("port", "5432".to_owned()),
        ("unix_socket_directories", quoted(&cluster.folder.to_string_lossy())),
        ("unix_socket_permissions", "0700".to_owned()),
        ("max_connections", "60".to_owned()),
        ("shared_buffers", "64MB".to_owned()),
        ("log_timezone", "UTC".to_owned()),
        ("timezone", "UTC".to_owned()),
    ];
    if !durable() {
        // What is committed is still written at once: it survives a kill, though not the machine's end.
        settings.extend(["fsync", "full_page_writes"].map(|name| (name, "off".to_owned())));
    }
    settings
}

/// A folder as one item of the list of socket directories.
fn quoted(folder: &str) -> String {
    format!("\"{}\"", folder.replace('"', "\"\""))
}

fn open_log(path: &Path) -> io::Result<fs::File> {
    let long = fs::metadata(path).is_ok_and(|found| found.len() > LOG_MAX);
    let mut options = OpenOptions::new();
    options.create(true).append(!long).write(true).truncate(long).mode(0o600).open(path)
}

/// Waits for the server's own word in its pid file. `false` if it ended first.
async fn ready(child: &mut Child, cluster: &Cluster) -> Result<bool, ProcessError> {
    let deadline = Instant::now() + READY_WITHIN;
    let file = cluster.folder.join("postmaster.pid");
    loop {
        if let Ok(text) = fs::read_to_string(&file)
            && says_ready(&text, child.id())
        {
            return Ok(true);
        }
        if matches!(child.try_wait(), Ok(Some(_))) {
            return Ok(false);
        }
        if Instant::now() > deadline {
            return Err(ProcessError::Slow { log: cluster.log.clone() });
        }
        sleep(GLANCE).await;
    }
}

/// The first line is the process, the eighth its state.
fn says_ready(pid_file: &str, process: Option<u32>) -> bool {
    let ours = pid_file.lines().next().and_then(|line| line.trim().parse().ok());
    ours.is_some()
        && ours == process
        && pid_file.lines().nth(7).is_some_and(|state| state.trim() == "ready")
}

/// Why the server ended, from what it logged since `from`.
fn last_words(log: &Path, from: u64) -> String {
    let text = fs::read(log).unwrap_or_default();
    let since = text.get(usize::try_from(from).unwrap_or(0)..).unwrap_or(&text);
    let text = String::from_utf8_lossy(since);
    let line = text.lines().find(|line| line.contains("FATAL") || line.contains("PANIC"));
    line.or_else(|| text.lines().last()).unwrap_or("it did not say why").trim().to_owned()
}

/// Asks the server to end, and kills it if it does not.
pub(super) async fn stop(child: &mut Child) {
    for signal in [Signal::SIGINT, Signal::SIGQUIT] {
        if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
        if timeout(STOP_WITHIN, child.wait()).await.is_ok() {
            return;
        }
    }
    let _ = child.kill().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str =
        "4711\n/data/postgres\n1790000000\n5432\n/data/postgres\n\n  5432001         7\nready   \n";

    #[test]
    fn ready_is_what_our_own_process_says() {
        assert!(says_ready(READY, Some(4711)));
        assert!(!says_ready(READY, Some(4712)));
        assert!(!says_ready(&READY.replace("ready", "starting"), Some(4711)));
        assert!(!says_ready("4711\n", Some(4711)));
        assert!(!says_ready("", None));
    }

    #[test]
    fn a_folder_with_a_comma_is_one_folder() {
        assert_eq!(quoted("/a,b/\"c\""), "\"/a,b/\"\"c\"\"\"");
    }
}
