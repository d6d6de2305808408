//! Reading a package: a zip that somebody sent, who may mean ill.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use zip::ZipArchive;
use zip::read::ZipFile;

/// What a package in a request is smaller than.
const MAX_ZIPPED: usize = 52_428_800;
const MAX_UNZIPPED: u64 = 262_144_000;
const MAX_ENTRIES: usize = 100_000;
const MAX_LINK: u64 = 4096;

/// Why a package was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodeError {
    /// In the words of the service.
    #[error("Could not unzip uploaded file. Please check your file, then try to upload again.")]
    NotAZip(#[source] zip::result::ZipError),
    #[error("Zipped size must be smaller than {MAX_ZIPPED} bytes")]
    TooLargeZipped,
    #[error("Unzipped size must be smaller than {MAX_UNZIPPED} bytes")]
    TooLarge,
    #[error("The package has more than {MAX_ENTRIES} entries")]
    TooManyEntries,
    #[error("The package's entry `{0}` lies outside of the function's folder or is no plain file")]
    UnsafeEntry(String),
    #[error("could not keep the package")]
    Io(#[from] io::Error),
}

/// Whether a package may come in a request.
pub(super) fn check_upload(package: &[u8]) -> Result<(), CodeError> {
    if package.len() < MAX_ZIPPED { Ok(()) } else { Err(CodeError::TooLargeZipped) }
}

/// A package, every entry of which has been looked at.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    links: Vec<Link>,
}

/// A symbolic link that stays below the function's folder.
struct Link {
    path: PathBuf,
    target: PathBuf,
}

impl<'a> Package<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, CodeError> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(CodeError::NotAZip)?;
        if archive.len() > MAX_ENTRIES {
            return Err(CodeError::TooManyEntries);
        }
        let (mut total, mut links, mut paths) = (0_u64, Vec::new(), Vec::new());
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).map_err(CodeError::NotAZip)?;
            let (name, path) = place(&entry)?;
            if entry.is_symlink() {
                let target = link_target(&mut entry, &path);
                let target = target.ok_or_else(|| CodeError::UnsafeEntry(name.clone()))?;
                links.push(Link { path: path.clone(), target });
            } else if !entry.unix_mode().is_none_or(is_file_or_dir) {
                return Err(CodeError::UnsafeEntry(name));
            }
            total = total.saturating_add(entry.size());
            paths.push((name, path));
        }
        if total > MAX_UNZIPPED {
            return Err(CodeError::TooLarge);
        }
        // Nothing may lie behind a link: where that is would depend on the order of entries.
        let linked: HashSet<&Path> = links.iter().map(|link| link.path.as_path()).collect();
        let behind = |path: &Path| path.ancestors().skip(1).any(|parent| linked.contains(parent));
        match paths.iter().find(|(_, path)| behind(path)) {
            Some((name, _)) => Err(CodeError::UnsafeEntry(name.clone())),
            None => Ok(Self { archive, links }),
        }
    }

    /// Writes everything below `into`, links last.
    pub(super) fn unpack(mut self, into: &Path) -> Result<(), CodeError> {
        // What an entry claims as its size is not what it may unpack to.
        let mut left = MAX_UNZIPPED;
        for index in 0..self.archive.len() {
            let mut entry = self.archive.by_index(index).map_err(CodeError::NotAZip)?;
            let (_, relative) = place(&entry)?;
            let path = into.join(relative);
            if entry.is_dir() {
                create_dirs(&path)?;
            } else if !entry.is_symlink() {
                create_parent(&path)?;
                let mode = entry.unix_mode().map_or(0o644, |mode| mode & 0o755 | 0o444);
                let mut file =
                    OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
                left -= copy(&mut entry, &mut file, left)?;
            }
        }
        for link in &self.links {
            let path = into.join(&link.path);
            create_parent(&path)?;
            symlink(&link.target, path)?;
        }
        Ok(())
    }
}

/// An entry's name, and where that is below the function's folder.
fn place<R: Read>(entry: &ZipFile<'_, R>) -> Result<(String, PathBuf), CodeError> {
    let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
    match safe_path(&name) {
        Some(path) => Ok((name, path)),
        None => Err(CodeError::UnsafeEntry(name)),
    }
}

/// Where a link at `path` leads, if that is below the function's folder: up by no more than its own
/// depth, and then down only.
fn link_target(content: &mut impl Read, path: &Path) -> Option<PathBuf> {
    let mut text = String::new();
    content.take(MAX_LINK).read_to_string(&mut text).ok()?;
    let target = Path::new(&text);
    let mut ups = 0;
    let mut went_down = false;
    for part in target.components() {
        match part {
            Component::ParentDir if !went_down => ups += 1,
            Component::Normal(_) => went_down = true,
            Component::CurDir => {}
            _ => return None,
        }
    }
    let depth = path.components().count().saturating_sub(1);
    (!text.is_empty() && !text.contains('\0') && ups <= depth).then(|| target.to_owned())
}

/// Copies at most `limit` bytes, an error beyond.
fn copy(from: &mut impl Read, to: &mut File, limit: u64) -> Result<u64, CodeError> {
    let copied = io::copy(&mut from.take(limit + 1), to)?;
    if copied > limit {
        return Err(CodeError::TooLarge);
    }
    to.sync_all()?;
    Ok(copied)
}

fn create_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), create_dirs)
}

fn create_dirs(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(path)
}

/// The path below the function's folder, `None` where it would lead anywhere else.
fn safe_path(name: &str) -> Option<PathBuf> {
    if name.is_empty() || name.contains(['\0', '\\']) {
        return None;
    }
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(path)
}

fn is_file_or_dir(mode: u32) -> bool {
    const KIND: u32 = 0o170_000;
    matches!(mode & KIND, 0 | 0o100_000 | 0o040_000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_safe_path_stays_below_its_root(name in "\\PC{0,40}") {
            if let Some(path) = safe_path(&name) {
                let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
                prop_assert!(stays);
            }
        }

        /// Where the system says a link leads, whatever it says.
        #[test]
        fn a_link_stays_below_its_root(
            at in "(d/){0,2}link",
            target in "(\\.\\./|\\./|d/|e/|/){0,5}(\\.\\.|d|x)?",
        ) {
            let root = tempfile::tempdir().unwrap();
            let folder = root.path().canonicalize().unwrap().join("folder");
            for dir in ["d/d", "e", "d/e"] {
                fs::create_dir_all(folder.join(dir)).unwrap();
            }
            if let Some(kept) = link_target(&mut target.as_bytes(), Path::new(&at)) {
                let path = folder.join(&at);
                symlink(kept, &path).unwrap();
                if let Ok(leads) = path.canonicalize() {
                    prop_assert!(leads.starts_with(&folder), "{} -> {target}", at);
                }
            }
        }
    }
}
