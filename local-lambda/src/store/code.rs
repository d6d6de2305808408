//! Deployment packages, kept once per content: the zip as it came and the folder it unpacks to.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::model::Code;

use super::files;

const MAX_ZIPPED: usize = 52_428_800;
const MAX_UNZIPPED: u64 = 262_144_000;
const MAX_ENTRIES: usize = 100_000;

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

/// The packages' folder.
#[derive(Debug)]
pub(crate) struct CodeStore {
    dir: PathBuf,
    pins: Arc<Mutex<HashMap<String, usize>>>,
}

/// Keeps a package from being swept while somebody installs or runs it.
#[derive(Debug)]
pub(crate) struct Pin {
    id: String,
    pins: Arc<Mutex<HashMap<String, usize>>>,
}

impl CodeStore {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir, pins: Arc::default() }
    }

    /// What the package would be called, without keeping it.
    pub(crate) fn inspect(package: &[u8]) -> Result<Code, CodeError> {
        if package.len() >= MAX_ZIPPED {
            return Err(CodeError::TooLargeZipped);
        }
        check(&mut open(package)?)?;
        let sha256 = STANDARD.encode(Sha256::digest(package));
        Ok(Code { sha256, size: package.len() as u64 })
    }

    /// Keeps a package and unpacks it. Doing it again changes nothing.
    pub(crate) fn install(&self, package: &[u8]) -> Result<(Code, Pin), CodeError> {
        let code = Self::inspect(package)?;
        let pin = self.pin(&code);
        if !self.unpacked(&code).is_dir() || !self.package(&code).is_file() {
            let staging = tempfile::Builder::new().prefix(".unpack-").tempdir_in(&self.dir)?;
            unpack(&mut open(package)?, staging.path())?;
            // A process may run under an account of its own.
            fs::set_permissions(staging.path(), fs::Permissions::from_mode(0o755))?;
            files::replace(&self.package(&code), package)?;
            files::sync_dir(staging.path())?;
            match fs::rename(staging.path(), self.unpacked(&code)) {
                // Somebody else was faster with the same bytes.
                Err(_) if self.unpacked(&code).is_dir() => {}
                renamed => renamed?,
            }
            files::sync_dir(&self.dir)?;
        }
        Ok((code, pin))
    }

    /// The folder a function runs in.
    pub(crate) fn unpacked(&self, code: &Code) -> PathBuf {
        self.dir.join(id_of(code))
    }

    /// The zip as it was uploaded.
    pub(crate) fn package(&self, code: &Code) -> PathBuf {
        self.dir.join(format!("{}.zip", id_of(code)))
    }

    /// Keeps `code` from being swept until the pin is dropped.
    pub(crate) fn pin(&self, code: &Code) -> Pin {
        let id = id_of(code);
        *lock(&self.pins).entry(id.clone()).or_default() += 1;
        Pin { id, pins: Arc::clone(&self.pins) }
    }

    /// Deletes every package that nobody refers to and nobody has pinned.
    pub(crate) fn sweep<'a>(&self, referenced: impl Iterator<Item = &'a Code>) -> io::Result<()> {
        let referenced: HashSet<String> = referenced.map(id_of).collect();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let id = name.trim_end_matches(".zip");
            let is_package = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            // Held while deleting: a pin taken now waits, and then finds nothing unpacked.
            let pins = lock(&self.pins);
            if !is_package || referenced.contains(id) || pins.contains_key(id) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Removes what an install that was killed left behind.
    pub(crate) fn remove_staging(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(".unpack-") {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = lock(&self.pins);
        if let Some(count) = pins.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                pins.remove(&self.id);
            }
        }
    }
}

fn lock(pins: &Mutex<HashMap<String, usize>>) -> std::sync::MutexGuard<'_, HashMap<String, usize>> {
    pins.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A package's name on disk: its hash in hexadecimal, since base64 has slashes.
fn id_of(code: &Code) -> String {
    STANDARD.decode(&code.sha256).map(hex::encode).unwrap_or_default()
}

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

fn open(package: &[u8]) -> Result<Archive<'_>, CodeError> {
    ZipArchive::new(Cursor::new(package)).map_err(CodeError::NotAZip)
}

