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

/// The key that is to come.
#[derive(Debug, Args)]
pub(crate) struct NextKey {
    /// The key from now on, as the present one is written [default: a random one where the data directory
    /// keeps the key]
    #[arg(long, value_name = "KEY", env = "PROMPTPILOT_NEW_SECRET_KEY", hide_env_values = true)]
    new_secret_key: Option<String>,
}

/// The file of the data directory that has the key.
const FILE: &str = "secret.key";

/// The file that has the next one, while that is put in the place of the present one.
const NEXT_FILE: &str = "secret.key.next";

#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("`PROMPTPILOT_SECRET_KEY` cannot be used")]
    Given(#[source] NoKey),
    #[error("there is no secret key: neither `PROMPTPILOT_SECRET_KEY` nor `{}`", path.display())]
    Missing { path: PathBuf },
    #[error("`PROMPTPILOT_NEW_SECRET_KEY` cannot be used")]
    GivenNext(#[source] NoKey),
    #[error("the present key is given by a variable, and the new one is not")]
    NextMissing,
    #[error("giving the installation another key was cut off")]
    Rotating,
    #[error("could not use `{}`", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("could not understand `{}`", path.display())]
    Damaged { path: PathBuf, source: NoKey },
}

impl Hint for KeyError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Given(_) | Self::GivenNext(_) => format!("make one with {MAKE}"),
            Self::NextMissing => {
                format!("make one with {MAKE} and set it as `PROMPTPILOT_NEW_SECRET_KEY`")
            }
            Self::Rotating => "finish it with `promptpilot rotate-key`".to_owned(),
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
        self.whole(data)?.or(data, secret::kept)
    }

    /// The key of a part: it has to be there, since the other parts have it.
    pub(crate) fn or_kept(self, data: &DataDir) -> Result<SecretKey, KeyError> {
        self.whole(data)?.or(data, |path| fs::read_to_string(path))
    }

    /// Whether the key comes from outside.
    pub(crate) fn is_given(&self) -> bool {
        self.secret_key.is_some()
    }

    /// Refuses a key of which nobody knows whether the database is sealed with it.
    fn whole(self, data: &DataDir) -> Result<Self, KeyError> {
        if !self.is_given() && data.file(NEXT_FILE).exists() {
            return Err(KeyError::Rotating);
        }
        Ok(self)
    }

    fn or(
        self,
        data: &DataDir,
        read: impl FnOnce(&Path) -> io::Result<String>,
    ) -> Result<SecretKey, KeyError> {
        if let Some(given) = self.secret_key {
            return given.parse().map_err(KeyError::Given);
        }
        let path = data.file(FILE);
        match read(&path) {
            Ok(text) => text.parse().map_err(|source| KeyError::Damaged { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(KeyError::Missing { path })
            }
            Err(source) => Err(KeyError::File { path, source }),
        }
    }
}

/// A change of keys. The next one is written down before anything is sealed with it, and takes the place of
/// the present one after everything is: whatever happens between, neither is lost.
pub(crate) struct Rotation {
    pub(crate) old: SecretKey,
    pub(crate) new: SecretKey,
    /// Whether the data directory keeps them.
    kept: bool,
}

impl Rotation {
    /// The keys; the next one as an earlier attempt wrote it down.
    pub(crate) fn begin(key: Key, next: &NextKey, data: &DataDir) -> Result<Self, KeyError> {
        let given = next.new_secret_key.as_deref();
        let given = given.map(str::parse::<SecretKey>).transpose().map_err(KeyError::GivenNext)?;
        if key.is_given() {
            let new = given.ok_or(KeyError::NextMissing)?;
            return Ok(Self { old: key.or_kept(data)?, new, kept: false });
        }
        let old = key.or(data, |path| fs::read_to_string(path))?;
        let path = data.file(NEXT_FILE);
        let file = |source| KeyError::File { path: path.clone(), source };
        if let (Some(text), false) = (&next.new_secret_key, path.exists()) {
            secret::write(&path, text).map_err(file)?;
        }
        let text = secret::kept(&path).map_err(file)?;
        let new =
            text.parse().map_err(|source| KeyError::Damaged { path: path.clone(), source })?;
        Ok(Self { old, new, kept: true })
    }

    /// Puts the next key in the place of the present one, where the data directory keeps them; whether it
    /// does.
    pub(crate) fn finish(self, data: &DataDir) -> Result<bool, KeyError> {
        if self.kept {
            let (next, path) = (data.file(NEXT_FILE), data.file(FILE));
            fs::rename(next, &path).map_err(|source| KeyError::File { path, source })?;
        }
        Ok(self.kept)
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
    fn a_change_of_keys_that_was_cut_off_goes_on_with_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(Some(folder.path())).unwrap();
        let nothing = || Key { secret_key: None };
        let begin = |key| Rotation::begin(key, &NextKey { new_secret_key: None }, &data);
        nothing().or_made(&data).unwrap();
        let present = data.file(FILE);
        let read = |file: &Path| fs::read_to_string(file).unwrap();
        let before = read(&present);
        begin(nothing()).unwrap();
        let next = read(&data.file(NEXT_FILE));
        assert!(matches!(nothing().or_made(&data), Err(KeyError::Rotating)));
        let again = begin(nothing()).unwrap();
        assert_eq!((read(&data.file(NEXT_FILE)), read(&present)), (next.clone(), before.clone()));
        assert!(again.finish(&data).unwrap());
        assert_eq!(read(&present), next);
        assert_ne!(next, before);
        nothing().or_made(&data).unwrap();
        assert!(matches!(begin(given(&before)), Err(KeyError::NextMissing)));
    }

    #[test]
    fn a_key_that_is_none_is_not_repeated_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::new(Some(folder.path())).unwrap();
        let error = given("hunter2").or_kept(&data).unwrap_err();
        assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("hunter2"));
    }
}
