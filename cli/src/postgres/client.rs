//! PostgreSQL's own programs that speak to a server: dumping a database, and filling one from a dump.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::DATABASE;
use super::binaries::{self, Binaries, Missing};
use super::cluster::{Cluster, ClusterError};
use crate::error::Hint;

/// A client of the server of a data directory, which runs.
pub(crate) struct Client {
    cluster: Cluster,
    binaries: Binaries,
    url: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error(transparent)]
    Binaries(#[from] Missing),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error("`{}` is not there", program.display())]
    Missing { program: PathBuf, major: u32 },
    #[error("could not run `{}`", program.display())]
    Run { program: PathBuf, source: io::Error },
    #[error("`{program}` failed: {said}")]
    Failed { program: &'static str, said: String },
}

impl Hint for ClientError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Binaries(error) => error.hint(),
            Self::Cluster(error) => error.hint(),
            Self::Missing { major, .. } => Some(format!(
                "install it (Debian, Ubuntu: `apt-get install postgresql-client-{major}`)"
            )),
            Self::Run { .. } | Self::Failed { .. } => None,
        }
    }
}

impl Client {
    /// The client of a data directory's server.
    pub(crate) fn of(data: &Path) -> Result<Self, ClientError> {
        let binaries = binaries::find(&data.join("postgres"))?;
        let cluster = Cluster::known(data)?;
        let url = cluster.url(DATABASE);
        Ok(Self { cluster, binaries, url })
    }

    /// How to connect, as the superuser.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Writes the database into a file, as it is at one instant.
    pub(crate) async fn dump(&self, file: &Path) -> Result<(), ClientError> {
        let mut command = self.command("pg_dump")?;
        command.args(["--format=custom", "--no-password"]).arg("--file").arg(file);
        run("pg_dump", command).await
    }

    /// Fills the database, which is empty, from such a file; wholly or not at all.
    pub(crate) async fn restore(&self, file: &Path) -> Result<(), ClientError> {
        let mut command = self.command("pg_restore")?;
        command
            .args([
                "--exit-on-error",
                "--single-transaction",
                "--no-password",
                "--dbname",
                DATABASE,
            ])
            .arg(file);
        run("pg_restore", command).await
    }

    /// A program that connects by itself. The password is not among its arguments, which everybody on the
    /// machine sees.
    fn command(&self, name: &str) -> Result<Command, ClientError> {
        let program = self.binaries.program(name);
        if !program.exists() {
            return Err(ClientError::Missing { program, major: self.binaries.major });
        }
        let mut command = Command::new(program);
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("PG") {
                command.env_remove(variable);
            }
        }
        command.envs(self.cluster.environment(DATABASE));
        command.stdin(Stdio::null()).kill_on_drop(true);
        Ok(command)
    }
}

async fn run(program: &'static str, mut command: Command) -> Result<(), ClientError> {
    let path = PathBuf::from(command.as_std().get_program());
    let output = command.output().await;
    let output = output.map_err(|source| ClientError::Run { program: path, source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| line.contains("error")).or_else(|| said.lines().last());
    Err(ClientError::Failed { program, said: line.unwrap_or("it did not say why").to_owned() })
}