/// Looks at every entry before one is written.
fn check(archive: &mut Archive<'_>) -> Result<(), CodeError> {
    if archive.len() > MAX_ENTRIES {
        return Err(CodeError::TooManyEntries);
    }
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(CodeError::NotAZip)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let plain = !entry.is_symlink() && entry.unix_mode().is_none_or(is_file_or_dir);
        if !plain || safe_path(&name).is_none() {
            return Err(CodeError::UnsafeEntry(name));
        }
        total = total.saturating_add(entry.size());
    }
    if total > MAX_UNZIPPED { Err(CodeError::TooLarge) } else { Ok(()) }
}

fn unpack(archive: &mut Archive<'_>, into: &Path) -> Result<(), CodeError> {
    // What an entry claims as its size is not what it may unpack to.
    let mut left = MAX_UNZIPPED;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(CodeError::NotAZip)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let Some(relative) = safe_path(&name) else { return Err(CodeError::UnsafeEntry(name)) };
        let path = into.join(relative);
        if entry.is_dir() {
            create_dirs(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            create_dirs(parent)?;
        }
        let mode = entry.unix_mode().map_or(0o644, |mode| mode & 0o755 | 0o444);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
        left -= copy(&mut entry, &mut file, left)?;
    }
    Ok(())
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

fn create_dirs(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(path)
}

/// The path below the function's folder, `None` where it would lead anywhere else.
fn safe_path(name: &str) -> Option<PathBuf> {
    if name.is_empty() || name.contains(['\0', '\\']) {
        return None;
    }
    let path = Path::new(name);
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)).then(
        || {
            path.components()
                .filter(|part| matches!(part, Component::Normal(_)))
                .collect::<PathBuf>()
        },
    )
}

fn is_file_or_dir(mode: u32) -> bool {
    const KIND: u32 = 0o170_000;
    matches!(mode & KIND, 0 | 0o100_000 | 0o040_000)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn package(entries: &[(&str, u32, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, mode, bytes) in entries {
            let options = SimpleFileOptions::default().unix_permissions(*mode);
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_package_is_kept_once_and_swept_when_nobody_needs_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = CodeStore::new(dir.path().to_owned());
        let zip = package(&[("bootstrap", 0o755, b"#!/bin/sh\n"), ("lib/a.txt", 0o644, b"a")]);

        let (code, pin) = store.install(&zip).unwrap();
        assert_eq!(store.install(&zip).unwrap().0, code);
        let bootstrap = store.unpacked(&code).join("bootstrap");
        assert_eq!(fs::metadata(&bootstrap).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read(store.package(&code)).unwrap(), zip);

        store.sweep(std::iter::empty()).unwrap();
        assert!(bootstrap.exists(), "pinned");
        drop(pin);
        store.sweep(std::iter::once(&code)).unwrap();
        assert!(bootstrap.exists(), "referenced");
        store.sweep(std::iter::empty()).unwrap();
        assert!(!bootstrap.exists());
        assert!(!store.package(&code).exists());
    }

    #[test]
    fn entries_that_would_leave_the_folder_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let store = CodeStore::new(dir.path().to_owned());
        for name in ["../evil", "/etc/evil", "a/../../evil"] {
            let refused = store.install(&package(&[(name, 0o644, b"x")])).unwrap_err();
            assert!(matches!(refused, CodeError::UnsafeEntry(_)), "{name}: {refused}");
        }
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let refused = store.install(&writer.finish().unwrap().into_inner()).unwrap_err();
        assert!(matches!(refused, CodeError::UnsafeEntry(_)), "{refused}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_bomb_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let zeros = vec![0; usize::try_from(MAX_UNZIPPED).unwrap() + 1];
        let bomb = package(&[("bootstrap", 0o755, &zeros)]);
        assert!(bomb.len() < 1_000_000);
        let refused = CodeStore::new(dir.path().to_owned()).install(&bomb).unwrap_err();
        assert!(matches!(refused, CodeError::TooLarge), "{refused}");
    }

    #[test]
    fn what_is_no_zip_is_refused_in_the_services_words() {
        let refused = CodeStore::inspect(b"not a zip").unwrap_err();
        assert!(refused.to_string().starts_with("Could not unzip uploaded file."));
    }

    proptest! {
        #[test]
        fn a_safe_path_stays_below_its_root(name in "\\PC{0,40}") {
            if let Some(path) = safe_path(&name) {
                let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
                prop_assert!(stays);
            }
        }
    }
}
