//! Where things are in the data directory; the README of this crate shows it as a tree.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The paths of a data directory.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Makes what is missing.
    pub(crate) fn create(root: &Path) -> io::Result<Self> {
        let layout = Self { root: root.to_owned() };
        let dirs = [
            layout.functions(),
            layout.code(),
            layout.events(),
            layout.streams(),
            layout.subscribers(),
        ];
        for dir in dirs {
            std::fs::create_dir_all(dir)?;
        }
        Ok(layout)
    }

    /// Takes the directory for this host; two would fall over each other.
    pub(crate) fn lock(&self) -> Result<File, TryLockError> {
        let file = File::create(self.root.join("lock")).map_err(TryLockError::Error)?;
        file.try_lock()?;
        Ok(file)
    }

    pub(crate) fn functions(&self) -> PathBuf {
        self.root.join("functions")
    }

    pub(crate) fn code(&self) -> PathBuf {
        self.root.join("code")
    }

    /// Asynchronous calls that are not done.
    pub(crate) fn events(&self) -> PathBuf {
        self.root.join("events")
    }

    /// What is told of those that are.
    pub(crate) fn destinations(&self) -> PathBuf {
        self.root.join("output/destinations")
    }

    /// The finished lines of each function.
    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join("output/logs")
    }

    /// What running processes write into.
    pub(crate) fn streams(&self) -> PathBuf {
        self.root.join("output/streams")
    }

    pub(crate) fn subscribers(&self) -> PathBuf {
        self.root.join("output/subscribers")
    }
}
