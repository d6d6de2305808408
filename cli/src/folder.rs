//! The user's folder: definitions in `endpoints/`, found by name or by path.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Exit, Hint};

/// Where definitions are.
pub(crate) const FOLDER: &str = "endpoints";

/// A definition's file, read but not understood yet.
#[derive(Debug, Clone)]
pub(crate) struct DefinitionFile {
    /// The path as the user would write it.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
    /// The name it gives itself, or else the file's.
    pub(crate) name: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    #[error("there are no endpoint definitions here")]
    Empty,
    #[error("no definition is named `{name}`")]
    Unknown { name: String, nearest: Option<String>, known: Vec<String> },
    #[error("could not read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{}` is not UTF-8 text", path.display())]
    Binary { path: PathBuf },
    #[error("which endpoint?")]
    Which { known: Vec<String> },
}

impl Hint for FolderError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Empty => Some(format!(
                "go to the folder that holds `{FOLDER}/`, or write a first definition with `promptpilot init`"
            )),
            Self::Unknown { nearest: Some(nearest), .. } => {
                Some(format!("did you mean `{nearest}`?"))
            }
            Self::Unknown { known, .. } => Some(format!("there are {}", list(known))),
            Self::Which { known } => {
                Some(format!("name one or more of {}, or take `--all`", list(known)))
            }
            Self::Read { .. } | Self::Binary { .. } => None,
        }
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

/// All definitions of the folder, by path.
pub(crate) fn all(folder: &Path) -> Result<Vec<DefinitionFile>, FolderError> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder.join(FOLDER))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    if paths.is_empty() {
        return Err(FolderError::Empty);
    }
    paths.iter().map(|path| read(path.strip_prefix(folder).unwrap_or(path), path)).collect()
}

/// The definitions that are meant: each an endpoint's name or a file's path; none means the only
/// one there is.
pub(crate) fn select(folder: &Path, wanted: &[String]) -> Result<Vec<DefinitionFile>, FolderError> {
    if wanted.is_empty() {
        let mut files = all(folder)?;
        if files.len() > 1 {
            return Err(FolderError::Which { known: names(&files) });
        }
        files.truncate(1);
        return Ok(files);
    }
    let mut chosen: Vec<DefinitionFile> = Vec::new();
    for name in wanted {
        let file = one(folder, name)?;
        if !chosen.iter().any(|other| other.path == file.path) {
            chosen.push(file);
        }
    }
    Ok(chosen)
}

fn one(folder: &Path, wanted: &str) -> Result<DefinitionFile, FolderError> {
    let path = Path::new(wanted);
    if path.extension().is_some_and(|extension| extension == "toml") {
        return read(path, &folder.join(path));
    }
    let files = all(folder)?;
    let known = names(&files);
    match files.into_iter().find(|file| file.name == wanted) {
        Some(file) => Ok(file),
        None => Err(FolderError::Unknown {
            name: wanted.to_owned(),
            nearest: nearest(wanted, &known),
            known,
        }),
    }
}

fn read(shown: &Path, path: &Path) -> Result<DefinitionFile, FolderError> {
    let bytes =
        fs::read(path).map_err(|source| FolderError::Read { path: shown.to_owned(), source })?;
    let text =
        String::from_utf8(bytes).map_err(|_| FolderError::Binary { path: shown.to_owned() })?;
    let stem = shown.file_stem().unwrap_or_default().to_string_lossy();
    let name = name_in(&text).unwrap_or_else(|| stem.into_owned());
    Ok(DefinitionFile { path: shown.display().to_string(), text, name })
}

/// The endpoint's name, read line by line: a file that is broken further down keeps its name.
fn name_in(text: &str) -> Option<String> {
    text.lines().take_while(|line| !line.trim_start().starts_with('[')).find_map(|line| {
        let value = line.trim().strip_prefix("name")?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        value[1..].split_once(quote).map(|(name, _)| name.to_owned())
    })
}

fn names(files: &[DefinitionFile]) -> Vec<String> {
    files.iter().map(|file| file.name.clone()).collect()
}

/// The known name that was probably meant.
pub(crate) fn nearest(wanted: &str, known: &[String]) -> Option<String> {
    promptpilot_codegen::nearest(wanted, known.iter().map(String::as_str)).map(str::to_owned)
}

/// Names as people list them.
pub(crate) fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FOLDER)).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(FOLDER).join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn a_definition_is_found_by_the_name_it_gives_itself() {
        let folder = folder(&[("a.toml", "name = \"summarize\""), ("extract.toml", "broken [")]);
        let found = select(folder.path(), &["summarize".to_owned(), "extract".to_owned()]).unwrap();
        let paths: Vec<&str> = found.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["endpoints/a.toml", "endpoints/extract.toml"]);
    }

    #[test]
    fn a_typo_offers_the_nearest_name() {
        let folder = folder(&[("summarize.toml", ""), ("extract.toml", "")]);
        let error = select(folder.path(), &["sumarize".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "no definition is named `sumarize`");
        assert_eq!(error.hint().unwrap(), "did you mean `summarize`?");
        assert_eq!(error.exit(), Exit::Usage);
    }

    #[test]
    fn without_a_name_only_a_lonely_definition_is_meant() {
        let one = folder(&[("summarize.toml", "")]);
        assert_eq!(select(one.path(), &[]).unwrap().len(), 1);
        let two = folder(&[("summarize.toml", ""), ("extract.toml", "")]);
        let error = select(two.path(), &[]).unwrap_err();
        assert_eq!(
            error.hint().unwrap(),
            "name one or more of `extract`, `summarize`, or take `--all`"
        );
        let none = tempfile::tempdir().unwrap();
        assert!(matches!(select(none.path(), &[]), Err(FolderError::Empty)));
    }

    #[test]
    fn a_name_in_a_table_is_not_the_endpoints() {
        assert_eq!(name_in("name = 'a' # x\n[model]\nname = \"b\""), Some("a".to_owned()));
        assert_eq!(name_in("[model]\nname = \"b\""), None);
        assert_eq!(name_in("names = \"b\""), None);
    }
}
