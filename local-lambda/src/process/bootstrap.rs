//! What is to be run, and whether it can run here at all. Asked before it is started: the C library
//! runs what is no program with a shell, whose complaints help nobody.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::model::VersionSettings;

use super::interpreter::{self, NotInstalled};

const BOOTSTRAP: &str = "bootstrap";
const ELF: &[u8] = b"\x7fELF";
/// Where an ELF header tells its machine.
const MACHINE: usize = 18;
const HEADER: usize = 20;

#[cfg(target_arch = "x86_64")]
const OWN_MACHINE: u8 = 62;
#[cfg(target_arch = "aarch64")]
const OWN_MACHINE: u8 = 183;

/// Why it cannot, in the service's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unrunnable {
    #[error("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")]
    Missing,
    #[error("fork/exec /var/task/bootstrap: permission denied")]
    NotExecutable,
    #[error("fork/exec /var/task/bootstrap: exec format error")]
    NoProgram,
    #[error(transparent)]
    Interpreter(#[from] NotInstalled),
}

/// What runs a function.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<String>,
}

impl Program {
    /// The bootstrap of the code in `directory`, which the process finds at `task_root`, or the
    /// interpreter that its runtime names.
    pub(super) fn of(
        settings: &VersionSettings,
        directory: &Path,
        task_root: &Path,
    ) -> Result<Self, Unrunnable> {
        let handler = settings.handler.as_deref().unwrap_or_default();
        if let Some(program) =
            interpreter::program(&settings.runtime, directory, task_root, handler)?
        {
            return Ok(program);
        }
        check(&directory.join(BOOTSTRAP))?;
        Ok(Self { path: task_root.join(BOOTSTRAP), arguments: Vec::new() })
    }
}

/// Looks at the file's mode and first bytes.
fn check(program: &Path) -> Result<(), Unrunnable> {
    let mut file = File::open(program).map_err(|_| Unrunnable::Missing)?;
    let metadata = file.metadata().map_err(|_| Unrunnable::Missing)?;
    if !metadata.is_file() {
        return Err(Unrunnable::Missing);
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Err(Unrunnable::NotExecutable);
    }
    let mut head = [0; HEADER];
    let read = file.read(&mut head).map_err(|_| Unrunnable::NoProgram)?;
    if is_script(&head[..read]) || is_own_elf(&head) { Ok(()) } else { Err(Unrunnable::NoProgram) }
}

fn is_script(head: &[u8]) -> bool {
    head.starts_with(b"#!")
}

/// An ELF file for this machine's architecture.
fn is_own_elf(head: &[u8; HEADER]) -> bool {
    head.starts_with(ELF) && head[MACHINE] == OWN_MACHINE
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_test_could_run() {
        assert_eq!(check(&std::env::current_exe().unwrap()), Ok(()));
        assert_eq!(check(Path::new("/nowhere")), Err(Unrunnable::Missing));
        assert_eq!(check(Path::new("/")), Err(Unrunnable::Missing));
    }

    #[test]
    fn another_architecture_cannot() {
        let mut head = [0; HEADER];
        head[..4].copy_from_slice(ELF);
        head[MACHINE] = OWN_MACHINE;
        assert!(is_own_elf(&head));
        head[MACHINE] = 40;
        assert!(!is_own_elf(&head));
    }
}
