//! Servers that this person has logged in to, with their tokens: one file, for its owner's eyes.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::Hint;
use crate::secret;

/// The file's content.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Logins {
    /// The server that commands mean where none is named.
    current: Option<String>,
    /// Tokens by server.
    tokens: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginsError {
    #[error("there is no home directory to keep logins in")]
    Homeless,
    #[error("could not use `{}`", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("could not understand `{}`", path.display())]
    Damaged { path: PathBuf, source: serde_json::Error },
}

impl Hint for LoginsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Homeless => "set `XDG_CONFIG_HOME` to a folder".to_owned(),
            Self::File { path, .. } => format!("mend the permissions of `{}`", path.display()),
            Self::Damaged { path, .. } => format!("delete `{}` and log in again", path.display()),
        })
    }
}

impl Logins {
    /// What is kept; nothing where nobody has logged in.
    pub(crate) fn read() -> Result<Self, LoginsError> {
        // Whoever has no home has logged in nowhere.
        let Ok(path) = file() else { return Ok(Self::default()) };
        match fs::read_to_string(&path) {
            Ok(text) => {
                serde_json::from_str(&text).map_err(|source| LoginsError::Damaged { path, source })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(LoginsError::File { path, source }),
        }
    }

    /// The server that is meant where none is named.
    pub(crate) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// The token of a server.
    pub(crate) fn token(&self, server: &str) -> Option<&str> {
        self.tokens.get(plain(server)).map(String::as_str)
    }

    /// Keeps a token; its server is the one that commands mean from now on.
    pub(crate) fn add(&mut self, server: &str, token: &str) -> Result<(), LoginsError> {
        let server = plain(server).to_owned();
        self.current = Some(server.clone());
        self.tokens.insert(server, token.to_owned());
        self.write()
    }

    /// Forgets the token of a server.
    pub(crate) fn remove(&mut self, server: &str) -> Result<(), LoginsError> {
        self.tokens.remove(plain(server));
        if self.current() == Some(plain(server)) {
            self.current = None;
        }
        self.write()
    }

    fn write(&self) -> Result<(), LoginsError> {
        let path = file()?;
        let failed = |source| LoginsError::File { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        }
        let text = serde_json::to_string_pretty(self)
            .map_err(|source| LoginsError::Damaged { path: path.clone(), source })?;
        secret::write(&path, &text).map_err(failed)
    }
}

/// One server may be written with or without a slash at its end.
fn plain(server: &str) -> &str {
    server.trim_end_matches('/')
}

fn file() -> Result<PathBuf, LoginsError> {
    let named = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = || std::env::home_dir().map(|home| home.join(".config"));
    let folder = named.filter(|path| path.is_absolute()).or_else(home);
    Ok(folder.ok_or(LoginsError::Homeless)?.join("promptpilot/logins.json"))
}
