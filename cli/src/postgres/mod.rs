//! PostgreSQL of one's own: found on the machine, kept in the data directory, started, watched and
//! stopped together with everything else.

mod account;
mod binaries;
mod client;
mod cluster;
mod leftovers;
mod process;

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::account::{Account, AccountError};
use self::binaries::{Binaries, Missing};
pub(crate) use self::client::{Client, ClientError};
use self::cluster::{Cluster, ClusterError};
use self::process::ProcessError;
use crate::error::Hint;

/// The database of the product.
const DATABASE: &str = "promptpilot";

/// So many ends within [`RESTART_WINDOW`] and it is not started again.
const RESTARTS: usize = 5;
const RESTART_WINDOW: Duration = Duration::from_secs(60);

/// A running server. Dropping it kills it; [`stop`](Self::stop) lets it finish.
#[derive(Debug)]
pub(crate) struct Postgres {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    watch: JoinHandle<Result<(), PostgresError>>,
}

/// Why there is no server, or no longer one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostgresError {
    #[error(transparent)]
    Missing(#[from] Missing),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("could not make the database `{DATABASE}`")]
    Create(#[source] sqlx::Error),
    #[error("PostgreSQL ended {RESTARTS} times within a minute; its log is `{0}`")]
    KeepsEnding(String),
}

impl Hint for PostgresError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing(error) => error.hint(),
            Self::Account(error) => error.hint(),
            Self::Cluster(error) => error.hint(),
            Self::Process(error) => error.hint(),
            Self::Create(_) | Self::KeepsEnding(_) => None,
        }
    }
}

impl Postgres {
    /// Starts the server of a data directory and makes the cluster and the database if need be.
    /// `notice` is told what happens to it later: that it ended, that it is back.
    pub(crate) async fn start(
        data: &Path,
        notice: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, PostgresError> {
        let binaries = binaries::find(&data.join("postgres"))?;
        let account = Account::for_server()?;
        let cluster = Cluster::open(data, &binaries, account.as_ref()).await?;
        let url = cluster.url(DATABASE);
        let place = Place { cluster, binaries, account };
        let child = place.start().await?;
        place.create_database().await.map_err(PostgresError::Create)?;
        let (stop, stopped) = oneshot::channel();
        let watch = tokio::spawn(place.watch(child, stopped, notice));
        Ok(Self { url, stop: Some(stop), watch })
    }

    /// How to connect, as the superuser.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until the server cannot be kept running, and says why.
    pub(crate) async fn failed(&mut self) -> PostgresError {
        match (&mut self.watch).await {
            Ok(Err(error)) => error,
            _ => std::future::pending().await,
        }
    }

    /// Ends it: transactions are rolled back, files are settled.
    pub(crate) async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if !self.watch.is_finished() {
            let _ = (&mut self.watch).await;
        }
    }
}

/// What it takes to start the server again.
struct Place {
    cluster: Cluster,
    binaries: Binaries,
    account: Option<Account>,
}

impl Place {
    async fn start(&self) -> Result<Child, ProcessError> {
        process::start(&self.cluster, &self.binaries, self.account.as_ref()).await
    }

    async fn create_database(&self) -> sqlx::Result<()> {
        let mut connection = PgConnection::connect(&self.cluster.url("postgres")).await?;
        let exists: bool =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(DATABASE)
                .fetch_one(&mut connection)
                .await?;
        if !exists {
            sqlx::query(sqlx::AssertSqlSafe(format!("create database {DATABASE}")))
                .execute(&mut connection)
                .await?;
        }
        connection.close().await
    }

    /// Starts the server again whenever it ends, until it is asked to stop.
    async fn watch(
        self,
        mut child: Child,
        mut stopped: oneshot::Receiver<()>,
        notice: impl Fn(&str) + Send + Sync,
    ) -> Result<(), PostgresError> {
        let mut ends: Vec<Instant> = Vec::new();
        loop {
            let status = tokio::select! {
                _ = &mut stopped => {
                    process::stop(&mut child).await;
                    return Ok(());
                }
                status = child.wait() => status,
            };
            ends.retain(|end| end.elapsed() < RESTART_WINDOW);
            ends.push(Instant::now());
            if ends.len() >= RESTARTS {
                return Err(PostgresError::KeepsEnding(self.cluster.log.display().to_string()));
            }
            let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            notice(&format!("PostgreSQL ended ({how}); starting it again"));
            child = self.start().await?;
            notice("PostgreSQL is back");
        }
    }
}
