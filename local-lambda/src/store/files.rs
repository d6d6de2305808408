//! Files that are replaced whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const PRIVATE: u32 = 0o600;
/// How the names of files begin that are not in their place yet.
const UNFINISHED: &str = ".new-";

/// Puts `bytes` at `path`: written beside it, synced, renamed, and the directory synced.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let parent = parent_of(path)?;
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(parent)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_dir(parent)
}

/// Removes what a kill left of files that were on their way.
pub(crate) fn remove_unfinished(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Makes a rename or removal in `dir` durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Reads a file that only its owner may read, making it with `fresh` where there is none.
pub(crate) fn read_or_create_private(
    path: &Path,
    fresh: impl FnOnce() -> io::Result<Vec<u8>>,
) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let parent = parent_of(path)?;
    fs::create_dir_all(parent)?;
    let bytes = fresh()?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    sync_dir(parent)?;
    Ok(bytes)
}

fn parent_of(path: &Path) -> io::Result<&Path> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Ok(Path::new(".")),
        Some(parent) => Ok(parent),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has no parent")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_on_its_way_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        replace(&dir.path().join("kept.json"), b"{}").unwrap();
        fs::write(dir.path().join(".new-abc"), b"{").unwrap();
        remove_unfinished(dir.path()).unwrap();
        let names: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names, ["kept.json"]);
    }
}
