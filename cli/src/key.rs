//! The installation's secret key: named by the operator where parts run apart, else kept in the data
//! directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use promptpilot_control_plane::{NoKey, SecretKey};

use crate::data::DataDir;
use crate::error::Hint;
use crate::secret;

/// How to make a key, with what is on every machine.
const MAKE: &str = "`head -c 32 /dev/urandom | base64`";

#[derive(Debug, Args)]
pub(crate) struct Key {
    /// What functions' tokens are derived from: 32 random bytes in hexadecimal or base64, the same
    /// for all that share a database [default: the data directory's]
    #[arg(long, value_name = "KEY", env = "PROMPTPILOT_SECRET_KEY", hide_env_values = true)]
    secret_key: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("`PROMPTPILOT_SECRET_KEY` cannot be used")]
    Given(#[source] NoKey),
    #[error("there is no secret key: neither `PROMPTPILOT_SECRET_KEY` nor `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("could not use `{}`", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("could not understand `{}`", path.display())]
    Damaged { path: PathBuf, source: NoKey },
}

impl Hint for KeyError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Given(_) => format!("make one with {MAKE}"),
            Self::Missing { .. } => format!(
                "make a key with {MAKE} and set it for every `serve` and `worker` of the database"
            ),
            Self::File { path, .. } => format!("mend the permissions of `{}`", path.display()),
            Self::Damaged { path, .. } => {
                format!("delete `{}`: `promptpilot up` makes a new one", path.display())
            }
        })
    }
}

impl Key {
    /// The key of a whole system, made at its first start.
    pub(crate) fn or_made(self, data: &DataDir) -> Result<SecretKey, KeyError> {
        self.or(data, secret::kept)
    }

    /// The key of a part: it has to be there, since the other parts have it.
    pub(crate) fn or_kept(self, data: &DataDir) -> Result<SecretKey, KeyError> {
        self.or(data, |path| fs::read_to_string(path))
    }

    fn or(
        self,
        data: &DataDir,
        read: impl FnOnce(&Path) -> io::Result<String>,
    ) -> Result<SecretKey, KeyError> {
        if let Some(given) = self.secret_key {
            return given.parse().map_err(KeyError::Given);
        }
        let path = data.file("secret.key");
        match read(&path) {
            Ok(text) => text.parse().map_err(|source| KeyError::Damaged { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(KeyError::Missing { path })
            }
            Err(source) => Err(KeyError::File { path, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(key: &str) -> Key {
        Key { secret_key: Some(key.to_owned()) }
    }

    #[test]
    fn a_part_takes_the_key_that_the_whole_system_made() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(Some(folder.path())).unwrap();
        let nothing = || Key { secret_key: None };
        assert!(matches!(nothing().or_kept(&data), Err(KeyError::Missing { .. })));
        nothing().or_made(&data).unwrap();
        nothing().or_kept(&data).unwrap();
        fs::write(data.file("secret.key"), "no key").unwrap();
        assert!(matches!(nothing().or_made(&data), Err(KeyError::Damaged { .. })));
        given(&"ab".repeat(32)).or_made(&data).unwrap();
    }

    #[test]
    fn a_key_that_is_none_is_not_repeated_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(Some(folder.path())).unwrap();
        let error = given("hunter2").or_kept(&data).unwrap_err();
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("hunter2"));
    }
}
