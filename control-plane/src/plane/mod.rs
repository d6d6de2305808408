//! The control plane as a whole: what a program that embeds it holds.

mod chores;
mod ingest;
pub(crate) mod recent;
mod router;

use std::{collections::BTreeMap, future::Future, sync::Arc};

use axum::http::HeaderValue;
use promptpilot_runtime::studio::Funds;
use promptpilot_spec::state::AddressError;
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use self::recent::Lookups;
use crate::{
    artifacts::Artifacts,
    budget::Purses,
    credentials::{self, vault::VaultError},
    database::{Bells, Database, listen},
    deploy::{
        self,
        build::{BuildError, Builder, Progress},
        queue,
    },
    events,
    http::{
        metrics::Metrics,
        rate::{self, Limits},
    },
    lambda,
    mail::Mailer,
    people::{self, Throttle, oidc::Provider, store::ensure_local_owner},
    secret::Secret,
    settings::Settings,
    state::{self, mirror::Mirror},
};

/// Batches of calls that are taken in at once; further senders are told to wait.
const INGESTING: usize = 4;

/// The control plane. Cheap to clone: clones share pools and settings.
#[derive(Debug, Clone)]
pub struct ControlPlane {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    database: Database,
    settings: Settings,
    builder: Builder,
    artifacts: Artifacts,
    lambda: aws_sdk_lambda::Client,
    bells: Bells,
    /// Who follows which organization.
    tail: Arc<events::Tail>,
    metrics: Metrics,
    limits: Option<Arc<Limits>>,
    throttle: Throttle,
    mailer: Mailer,
    /// Who vouches for people beside their password.
    oidc: Option<Provider>,
    owner: OnceCell<LocalOwner>,
    deployments: state::Deployments,
    lookups: Lookups,
    /// What runs of prompts are paid from.
    purses: Purses,
    /// Where functions look up keys, if that is not here.
    mirror: Option<Mirror>,
    /// Batches of calls that are taken in at once for senders over HTTP.
    ingesting: Semaphore,
    _listener: DropGuard,
}

/// The organization and the person of an installation for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOwner {
    /// The organization.
    pub organization: Uuid,
    /// Its owner.
    pub user: Uuid,
}

/// Why the local owner could not be signed in; the log says more.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("could not begin a session")]
pub struct SignInError;

