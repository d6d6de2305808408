//! The control plane as a whole: what a program that embeds it holds.

use std::{future::Future, sync::Arc};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    calls::ingest::{EnvelopeLine, IngestError, Ingested},
    database::Database,
    deploy::build::{BuildError, Progress},
    settings::Settings,
};

/// The control plane. Cheap to clone: clones share pools and settings.
#[derive(Debug, Clone)]
pub struct ControlPlane {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    database: Database,
    settings: Settings,
}

/// The organization and the person of an installation for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOwner {
    /// The organization.
    pub organization: Uuid,
    /// Its owner.
    pub user: Uuid,
}

/// Why a control plane could not start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No connection, or no such role.
    #[error("could not connect to the database")]
    Database(#[source] sqlx::Error),
}

impl ControlPlane {
    /// Connects to a database that has been migrated.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn connect(settings: Settings) -> Result<Self, ConnectError> {
        let database =
            Database::connect(&settings.database_url).await.map_err(ConnectError::Database)?;
        Ok(Self { shared: Arc::new(Shared { database, settings }) })
    }

    /// The HTTP API.
    pub fn router(&self) -> axum::Router {
        axum::Router::new()
    }

    /// Makes the one organization and its owner where they are missing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ensure_local_owner(&self) -> Result<LocalOwner, sqlx::Error> {
        todo!()
    }

    /// Works on the queue until `shutdown`, then finishes or gives back what it holds.
    pub async fn run_worker(&self, shutdown: CancellationToken) {
        shutdown.cancelled().await;
    }

    /// Makes the builder ready: the runtime fetched and compiled.
    ///
    /// # Errors
    /// When there is no compiler, no disk space, or the runtime does not build.
    pub fn warm(
        &self,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> impl Future<Output = Result<(), BuildError>> + Send {
        drop(progress);
        async { todo!() }
    }

    /// Takes in what functions wrote. A line twice is one call.
    ///
    /// # Errors
    /// When the database does not answer: then the same lines are to be sent again.
    pub async fn ingest(&self, _lines: &[EnvelopeLine]) -> Result<Ingested, IngestError> {
        todo!()
    }
}
