//! The file of a backup: written whole or not at all, for its owner's eyes, and read with distrust.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use tar::{Archive, Builder, Entry, EntryType, Header};

use super::{BackupError, DUMP, FILES, FOLDERS, Manifest};

/// The last entry: what ends without it was cut off.
const END: &str = "end";

/// A backup that is being written.
pub(super) struct Writer {
    tar: Builder<BufWriter<File>>,
    unfinished: PathBuf,
    path: PathBuf,
}

impl Writer {
    /// A new file; one that is there is left alone.
    pub(super) fn create(path: &Path) -> Result<Self, BackupError> {
        if path.exists() {
            return Err(BackupError::Taken(path.to_owned()));
        }
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
        let file =
            file.map_err(|source| BackupError::Write { path: unfinished.clone(), source })?;
        Ok(Self { tar: Builder::new(BufWriter::new(file)), unfinished, path: path.to_owned() })
    }

    /// Adds a text.
    pub(super) fn text(&mut self, name: &str, text: &[u8]) -> Result<(), BackupError> {
        let mut header = header(text.len() as u64, 0o600);
        let added = self.tar.append_data(&mut header, name, text);
        added.map_err(|source| self.failed(source))
    }

    /// Adds a file as it is now, if it is there: what grows meanwhile is cut where it began to.
    pub(super) fn file(&mut self, name: &Path, path: &Path) -> Result<(), BackupError> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(BackupError::Read { path: path.to_owned(), source }),
        };
        let read = |source| BackupError::Read { path: path.to_owned(), source };
        let found = file.metadata().map_err(read)?;
        let mut header = header(found.len(), found.mode() & 0o777);
        // What shrinks meanwhile is filled up: the length stands before the content.
        let content = file.chain(io::repeat(0)).take(found.len());
        let added = self.tar.append_data(&mut header, name, content);
        added.map_err(|source| self.failed(source))
    }

    /// Adds a folder with all of its files but `without`. Files come and go meanwhile.
    pub(super) fn folder(
        &mut self,
        name: &Path,
        path: &Path,
        without: &Path,
    ) -> Result<(), BackupError> {
        if name == without {
            return Ok(());
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(BackupError::Read { path: path.to_owned(), source }),
        };
        let added = self.tar.append_dir(name, path);
        added.map_err(|source| self.failed(source))?;
        for entry in entries.flatten() {
            let (name, path) = (name.join(entry.file_name()), entry.path());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.folder(&name, &path, without)?,
                Ok(kind) if kind.is_file() => self.file(&name, &path)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Puts the file in its place; its length.
    pub(super) fn finish(mut self) -> Result<u64, BackupError> {
        self.text(END, b"")?;
        let Self { tar, unfinished, path } = self;
        let write = |source| BackupError::Write { path: path.clone(), source };
        let mut out = tar.into_inner().map_err(write)?;
        out.flush().map_err(write)?;
        let file = out.get_ref();
        file.sync_all().map_err(write)?;
        let bytes = file.metadata().map_err(write)?.len();
        fs::rename(&unfinished, &path).map_err(write)?;
        Ok(bytes)
    }

    /// Takes back what was written.
    pub(super) fn abandon(self) {
        let _ = fs::remove_file(&self.unfinished);
    }

    fn failed(&self, source: io::Error) -> BackupError {
        BackupError::Write { path: self.unfinished.clone(), source }
    }
}

fn header(size: u64, mode: u32) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(0);
    header
}

/// Reads the manifest, which is the first entry.
pub(super) fn manifest(path: &Path) -> Result<Manifest, BackupError> {
    let no = |why: &str| BackupError::NoBackup { path: path.to_owned(), why: why.to_owned() };
    let mut archive = open(path)?;
    let mut entries = archive.entries().map_err(|error| no(&error.to_string()))?;
    let first = entries.next().and_then(Result::ok).ok_or_else(|| no("it is no tar"))?;
    if first.path().ok().as_deref() != Some(Path::new(Manifest::NAME)) {
        return Err(no("it does not begin with a manifest"));
    }
    serde_json::from_reader(first.take(1 << 16)).map_err(|error| no(&error.to_string()))
}

/// Unpacks a backup into an empty folder.
pub(super) fn unpack(path: &Path, into: &Path) -> Result<(), BackupError> {
    let no = |why: String| BackupError::NoBackup { path: path.to_owned(), why };
    let mut archive = open(path)?;
    let mut ended = false;
    for entry in archive.entries().map_err(|error| no(error.to_string()))? {
        let mut entry = entry.map_err(|error| no(error.to_string()))?;
        let name = entry.path().map_err(|error| no(error.to_string()))?.into_owned();
        if name == Path::new(END) {
            ended = true;
            continue;
        }
        let known = is_known(&name)
            && matches!(entry.header().entry_type(), EntryType::Regular | EntryType::Directory);
        if !known {
            return Err(no(format!("`{}` does not belong there", name.display())));
        }
        put(&mut entry, &into.join(&name))?;
    }
    if ended { Ok(()) } else { Err(no("it was cut off".to_owned())) }
}