/// Why provider keys could not be stored.
#[derive(Debug, thiserror::Error)]
#[error("could not store the provider keys of the environment")]
pub struct AdoptError(#[from] VaultError);

/// Why a control plane could not start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No connection, or no such role.
    #[error("could not connect to the database")]
    Database(#[source] sqlx::Error),
    /// The folder for built code cannot be used.
    #[error("could not open the folder for built code in the data directory")]
    Artifacts(#[source] object_store::Error),
    /// The address of the functions' state store is none.
    #[error("could not read where the functions' state store is")]
    State(#[from] AddressError),
}

impl ControlPlane {
    /// Connects to a database that has been migrated.
    ///
    /// # Errors
    /// When the database does not answer, or the data directory cannot be written.
    pub async fn connect(settings: Settings) -> Result<Self, ConnectError> {
        let database =
            Database::connect(&settings.database_url).await.map_err(ConnectError::Database)?;
        let artifacts = Artifacts::in_folder(&settings.data.join("artifacts"))
            .map_err(ConnectError::Artifacts)?;
        if !settings.private_addresses {
            promptpilot_runtime::transport::deny_private_addresses();
        }
        let build_root = settings.build.root.clone().unwrap_or_else(|| settings.data.join("build"));
        let bells = Bells::default();
        let gone = CancellationToken::new();
        tokio::spawn(listen(database.clone(), bells.clone(), gone.clone()));
        let tail = Arc::new(events::Tail::default());
        let (rung, told) = (Arc::clone(&bells.news), Arc::clone(&tail));
        tokio::spawn(events::watch(database.clone(), rung, told, gone.clone()));
        let shared = Shared {
            builder: Builder::new(build_root, settings.build.clone()),
            artifacts,
            lambda: lambda::client(&settings.lambda),
            bells,
            tail,
            metrics: Metrics::new(),
            limits: rate::limits(settings.rates),
            throttle: Throttle::new(),
            mailer: Mailer::new(settings.mail.clone()),
            oidc: settings.oidc.clone().map(Provider::new),
            owner: OnceCell::new(),
            deployments: state::Deployments::default(),
            lookups: Lookups::default(),
            purses: Purses::default(),
            mirror: Mirror::of(&settings)?,
            ingesting: Semaphore::new(INGESTING),
            _listener: gone.drop_guard(),
            database,
            settings,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Makes the one organization and its owner where they are missing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ensure_local_owner(&self) -> Result<LocalOwner, sqlx::Error> {
        let system = self.shared.database.system();
        self.shared.owner.get_or_try_init(|| ensure_local_owner(system)).await.copied()
    }

    /// Stores provider keys, by the names of their variables (`PROMPTPILOT_KEY_…`), for the local
    /// organization. What is live with another is published once more.
    ///
    /// # Errors
    /// When the database does not answer, or what it has is sealed with another secret key.
    pub async fn adopt_keys(&self, keys: &BTreeMap<String, Secret>) -> Result<(), AdoptError> {
        let owner = self.ensure_local_owner().await.map_err(VaultError::from)?;
        Ok(credentials::adopt(self, owner, keys).await?)
    }

    /// Notes that all deployed endpoints are reached at `base` from now on; what stands behind it in their
    /// URLs stays. For an installation whose functions are all at one host.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn move_endpoints(&self, base: &str) -> Result<(), sqlx::Error> {
        deploy::release::store::move_urls(self.shared.database.system(), base).await
    }

    /// Signs the local owner in: the cookie of a new session, as the header `set-cookie` has it. For
    /// whoever has shown that this machine is theirs.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_in_local_owner(&self) -> Result<HeaderValue, SignInError> {
        people::begin_local(self).await.map_err(|_| SignInError)
    }

    /// Ends the connections to the database, so that it can be stopped in peace. Nothing works
    /// afterwards.
    pub async fn close(&self) {
        self.shared.database.close().await;
    }

    /// Works on the queue until `shutdown`, then gives back what it holds.
    pub async fn run_worker(&self, shutdown: CancellationToken) {
        queue::run(self, shutdown).await;
    }

    /// Makes the builder ready: the runtime fetched and compiled.
    ///
    /// # Errors
    /// When there is no compiler, no disk space, or the runtime does not build.
    pub fn warm(
        &self,
        progress: impl Fn(Progress) + Send + Sync,
    ) -> impl Future<Output = Result<(), BuildError>> + Send {
        let builder = self.shared.builder.clone();
        async move { builder.warm(&progress).await }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.shared.database
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.shared.throttle
    }

    pub(crate) fn mailer(&self) -> &Mailer {
        &self.shared.mailer
    }

    pub(crate) fn oidc(&self) -> Option<&Provider> {
        self.shared.oidc.as_ref()
    }

    pub(crate) fn limits(&self) -> Option<&Limits> {
        self.shared.limits.as_deref()
    }

    pub(crate) fn deployments(&self) -> &state::Deployments {
        &self.shared.deployments
    }

    /// What was looked up a moment ago.
    pub(crate) fn lookups(&self) -> &Lookups {
        &self.shared.lookups
    }

    /// What an organization's runs of prompts are paid from.
    pub(crate) fn funds(&self, organization: Uuid) -> Funds {
        self.shared.purses.of(&self.shared.database, self.mirror(), organization)
    }

    pub(crate) fn mirror(&self) -> Option<&Mirror> {
        self.shared.mirror.as_ref()
    }

    pub(crate) fn builder(&self) -> &Builder {
        &self.shared.builder
    }

    pub(crate) fn artifacts(&self) -> &Artifacts {
        &self.shared.artifacts
    }

    pub(crate) fn lambda(&self) -> &aws_sdk_lambda::Client {
        &self.shared.lambda
    }

    pub(crate) fn tail(&self) -> &events::Tail {
        &self.shared.tail
    }

    pub(crate) fn bells(&self) -> &Bells {
        &self.shared.bells
    }
}
