//! Takes a backup.

use std::path::Path;

use promptpilot_control_plane::deploy_progress;

use super::archive::Writer;
use super::{BackupError, DUMP, FILES, FOLDERS, Manifest};
use crate::data::{DataDir, DataError};
use crate::postgres::{Client, Postgres};

/// How often it is done again because of a deploy.
const TRIES: usize = 5;

/// Where the functions' host keeps how far its readers have read. It goes first: what was read meanwhile
/// is read once more, and a call that is there already is not written down twice.
const CURSORS: &str = "lambda/output/subscribers";

/// A backup that was taken.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) manifest: Manifest,
    pub(crate) bytes: u64,
    /// Whether the key that secrets are opened with is in it: it may have been given by a variable.
    pub(crate) has_key: bool,
}

/// Writes the whole of a data directory into `file`. Where nothing runs in it, its database is started for
/// that time.
pub(crate) async fn take(mut data: DataDir, file: &Path) -> Result<Taken, BackupError> {
    if !data.file("postgres").join("PG_VERSION").exists() {
        return Err(BackupError::NoDatabase(data.path().to_owned()));
    }
    let hold = match data.hold() {
        Ok(hold) => Some(hold),
        Err(DataError::Held { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    if hold.is_none() {
        return write(&data, file).await;
    }
    let postgres = Postgres::start(data.path(), |_| {}).await?;
    let outcome = write(&data, file).await;
    postgres.stop().await;
    outcome
}

async fn write(data: &DataDir, file: &Path) -> Result<Taken, BackupError> {
    let client = Client::of(data.path())?;
    for _ in 0..TRIES {
        let before = deploy_progress(client.url()).await.map_err(BackupError::Database)?;
        let mut writer = Writer::create(file)?;
        let manifest = match fill(&mut writer, data, &client).await {
            Ok(manifest) => manifest,
            Err(error) => {
                writer.abandon();
                return Err(error);
            }
        };
        let after = deploy_progress(client.url()).await.map_err(BackupError::Database)?;
        if after == before {
            let has_key = data.file("secret.key").exists();
            return Ok(Taken { manifest, bytes: writer.finish()?, has_key });
        }
        writer.abandon();
    }
    Err(BackupError::Deploys)
}

async fn fill(
    writer: &mut Writer,
    data: &DataDir,
    client: &Client,
) -> Result<Manifest, BackupError> {
    let manifest = Manifest::now();
    let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    writer.text(Manifest::NAME, &text)?;
    let cursors = Cursors::read(data)?;
    let folder = tempfile::tempdir_in(data.path())
        .map_err(|source| BackupError::Write { path: data.path().to_owned(), source })?;
    let dump = folder.path().join(DUMP);
    client.dump(&dump).await?;
    writer.file(Path::new(DUMP), &dump)?;
    cursors.add(writer)?;
    for name in FOLDERS {
        writer.folder(Path::new(name), &data.file(name), Path::new(CURSORS))?;
    }
    for name in FILES {
        writer.file(Path::new(name), &data.file(name))?;
    }
    Ok(manifest)
}

/// Texts of small files, as they were before the database was dumped.
struct Cursors(Vec<(String, Vec<u8>)>);

impl Cursors {
    fn read(data: &DataDir) -> Result<Self, BackupError> {
        let folder = data.file(CURSORS);
        let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Self(Vec::new())) };
        let mut found = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            // One that is just being replaced has no end to its name yet.
            if path.extension().is_some_and(|end| end == "new") {
                continue;
            }
            let text = std::fs::read(&path).map_err(|source| BackupError::Read { path, source })?;
            found.push((format!("{CURSORS}/{}", entry.file_name().to_string_lossy()), text));
        }
        Ok(Self(found))
    }

    fn add(&self, writer: &mut Writer) -> Result<(), BackupError> {
        self.0.iter().try_for_each(|(name, text)| writer.text(name, text))
    }
}
