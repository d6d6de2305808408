//! Finds PostgreSQL's programs: named by the user, on the machine, or in a folder beside the binary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use crate::error::Hint;

/// The oldest version that the schema works with.
pub(crate) const OLDEST: u32 = 15;

/// The folder that overrides the search.
const OVERRIDE: &str = "PROMPTPILOT_POSTGRES";

/// A folder with `postgres` and `initdb`, and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binaries {
    pub(crate) folder: PathBuf,
    pub(crate) major: u32,
}

impl Binaries {
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Asks the `postgres` in `folder` for its version. Links are followed, since the programs look
    /// for their libraries beside their real place.
    fn in_folder(folder: &Path) -> Option<Self> {
        let program = fs::canonicalize(folder.join("postgres")).ok()?;
        let folder = program.parent()?.to_owned();
        if !folder.join("initdb").exists() {
            return None;
        }
        let said = Command::new(&program).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&said.stdout))?;
        Some(Self { folder, major })
    }
}

/// Why no PostgreSQL can be started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Missing {
    #[error("no PostgreSQL {OLDEST} or later was found on this machine")]
    None,
    #[error("`{OVERRIDE}` names `{0}`, where no PostgreSQL {OLDEST} or later is", folder.display())]
    Override { folder: PathBuf },
    #[error(
        "the database in `{}` was made by PostgreSQL {made_by}, and this machine has {found}",
        folder.display()
    )]
    OtherMajor { folder: PathBuf, made_by: u32, found: String },
    #[error("could not read `{}`", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
}

impl Hint for Missing {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::None | Self::Override { .. } => format!(
                "install it (Debian, Ubuntu: `apt-get install postgresql-{OLDEST}`), name its folder in `{OVERRIDE}`, or set `DATABASE_URL` to a server you have"
            ),
            Self::OtherMajor { made_by, .. } => format!(
                "install PostgreSQL {made_by} beside the other, or start with another folder: `promptpilot up --data DIR`"
            ),
            Self::Unreadable { .. } => "check the permissions of the data directory".to_owned(),
        })
    }
}

/// The programs to use for the cluster in `cluster`: those that made it if it is there, else the
/// first that are new enough.
pub(crate) fn find(cluster: &Path) -> Result<Binaries, Missing> {
    let made_by = made_by(cluster)?;
    let found: Vec<Binaries> = match env::var_os(OVERRIDE).map(PathBuf::from) {
        Some(folder) => {
            let named = Binaries::in_folder(&folder)
                .or_else(|| Binaries::in_folder(&folder.join("bin")))
                .filter(|binaries| binaries.major >= OLDEST);
            vec![named.ok_or(Missing::Override { folder })?]
        }
        None => candidates().iter().filter_map(|folder| Binaries::in_folder(folder)).collect(),
    };
    choose(cluster, made_by, found)
}

fn choose(cluster: &Path, made_by: Option<u32>, found: Vec<Binaries>) -> Result<Binaries, Missing> {
    let mut usable = found.into_iter().filter(|binaries| binaries.major >= OLDEST).peekable();
    let Some(made_by) = made_by else {
        return usable.next().ok_or(Missing::None);
    };
    if usable.peek().is_none() {
        return Err(Missing::None);
    }
    let mut others = Vec::new();
    for binaries in usable {
        if binaries.major == made_by {
            return Ok(binaries);
        }
        if !others.contains(&binaries.major.to_string()) {
            others.push(binaries.major.to_string());
        }
    }
    Err(Missing::OtherMajor { folder: cluster.to_owned(), made_by, found: others.join(", ") })
}

/// The major version that initialised the cluster; `None` where there is no cluster yet.
fn made_by(cluster: &Path) -> Result<Option<u32>, Missing> {
    let path = cluster.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Missing::Unreadable { path, source }),
    }
}

/// Folders worth a look, best first.
fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    folders.extend(versioned(Path::new("/usr/lib/postgresql"), ""));
    folders.extend(versioned(Path::new("/usr"), "pgsql-"));
    if let Some(beside) = env::current_exe().ok().as_deref().and_then(Path::parent) {
        folders.push(beside.join("postgres/bin"));
    }
    folders
}

/// The `bin` folders below `parent` whose name is `prefix` and a major version, highest first.
fn versioned(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    found.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    found.into_iter().map(|(_, folder)| folder).collect()
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` → 15.
fn major_of(said: &str) -> Option<u32> {
    let version = said.split_whitespace().nth(2)?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binaries(major: u32) -> Binaries {
        Binaries { folder: PathBuf::from(format!("/opt/{major}")), major }
    }

    #[test]
    fn versions_are_read_from_what_the_program_says() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major_of("nonsense"), None);
    }

    #[test]
    fn a_new_cluster_takes_the_first_that_is_new_enough() {
        let found = vec![binaries(13), binaries(16), binaries(18)];
        assert_eq!(choose(Path::new("/x"), None, found).unwrap(), binaries(16));
    }

    #[test]
    fn a_cluster_keeps_the_version_that_made_it() {
        let found = vec![binaries(18), binaries(16)];
        assert_eq!(choose(Path::new("/x"), Some(16), found).unwrap(), binaries(16));
    }

    #[test]
    fn another_major_version_is_refused_in_one_sentence() {
        let error = choose(Path::new("/x"), Some(15), vec![binaries(18)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the database in `/x` was made by PostgreSQL 15, and this machine has 18"
        );
        assert!(error.hint().unwrap().contains("install PostgreSQL 15"));
    }

    #[test]
    fn old_servers_count_as_none() {
        assert!(matches!(choose(Path::new("/x"), None, vec![binaries(13)]), Err(Missing::None)));
        assert!(matches!(choose(Path::new("/x"), Some(15), vec![]), Err(Missing::None)));
    }
}
