//! The cluster on disk: made once, whole or not at all.

use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, fs};

use super::account::{Account, AccountError};
use super::binaries::Binaries;
use crate::error::Hint;

/// The superuser's name. It never leaves this machine: the server has no TCP listener.
const SUPERUSER: &str = "promptpilot";

/// The longest path the kernel takes for a socket.
const SOCKET_PATH_MAX: usize = 107;

/// Where a cluster and its secrets are.
#[derive(Clone)]
pub(crate) struct Cluster {
    /// The server's data directory. Its socket is there, too: nobody else may enter.
    pub(crate) folder: PathBuf,
    /// What the server has to say.
    pub(crate) log: PathBuf,
    password: String,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("folder", &self.folder).finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ClusterError {
    #[error("could not run `{}`", program.display())]
    Run { program: PathBuf, source: io::Error },
    #[error("PostgreSQL could not make its data directory: {0}")]
    Initialise(String),
    #[error("could not read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("could not write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(
        "the path of the data directory is too long for a socket: {0} of {SOCKET_PATH_MAX} characters"
    )]
    TooLong(usize),
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl Hint for ClusterError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::TooLong(_) => Some("choose a shorter one with `--data`".to_owned()),
            Self::Account(error) => error.hint(),
            Self::Initialise(said) if said.contains("No space left") => Some(
                "free about 100 MB, or choose a folder on another disk with `--data`".to_owned(),
            ),
            _ => None,
        }
    }
}

impl Cluster {
    /// The cluster of a data directory, made there if there is none.
    pub(crate) async fn open(
        data: &Path,
        binaries: &Binaries,
        account: Option<&Account>,
    ) -> Result<Self, ClusterError> {
        let folder = data.join("postgres");
        let socket = folder.join(".s.PGSQL.5432.lock").as_os_str().len();
        if socket > SOCKET_PATH_MAX {
            return Err(ClusterError::TooLong(socket));
        }
        if let Some(account) = account {
            account.reach(data)?;
        }
        let key = data.join("postgres.key");
        let password = crate::secret::kept(&key)
            .map_err(|source| ClusterError::Write { path: key.clone(), source })?;
        let cluster = Self { folder, log: data.join("postgres.log"), password };
        if !cluster.folder.join("PG_VERSION").exists() {
            cluster.initialise(binaries, account).await?;
        }
        Ok(cluster)
    }

    /// The cluster of a data directory that has one.
    pub(super) fn known(data: &Path) -> Result<Self, ClusterError> {
        let key = data.join("postgres.key");
        let password = fs::read_to_string(&key)
            .map_err(|source| ClusterError::Read { path: key.clone(), source })?;
        let (folder, log) = (data.join("postgres"), data.join("postgres.log"));
        Ok(Self { folder, log, password: password.trim().to_owned() })
    }

    /// The variables by which PostgreSQL's own programs connect to `database` as the superuser.
    pub(super) fn environment(&self, database: &str) -> [(&'static str, String); 5] {
        [
            ("PGHOST", self.folder.to_string_lossy().into_owned()),
            ("PGPORT", "5432".to_owned()),
            ("PGUSER", SUPERUSER.to_owned()),
            ("PGPASSWORD", self.password.clone()),
            ("PGDATABASE", database.to_owned()),
        ]
    }

    /// How to connect to `database` as the superuser.
    pub(crate) fn url(&self, database: &str) -> String {
        let mut url =
            url::Url::parse("postgres:///").unwrap_or_else(|_| unreachable!("a constant"));
        url.set_path(database);
        url.query_pairs_mut()
            .append_pair("host", &self.folder.to_string_lossy())
            .append_pair("user", SUPERUSER)
            .append_pair("password", &self.password);
        url.into()
    }

    /// `initdb` beside the final place, then a rename: a half-made cluster is never started.
    async fn initialise(
        &self,
        binaries: &Binaries,
        account: Option<&Account>,
    ) -> Result<(), ClusterError> {
        let unfinished = self.folder.with_extension("unfinished");
        let write = |source| ClusterError::Write { path: unfinished.clone(), source };
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(write)?;
        }
        fs::create_dir(&unfinished).map_err(write)?;
        fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o700)).map_err(write)?;
        let mut secret = tempfile::NamedTempFile::new().map_err(write)?;
        secret.write_all(self.password.as_bytes()).map_err(write)?;
        let program = binaries.program("initdb");
        let mut command = tokio::process::Command::new(&program);
        if let Some(account) = account {
            account.give(&unfinished)?;
            account.give(secret.path())?;
            account.apply(&mut command);
        }
        command
            .arg("--pgdata")
            .arg(&unfinished)
            .arg("--pwfile")
            .arg(secret.path())
            .args(["--username", SUPERUSER, "--auth", "scram-sha-256"])
            .args(["--encoding", "UTF8", "--locale", "C.UTF-8"])
            .current_dir("/")
            .stdin(Stdio::null());
        if !durable() {
            command.arg("--no-sync");
        }
        let done =
            command.output().await.map_err(|source| ClusterError::Run { program, source })?;
        if !done.status.success() {
            return Err(ClusterError::Initialise(last_words(&done.stderr)));
        }
        fs::rename(&unfinished, &self.folder).map_err(write)
    }
}

/// Whether the server waits for the disk. Only tests, whose data nobody misses, switch it off.
pub(crate) fn durable() -> bool {
    env::var("PROMPTPILOT_POSTGRES_FSYNC").as_deref() != Ok("off")
}

/// The line that says why, of what a program said when it gave up.
fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let told = |line: &&str| line.contains("error") || line.contains("FATAL");
    let line =
        text.lines().find(told).or_else(|| text.lines().last()).unwrap_or("it did not say why");
    line.trim().trim_start_matches("initdb: error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_odd_characters_survives_the_url() {
        let cluster = Cluster {
            folder: "/data/a b&c=d/postgres".into(),
            log: "/data/log".into(),
            password: "p/w%".to_owned(),
        };
        let options: sqlx::postgres::PgConnectOptions = cluster.url("pilot").parse().unwrap();
        assert_eq!(options.get_socket().unwrap(), Path::new("/data/a b&c=d/postgres"));
        assert_eq!(options.get_database(), Some("pilot"));
        assert_eq!(options.get_username(), SUPERUSER);
    }

    #[test]
    fn initdb_is_quoted_by_the_line_that_matters() {
        let said = b"creating directory\ninitdb: error: could not write: No space left on device\ninitdb: removing\n";
        assert_eq!(last_words(said), "could not write: No space left on device");
    }
}
