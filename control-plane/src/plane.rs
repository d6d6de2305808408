//! The control plane as a whole: what a program that embeds it holds.

use std::{collections::BTreeMap, future::Future, sync::Arc};

use aide::axum::ApiRouter;
use axum::{
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode},
    middleware,
    routing::{get, post},
};
use promptpilot_spec::state::AddressError;
use tokio::sync::{Notify, OnceCell, Semaphore, SemaphorePermit};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::{
    artifacts::Artifacts,
    audit,
    calls::{
        self,
        ingest::{EnvelopeLine, IngestError, Ingested, firehose},
    },
    credentials::{self, vault::VaultError},
    database::{Database, listen},
    deploy::{
        self,
        build::{BuildError, Builder, Progress},
        queue,
    },
    endpoints, environments, events,
    execution::{self, openai::errors},
    http::{
        Problem, documents, frame, guard, idempotency,
        metrics::{self, Metrics},
        rate::{self, Limits},
        request_id,
    },
    keys, lambda,
    mail::Mailer,
    models, organizations, pages,
    people::{self, Throttle, admit, oidc::Provider, store::ensure_local_owner},
    prompts, runs,
    secret::Secret,
    settings::Settings,
    state::{self, mirror::Mirror},
    status, tokens,
};

/// The largest request: a deploy of many definitions.
pub(crate) const MOST_BODY: usize = 16 << 20;

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
    /// Rung whenever something may have changed; whoever waits looks for itself.
    wake: Arc<Notify>,
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
        let wake = Arc::new(Notify::new());
        let gone = CancellationToken::new();
        tokio::spawn(listen(database.clone(), Arc::clone(&wake), gone.clone()));
        let tail = Arc::new(events::Tail::default());
        let (rung, told) = (Arc::clone(&wake), Arc::clone(&tail));
        tokio::spawn(events::watch(database.clone(), rung, told, gone.clone()));
        let shared = Shared {
            builder: Builder::new(build_root, settings.build.clone()),
            artifacts,
            lambda: lambda::client(&settings.lambda),
            wake,
            tail,
            metrics: Metrics::new(),
            limits: rate::limits(settings.rates),
            throttle: Throttle::new(),
            mailer: Mailer::new(settings.mail.clone()),
            oidc: settings.oidc.clone().map(Provider::new),
            owner: OnceCell::new(),
            deployments: state::Deployments::default(),
            mirror: Mirror::of(&settings)?,
            ingesting: Semaphore::new(INGESTING),
            _listener: gone.drop_guard(),
            database,
            settings,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The HTTP API.
    pub fn router(&self) -> axum::Router {
        let documented = ApiRouter::new()
            .merge(people::routes::router())
            .merge(tokens::routes::router())
            .merge(organizations::routes::router())
            .merge(status::routes::router())
            .merge(endpoints::routes::router())
            .merge(endpoints::snippets::router())
            .merge(deploy::routes::router())
            .merge(deploy::plan::routes::router())
            .merge(deploy::release::routes::router())
            .merge(calls::search::routes::router())
            .merge(calls::figures::routes::router())
            .merge(calls::export::routes::router())
            .merge(calls::retention::routes::router())
            .merge(calls::erasure::routes::router())
            .merge(calls::ingest::routes::router())
            .merge(keys::routes::router())
            .merge(credentials::routes::router())
            .merge(models::routes::router())
            .merge(environments::routes::router())
            .merge(environments::variables::routes::router())
            .merge(audit::routes::router())
            .merge(events::routes::router())
            .merge(prompts::routes::router())
            .merge(runs::routes::router())
            .merge(execution::routes::router());
        documents::with_documents(documented)
            .route("/metrics", get(metrics::show))
            .route("/api/ingest/firehose", post(firehose::deliver))
            .fallback(pages::answer)
            .method_not_allowed_fallback(Problem::method_not_allowed)
            .layer(middleware::from_fn_with_state(self.clone(), idempotency::repeat))
            .layer(middleware::from_fn_with_state(self.clone(), admit::admit))
            .layer(DefaultBodyLimit::max(MOST_BODY))
            .layer(middleware::from_fn(frame::within_time))
            .layer(middleware::from_fn_with_state(self.clone(), rate::limit))
            .layer(middleware::from_fn_with_state(self.clone(), guard::same_site))
            .layer(frame::cors(&self.settings().cors_origins))
            .layer(tower_http::catch_panic::CatchPanicLayer::custom(Problem::panicked))
            .layer(middleware::from_fn(errors::translate))
            .layer(middleware::from_fn_with_state(self.clone(), metrics::count))
            .layer(middleware::from_fn_with_state(self.clone(), frame::protect))
            .layer(middleware::from_fn(request_id::identify))
            .with_state(self.clone())
    }

    /// What deployed functions ask, for a listener of its own that only they reach.
    pub fn state_router(&self) -> axum::Router {
        axum::Router::new()
            .merge(state::routes::router())
            .fallback(async |uri: axum::http::Uri| Problem::not_found("route", uri.path()))
            .layer(DefaultBodyLimit::max(MOST_BODY))
            .layer(tower_http::catch_panic::CatchPanicLayer::custom(Problem::panicked))
            .with_state(self.clone())
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

    /// Takes in what functions wrote. A line twice is one call.
    ///
    /// # Errors
    /// When the database does not answer: then the same lines are to be sent again.
    pub async fn ingest(&self, lines: &[EnvelopeLine]) -> Result<Ingested, IngestError> {
        let system = self.shared.database.system();
        Ok(self.ring(calls::ingest::ingest(system, lines, None).await?))
    }

    /// The same of one organization's functions, for a sender who can wait.
    pub(crate) async fn ingest_for(
        &self,
        organization: Uuid,
        lines: &[EnvelopeLine],
    ) -> Result<Ingested, Problem> {
        let _permit = self.may_ingest()?;
        let system = self.shared.database.system();
        Ok(self.ring(calls::ingest::ingest(system, lines, Some(organization)).await?))
    }

    /// The same of one deployment's function.
    pub(crate) async fn ingest_of(
        &self,
        deployment: Uuid,
        lines: &[String],
    ) -> Result<Ingested, Problem> {
        let _permit = self.may_ingest()?;
        let system = self.shared.database.system();
        Ok(self.ring(calls::ingest::ingest_of(system, deployment, lines).await?))
    }

    /// The same of any function, from whoever delivers the platform's log.
    pub(crate) async fn ingest_delivered(
        &self,
        lines: &[EnvelopeLine],
    ) -> Result<Ingested, Problem> {
        let _permit = self.may_ingest()?;
        Ok(self.ingest(lines).await?)
    }

    /// Writes down a run of a prompt as a call.
    pub(crate) async fn keep_run(&self, ran: calls::Ran<'_>) -> Result<(), IngestError> {
        let system = self.shared.database.system();
        self.ring(calls::ingest::keep_run(system, ran).await?);
        Ok(())
    }

    /// Gives up calls that nothing was heard of for longer than any call lasts. Workers do it now and
    /// then.
    pub async fn give_up_calls(&self) {
        match calls::ingest::give_up(self.shared.database.system()).await {
            Ok(0) => {}
            Ok(calls) => tracing::info!(calls, "gave up calls that nothing was heard of"),
            Err(error) => tracing::debug!(%error, "could not look for calls to give up"),
        }
    }

    /// Makes room for calls to come, and sweeps those that their organization keeps no longer. Workers do
    /// it now and then.
    pub async fn keep_calls(&self) {
        match calls::retention::apply(self.shared.database.system()).await {
            Ok((0, 0)) => {}
            Ok((calls, months)) => tracing::info!(calls, months, "swept old calls"),
            Err(error) => tracing::warn!(%error, "could not sweep old calls"),
        }
    }

    /// Sweeps events that are older than they are kept. Workers do it now and then.
    pub async fn sweep_events(&self) {
        let kept = self.settings().keep_events.as_secs_f64();
        match events::store::sweep(self.shared.database.system(), kept).await {
            Ok(0) => {}
            Ok(events) => tracing::debug!(events, "swept old events"),
            Err(error) => tracing::warn!(%error, "could not sweep old events"),
        }
    }

    /// Gives budgets back what processes held that were killed, as far as the records of calls tell that
    /// it was not spent. Workers do it now and then.
    pub async fn reconcile_budgets(&self) {
        match state::reconcile::budgets(self.shared.database.system()).await {
            Ok(0) => {}
            Ok(budgets) => {
                tracing::info!(budgets, "gave back what killed processes had of budgets");
            }
            Err(error) => tracing::warn!(%error, "could not reconcile budgets with the records"),
        }
    }

    fn may_ingest(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.shared.ingesting.try_acquire().map_err(|_| {
            let detail = "other batches of calls are taken in at this moment";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "ingest-busy", detail).retry_after(1)
        })
    }

    /// Wakes whoever follows calls.
    fn ring(&self, ingested: Ingested) -> Ingested {
        if ingested.new > 0 {
            self.shared.wake.notify_waiters();
        }
        ingested
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

    pub(crate) fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.shared.wake)
    }
}
