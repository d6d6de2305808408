//! Deployment packages, kept once per content: the zip as it came and the folder it unpacks to.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::model::Code;

use super::files;
use super::package::{self, CodeError, Package};

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

    /// Whether a package may come in a request.
    pub(crate) fn check_upload(package: &[u8]) -> Result<(), CodeError> {
        package::check_upload(package)
    }

    /// What the package would be called, without keeping it.
    pub(crate) fn inspect(package: &[u8]) -> Result<Code, CodeError> {
        Package::open(package)?;
        let sha256 = STANDARD.encode(Sha256::digest(package));
        Ok(Code { sha256, size: package.len() as u64 })
    }

    /// Keeps a package and unpacks it. Doing it again changes nothing.
    pub(crate) fn install(&self, package: &[u8]) -> Result<(Code, Pin), CodeError> {
        let code = Self::inspect(package)?;
        let pin = self.pin(&code);
        if !self.unpacked(&code).is_dir() || !self.package(&code).is_file() {
            let staging = tempfile::Builder::new().prefix(".unpack-").tempdir_in(&self.dir)?;
            Package::open(package)?.unpack(staging.path())?;
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
        files::remove_unfinished(&self.dir)?;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Cursor, Write};
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
        let zeros = vec![0; 262_144_001];
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
}
