//! Backups: the whole of a data directory in one file, taken while everything runs.
//!
//! The file is a tar of a manifest, a dump of the database, what the functions' host keeps, built code,
//! ports and keys. What can be made again (builds, the cluster itself) is left out. The database is dumped
//! in one snapshot and files are copied after it, so files may be ahead of the database as they are when a
//! worker is killed, and never behind; where a deploy went on meanwhile, all is done again.

mod archive;
mod manifest;
mod restore;
mod take;

use std::io;
use std::path::PathBuf;

use self::manifest::Manifest;
pub(crate) use self::restore::restore;
pub(crate) use self::take::take;
use crate::data::DataError;
use crate::error::{Exit, Hint};
use crate::postgres::{ClientError, PostgresError};

/// The dump of the database, in a backup.
const DUMP: &str = "database.dump";

/// Folders of the data directory that are kept.
const FOLDERS: [&str; 2] = ["lambda", "artifacts"];

/// Files of the data directory that are kept: what the functions' host and the secrets are opened with,
/// and where everything answers.
const FILES: [&str; 4] = ["secret.key", "lambda.key", "lambda.credentials", "ports.json"];

/// Why a backup was not taken, or not brought back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the database did not answer")]
    Database(#[source] sqlx::Error),
    #[error("there is no database of Prompt Pilot's own in `{}`", .0.display())]
    NoDatabase(PathBuf),
    #[error("`{}` is there already", .0.display())]
    Taken(PathBuf),
    #[error("deploys went on all the time")]
    Deploys,
    #[error("could not write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("could not read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` is no backup of Prompt Pilot's: {why}", path.display())]
    NoBackup { path: PathBuf, why: String },
    #[error("`{}` was written by a newer promptpilot ({version})", path.display())]
    Newer { path: PathBuf, version: String },
    #[error("`{}` is not empty", .0.display())]
    NotEmpty(PathBuf),
    #[error("could not make the roles of the database")]
    Roles(#[from] promptpilot_control_plane::MigrateError),
}

impl Hint for BackupError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Data(error) => error.hint(),
            Self::Postgres(error) => error.hint(),
            Self::Client(error) => error.hint(),
            Self::Roles(error) => error.hint(),
            Self::NoDatabase(_) => Some(
                "name another directory with `--data DIR`; a database of your own (`DATABASE_URL`) is \
                 backed up by its own means, such as `pg_dump`"
                    .to_owned(),
            ),
            Self::Taken(_) => Some("choose another name".to_owned()),
            Self::Deploys => Some("try again when no deploy is under way".to_owned()),
            Self::Newer { .. } => Some("use that one".to_owned()),
            Self::NotEmpty(_) => {
                Some("restore into an empty directory: `--data DIR`; nothing was changed".to_owned())
            }
            Self::Database(_) | Self::Write { .. } | Self::Read { .. } | Self::NoBackup { .. } => None,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Taken(_) | Self::NotEmpty(_) | Self::NoBackup { .. } | Self::Newer { .. } => {
                Exit::Usage
            }
            _ => Exit::Failed,
        }
    }
}
