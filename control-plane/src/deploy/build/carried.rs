//! What the binary carries of itself: the runtime's sources and the lock file, so that endpoints
//! are built anywhere, without this repository.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use super::BuildError;

static RUNTIME: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../runtime/src");
static SPEC: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../spec/src");
const RUNTIME_MANIFEST: &str = include_str!("../../../../runtime/Cargo.toml");
const SPEC_MANIFEST: &str = include_str!("../../../../spec/Cargo.toml");
const WORKSPACE_MANIFEST: &str = include_str!("../../../../Cargo.toml");

/// The workspace's lock file; lanes are pruned copies.
pub(crate) const LOCK: &str = include_str!("../../../../Cargo.lock");

/// Crates that are carried.
const MEMBERS: [&str; 2] = ["runtime", "spec"];

/// All carried files by path.
static FILES: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    for (name, dir, manifest) in
        [("runtime", &RUNTIME, RUNTIME_MANIFEST), ("spec", &SPEC, SPEC_MANIFEST)]
    {
        files.insert(format!("{name}/Cargo.toml"), manifest.as_bytes().to_vec());
        collect(dir, &format!("{name}/src"), &mut files);
    }
    files.insert("Cargo.toml".to_owned(), workspace().into_bytes());
    files
});

static RUNTIME_SHA256: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (path, bytes) in FILES.iter() {
        hash.update((path.len() as u64).to_be_bytes());
        hash.update(path.as_bytes());
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    }
    hex::encode(hash.finalize())
});

fn collect(dir: &Dir<'_>, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in dir.files() {
        let path = format!("{prefix}/{}", file.path().display());
        files.insert(path, file.contents().to_vec());
    }
    for dir in dir.dirs() {
        collect(dir, prefix, files);
    }
}

/// All carried files, each with its path.
pub(super) fn files() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
}

/// A hash over all carried sources.
pub(crate) fn runtime_sha256() -> &'static str {
    &RUNTIME_SHA256
}

/// Our workspace manifest with the carried members only.
fn workspace() -> String {
    let mut manifest: toml::Table = WORKSPACE_MANIFEST.parse().unwrap_or_default();
    manifest.remove("profile");
    if let Some(workspace) = manifest.get_mut("workspace").and_then(toml::Value::as_table_mut) {
        workspace.insert("members".to_owned(), MEMBERS.map(toml::Value::from).to_vec().into());
        if let Some(dependencies) =
            workspace.get_mut("dependencies").and_then(toml::Value::as_table_mut)
        {
            let carried = |dependency: &toml::Value| {
                let path = dependency.get("path").and_then(toml::Value::as_str);
                path.is_none_or(|path| MEMBERS.contains(&path))
            };
            dependencies.retain(|_, dependency| carried(dependency));
        }
    }
    manifest.to_string()
}

/// Where the runtime's sources are.
pub(super) fn dir(root: &Path) -> PathBuf {
    root.join("promptpilot")
}

/// Writes the sources where they are not there already, in such a way that a file whose content
/// is right keeps its time: cargo goes by it.
pub(super) fn write(root: &Path) -> Result<(), BuildError> {
    let dir = dir(root);
    let stamp = dir.join(".sha256");
    if fs::read_to_string(&stamp).is_ok_and(|written| written == runtime_sha256()) {
        return Ok(());
    }
    let failed = || BuildError::io(format!("write the runtime's sources to {}", dir.display()));
    remove_others(&dir).map_err(failed())?;
    for (path, bytes) in FILES.iter() {
        write_if_changed(&dir.join(path), bytes).map_err(failed())?;
    }
    fs::write(&stamp, runtime_sha256()).map_err(failed())
}

/// Writes a file unless it says the same already.
pub(super) fn write_if_changed(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|written| written == bytes) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)
}

/// Removes files that an earlier version carried.
fn remove_others(dir: &Path) -> io::Result<()> {
    let mut open = MEMBERS.map(|member| dir.join(member)).to_vec();
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(inner) = path.strip_prefix(dir)
                && !FILES.contains_key(&inner.display().to_string())
            {
                fs::remove_file(&path)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carried_workspace_stands_alone() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        write(folder.path())?;
        let manifest: toml::Table =
            fs::read_to_string(dir(folder.path()).join("Cargo.toml"))?.parse()?;
        assert_eq!(manifest["workspace"]["members"].as_array().map(Vec::len), Some(2));
        assert!(manifest["workspace"]["dependencies"].get("promptpilot-codegen").is_none());
        assert!(manifest["workspace"]["dependencies"].get("promptpilot-spec").is_some());
        for file in ["runtime/src/lib.rs", "spec/src/definition/mod.rs", "spec/Cargo.toml"] {
            assert!(dir(folder.path()).join(file).is_file(), "{file}");
        }
        Ok(())
    }

    #[test]
    fn files_of_an_earlier_version_are_removed() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let old = dir(folder.path()).join("runtime/src/old.rs");
        fs::create_dir_all(old.parent().ok_or("no parent")?)?;
        fs::write(&old, "")?;
        write(folder.path())?;
        assert!(!old.exists());
        Ok(())
    }
}
