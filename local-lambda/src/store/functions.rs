//! One JSON file per function.

use std::io;
use std::path::PathBuf;

use crate::model::Function;

use super::files;

/// The functions' folder.
#[derive(Debug)]
pub(crate) struct FunctionStore {
    dir: PathBuf,
}

impl FunctionStore {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Everything in the folder.
    pub(crate) fn load(&self) -> io::Result<Vec<Function>> {
        files::remove_unfinished(&self.dir)?;
        let mut functions = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let bytes = std::fs::read(&path)?;
                let function = serde_json::from_slice(&bytes).map_err(|cause| {
                    io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("{}: {cause}", path.display()),
                    )
                })?;
                functions.push(function);
            }
        }
        Ok(functions)
    }

    pub(crate) fn save(&self, function: &Function) -> io::Result<()> {
        files::replace(&self.path(&function.name), &serde_json::to_vec(function)?)
    }

    pub(crate) fn delete(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path(name))?;
        files::sync_dir(&self.dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.json"))
    }
}
