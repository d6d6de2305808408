//! Brings a backup back, into a directory of its own.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::{BackupError, DUMP, Manifest, archive};
use crate::data::DataDir;
use crate::postgres::{Client, Postgres};

/// Makes `data`, which must not be there or be empty, from a backup. It is made beside its place and moved
/// there when it is whole: one that was killed meanwhile is begun anew.
pub(crate) async fn restore(file: &Path, data: &Path) -> Result<Manifest, BackupError> {
    let manifest = archive::manifest(file)?;
    if !manifest.is_known() {
        let version = manifest.promptpilot;
        return Err(BackupError::Newer { path: file.to_owned(), version });
    }
    check_empty(data)?;
    let unfinished = beside(data);
    let write = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::Write { path, source }
    };
    match fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(write(&unfinished)(error));
        }
        _ => {}
    }
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&unfinished);
    made.map_err(write(&unfinished))?;
    if let Err(error) = fill(file, &unfinished).await {
        let _ = fs::remove_dir_all(&unfinished);
        return Err(error);
    }
    fs::rename(&unfinished, data).map_err(write(data))?;
    Ok(manifest)
}

/// Whether there is nothing that would be lost.
fn check_empty(data: &Path) -> Result<(), BackupError> {
    let mut entries = match fs::read_dir(data) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(BackupError::Read { path: data.to_owned(), source }),
    };
    match entries.next() {
        Some(_) => Err(BackupError::NotEmpty(data.to_owned())),
        None => Ok(()),
    }
}

fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().unwrap_or_default().to_owned();
    name.push(".restoring");
    data.with_file_name(name)
}

async fn fill(file: &Path, folder: &Path) -> Result<(), BackupError> {
    let mut data = DataDir::new(Some(folder))?;
    let hold = data.hold()?;
    archive::unpack(file, data.path())?;
    let postgres = Postgres::start(data.path(), |_| {}).await?;
    let outcome = fill_database(&data).await;
    postgres.stop().await;
    outcome?;
    for name in [DUMP, Manifest::NAME, "up.lock"] {
        let path = data.file(name);
        fs::remove_file(&path).map_err(|source| BackupError::Write { path, source })?;
    }
    drop(hold);
    Ok(())
}

async fn fill_database(data: &DataDir) -> Result<(), BackupError> {
    let client = Client::of(data.path())?;
    // A dump names them and does not make them: they belong to the server.
    promptpilot_control_plane::make_roles(client.url()).await?;
    Ok(client.restore(&data.file(DUMP)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_empty_or_not_there_is_restored_into() {
        let folder = tempfile::tempdir().unwrap();
        check_empty(folder.path()).unwrap();
        check_empty(&folder.path().join("new")).unwrap();
        fs::write(folder.path().join("x"), "").unwrap();
        assert!(matches!(check_empty(folder.path()), Err(BackupError::NotEmpty(_))));
        assert_eq!(beside(Path::new("/var/lib/pp")), Path::new("/var/lib/pp.restoring"));
    }
}