/// What a backup may have in it: nothing that leads out of the folder, and nothing that would be run.
fn is_known(name: &Path) -> bool {
    let plain = name.components().all(|part| matches!(part, Component::Normal(_)));
    let first = name.components().next().and_then(|part| part.as_os_str().to_str());
    let alone = name.components().count() == 1;
    plain
        && first.is_some_and(|first| {
            FOLDERS.contains(&first)
                || alone && (FILES.contains(&first) || [DUMP, Manifest::NAME].contains(&first))
        })
}

fn put(entry: &mut Entry<'_, impl Read>, path: &Path) -> Result<(), BackupError> {
    let write = |source| BackupError::Write { path: path.to_owned(), source };
    let mode = entry.header().mode().unwrap_or(0o600) & 0o777;
    if entry.header().entry_type() == EntryType::Directory {
        fs::create_dir_all(path).map_err(write)?;
        return fs::set_permissions(path, fs::Permissions::from_mode(mode | 0o700)).map_err(write);
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(write)?;
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(write)?;
    io::copy(entry, &mut file).map_err(write)?;
    // The mask of the process is not to be part of it.
    file.set_permissions(fs::Permissions::from_mode(mode)).map_err(write)?;
    file.sync_all().map_err(write)
}

fn open(path: &Path) -> Result<Archive<BufReader<File>>, BackupError> {
    let file =
        File::open(path).map_err(|source| BackupError::Read { path: path.to_owned(), source })?;
    Ok(Archive::new(BufReader::new(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, end: bool) {
        let data = path.with_extension("data");
        fs::create_dir_all(data.join("lambda/code")).unwrap();
        fs::create_dir_all(data.join("lambda/output")).unwrap();
        fs::write(data.join("lambda/code/bootstrap"), "run").unwrap();
        fs::set_permissions(data.join("lambda/code/bootstrap"), fs::Permissions::from_mode(0o755))
            .unwrap();
        let mut writer = Writer::create(path).unwrap();
        let manifest = serde_json::to_vec(&Manifest::now()).unwrap();
        writer.text(Manifest::NAME, &manifest).unwrap();
        writer
            .folder(Path::new("lambda"), &data.join("lambda"), Path::new("lambda/output"))
            .unwrap();
        writer.file(Path::new("secret.key"), &data.join("secret.key")).unwrap();
        if end {
            writer.finish().unwrap();
        } else {
            let Writer { tar, unfinished, .. } = writer;
            tar.into_inner().unwrap().flush().unwrap();
            fs::rename(unfinished, path).unwrap();
        }
    }

    #[test]
    fn what_is_written_comes_back_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("whole.tar");
        write(&path, true);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(manifest(&path).unwrap().is_known());
        let into = folder.path().join("into");
        fs::create_dir(&into).unwrap();
        unpack(&path, &into).unwrap();
        let file = into.join("lambda/code/bootstrap");
        assert_eq!(fs::read_to_string(&file).unwrap(), "run");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o755);
        assert!(!into.join("lambda/output").exists(), "it was left out");
        assert!(!into.join("secret.key").exists(), "what was not there is not made up");
        assert!(matches!(Writer::create(&path), Err(BackupError::Taken(_))));
    }

    #[test]
    fn what_is_no_whole_backup_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (cut, text) = (folder.path().join("cut.tar"), folder.path().join("text"));
        write(&cut, false);
        let into = folder.path().join("into");
        let error = unpack(&cut, &into).unwrap_err().to_string();
        assert!(error.ends_with("it was cut off"), "{error}");
        fs::write(&text, "nothing").unwrap();
        assert!(matches!(manifest(&text), Err(BackupError::NoBackup { .. })));
        assert!(matches!(manifest(&into.join("x")), Err(BackupError::Read { .. })));
    }

    #[test]
    fn nothing_is_written_elsewhere() {
        for name in ["lambda/functions/a.json", "artifacts/x", "secret.key", "database.dump"] {
            assert!(is_known(Path::new(name)), "{name}");
        }
        for name in
            ["../x", "lambda/../../x", "/etc/passwd", "postgres/PG_VERSION", "secret.key/x", ""]
        {
            assert!(!is_known(Path::new(name)), "{name}");
        }
    }
}
