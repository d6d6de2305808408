//! The account PostgreSQL runs under. It refuses root, so root gives it another one.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

use nix::unistd::{Gid, Uid, User, chown, geteuid};

use crate::error::Hint;

/// Whose accounts are tried, best first.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// Another account than ours.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    name: String,
    uid: Uid,
    gid: Gid,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    #[error(
        "PostgreSQL does not run as root, and this machine has no account `postgres` or `nobody`"
    )]
    None,
    #[error("PostgreSQL runs as `{account}` here, which may not enter `{}`", folder.display())]
    Closed { account: String, folder: PathBuf },
    #[error("could not give `{}` to `{account}`", path.display())]
    Give { account: String, path: PathBuf, source: io::Error },
}

impl Hint for AccountError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::None => {
                "make one (`useradd --system postgres`), or do not run as root".to_owned()
            }
            Self::Closed { folder, .. } => format!(
                "let it through with `chmod o+x {}`, or choose another folder with `--data`",
                folder.display()
            ),
            Self::Give { .. } => "choose a folder on a local disk with `--data`".to_owned(),
        })
    }
}

impl Account {
    /// The account to start the server with: `None` means our own.
    pub(crate) fn for_server() -> Result<Option<Self>, AccountError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let user = NAMES
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .ok_or(AccountError::None)?;
        Ok(Some(Self { name: user.name, uid: user.uid, gid: user.gid }))
    }

    /// Runs `command` under this account, without our groups.
    pub(crate) fn apply(&self, command: &mut tokio::process::Command) {
        command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
    }

    /// Makes `path` this account's own.
    pub(crate) fn give(&self, path: &Path) -> Result<(), AccountError> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(|error| AccountError::Give {
            account: self.name.clone(),
            path: path.to_owned(),
            source: error.into(),
        })
    }

    /// Opens our own `data` directory for passage, not for reading, and makes sure that the folders
    /// above it, which are not ours to change, let the account through.
    pub(crate) fn reach(&self, data: &Path) -> Result<(), AccountError> {
        let give = |source| AccountError::Give {
            account: self.name.clone(),
            path: data.to_owned(),
            source,
        };
        fs::set_permissions(data, fs::Permissions::from_mode(0o711)).map_err(give)?;
        match data.ancestors().skip(1).find(|folder| !self.may_enter(folder)) {
            Some(folder) => {
                Err(AccountError::Closed { account: self.name.clone(), folder: folder.to_owned() })
            }
            None => Ok(()),
        }
    }

    fn may_enter(&self, folder: &Path) -> bool {
        fs::metadata(folder).is_ok_and(|found| {
            let needed = if found.uid() == self.uid.as_raw() {
                0o100
            } else if found.gid() == self.gid.as_raw() {
                0o010
            } else {
                0o001
            };
            found.mode() & needed != 0
        })
    }
}
