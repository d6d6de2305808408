//! The data directory: where it is, who holds it, and what a running server leaves in it for others.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};

use crate::error::{Exit, Hint};

/// What `up` tells the other commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Running {
    /// The process that holds the directory.
    pub(crate) pid: u32,
    /// Where the API is.
    pub(crate) api: String,
    /// Where deployed functions answer.
    pub(crate) functions: String,
    /// What the API asks for.
    pub(crate) token: String,
    /// Region and access key of the functions' host, for AWS's own tools.
    pub(crate) region: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
}

/// The directory of one whole system.
#[derive(Debug, Clone)]
pub(crate) struct DataDir {
    path: PathBuf,
}

/// Proof that nobody else works in the directory. The lock ends with the process, however it ends.
#[derive(Debug)]
pub(crate) struct Hold {
    _lock: Flock<File>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    #[error("there is no home directory to keep data in")]
    Homeless,
    #[error("could not use `{}` as data directory", path.display())]
    Use { path: PathBuf, source: io::Error },
    #[error("Prompt Pilot runs in `{}` already (process {}), at {}", path.display(), running.pid, running.api)]
    Held { path: PathBuf, running: Box<Running> },
    #[error("another Prompt Pilot is about to start or end in `{}`", path.display())]
    Busy { path: PathBuf },
    #[error("no Prompt Pilot is running in `{}`", path.display())]
    NotRunning { path: PathBuf },
    #[error("could not understand `{}`", path.display())]
    Damaged { path: PathBuf, source: serde_json::Error },
}

impl Hint for DataError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Homeless => "name a folder: `--data DIR`".to_owned(),
            Self::Use { .. } => {
                "name another folder with `--data DIR`, or mend its permissions".to_owned()
            }
            Self::Held { running, .. } => format!(
                "use it as it is (`promptpilot status`), end it with `kill {}`, or start another with `--data DIR`",
                running.pid
            ),
            Self::Busy { .. } => "try again in a moment".to_owned(),
            Self::NotRunning { .. } => {
                "start it with `promptpilot up`, or name a server with `--server URL`".to_owned()
            }
            Self::Damaged { path, .. } => {
                format!("delete `{}` and start again with `promptpilot up`", path.display())
            }
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::NotRunning { .. } => Exit::Unreachable,
            _ => Exit::Failed,
        }
    }
}

impl DataDir {
    /// The directory named on the command line, or else the user's own.
    pub(crate) fn new(named: Option<&Path>) -> Result<Self, DataError> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => default_path().ok_or(DataError::Homeless)?,
        };
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes the directory if need be and takes it for this process.
    pub(crate) fn hold(&mut self) -> Result<Hold, DataError> {
        let failed = |source| DataError::Use { path: self.path.clone(), source };
        if !self.path.exists() {
            fs::DirBuilder::new().recursive(true).mode(0o711).create(&self.path).map_err(failed)?;
            fs::set_permissions(&self.path, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        }
        let path = fs::canonicalize(&self.path).map_err(failed)?;
        self.path = path;
        let failed = |source| DataError::Use { path: self.path.clone(), source };
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = options.open(self.file("up.lock")).map_err(failed)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Hold { _lock: lock }),
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => Err(match self.running() {
                Ok(running) => {
                    DataError::Held { path: self.path.clone(), running: Box::new(running) }
                }
                Err(_) => DataError::Busy { path: self.path.clone() },
            }),
            Err((_, error)) => Err(failed(error.into())),
        }
    }

    /// What the process that holds the directory said. It may have been killed since.
    pub(crate) fn running(&self) -> Result<Running, DataError> {
        let path = self.file("up.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(DataError::NotRunning { path: self.path.clone() });
            }
            Err(source) => return Err(DataError::Use { path, source }),
        };
        serde_json::from_str(&text).map_err(|source| DataError::Damaged { path, source })
    }

    /// Tells the other commands.
    pub(crate) fn announce(&self, running: &Running) -> Result<(), DataError> {
        let path = self.file("up.json");
        let text = serde_json::to_string_pretty(running)
            .map_err(|source| DataError::Damaged { path: path.clone(), source })?;
        crate::secret::write(&path, &text).map_err(|source| DataError::Use { path, source })
    }

    /// Takes [`announce`](Self::announce) back.
    pub(crate) fn withdraw(&self) {
        let _ = fs::remove_file(self.file("up.json"));
    }
}

/// Root's data is the machine's: PostgreSQL, which refuses root, could not enter root's home.
fn default_path() -> Option<PathBuf> {
    if geteuid().is_root() {
        return Some("/var/lib/promptpilot".into());
    }
    let own =
        std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::home_dir().map(|home| home.join(".local/share"));
    own.or_else(home).map(|folder| folder.join("promptpilot"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_directory_says_who_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = DataDir::new(Some(folder.path())).unwrap();
        let hold = first.hold().unwrap();
        let mut second = DataDir::new(Some(folder.path())).unwrap();
        assert!(matches!(second.hold(), Err(DataError::Busy { .. })));
        first
            .announce(&Running {
                pid: 42,
                api: "http://127.0.0.1:7433".to_owned(),
                functions: "http://127.0.0.1:7434".to_owned(),
                token: "t".to_owned(),
                region: "local-1".to_owned(),
                access_key_id: "a".to_owned(),
                secret_access_key: "s".to_owned(),
            })
            .unwrap();
        let error = second.hold().unwrap_err();
        assert!(error.to_string().contains("(process 42), at http://127.0.0.1:7433"), "{error}");
        first.withdraw();
        drop(hold);
        second.hold().unwrap();
    }

    #[test]
    fn without_a_running_server_the_exit_code_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let error = DataDir::new(Some(folder.path())).unwrap().running().unwrap_err();
        assert_eq!(error.exit(), Exit::Unreachable);
    }
}
