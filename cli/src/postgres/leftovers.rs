//! What is left of a server whose end was not in order: itself, where we were killed; its children,
//! where it was. A child that is busy does not notice, and holds the memory that the next server
//! needs.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use super::process::{GLANCE, STOP_WITHIN};
use crate::error::Hint;

#[derive(Debug, thiserror::Error)]
#[error("the PostgreSQL of an earlier start (process {0}) does not end")]
pub(crate) struct LeftoverError(Pid);

impl Hint for LeftoverError {
    fn hint(&self) -> Option<String> {
        Some(format!("end it with `kill -KILL {}`", self.0))
    }
}

/// Ends every server process that works in `folder`: nobody else uses it while we hold the data
/// directory.
pub(super) async fn end(folder: &Path) -> Result<(), LeftoverError> {
    // As the kernel names it.
    let Ok(folder) = fs::canonicalize(folder) else { return Ok(()) };
    let folder = folder.as_path();
    // The server itself ends its children, in order.
    if let Some(server) = named(folder).filter(|id| place(*id).as_deref() == Some(folder)) {
        let _ = kill(server, Signal::SIGINT);
        if still_there(folder).await.is_none() {
            return Ok(());
        }
    }
    // Without it, they end at once when asked so. One that was stopped cannot be asked.
    for signal in [Signal::SIGQUIT, Signal::SIGKILL] {
        for process in working_in(folder) {
            let _ = kill(process, signal);
        }
        if still_there(folder).await.is_none() {
            break;
        }
    }
    match working_in(folder).first() {
        Some(process) => Err(LeftoverError(*process)),
        None => {
            forget_reused(folder);
            Ok(())
        }
    }
}

/// Waits for the end of all; one that did not end in time.
async fn still_there(folder: &Path) -> Option<Pid> {
    let deadline = Instant::now() + STOP_WITHIN;
    loop {
        let process = working_in(folder).first().copied()?;
        if Instant::now() > deadline {
            return Some(process);
        }
        sleep(GLANCE).await;
    }
}

/// The server processes whose working directory is `folder`, which is that of all of them.
fn working_in(folder: &Path) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
        .filter(|id| place(*id).as_deref() == Some(folder))
        .collect()
}

/// Where a process works, if it is one of PostgreSQL's.
fn place(id: Pid) -> Option<PathBuf> {
    is_server(id).then(|| fs::read_link(format!("/proc/{id}/cwd")).ok())?
}

fn is_server(id: Pid) -> bool {
    fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name.trim() == "postgres")
}

/// The process that a lock file names.
fn named(folder: &Path) -> Option<Pid> {
    let text = fs::read_to_string(folder.join("postmaster.pid")).ok()?;
    Some(Pid::from_raw(text.lines().next()?.trim().parse().ok()?))
}

/// Removes lock files of a server that is gone. Its process id may be another program's by now, for
/// which PostgreSQL would not start.
fn forget_reused(folder: &Path) {
    if named(folder).is_some_and(|id| !is_server(id) || place(id).is_some()) {
        let _ = fs::remove_file(folder.join("postmaster.pid"));
        let _ = fs::remove_file(folder.join(".s.PGSQL.5432.lock"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lock_file_whose_process_is_another_programs_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postmaster.pid");
        fs::write(&file, format!("{}\n{}\n", std::process::id(), folder.path().display())).unwrap();
        end(folder.path()).await.unwrap();
        assert!(!file.exists());
    }
}
