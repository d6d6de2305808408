//! The parts, started in the order they need one another and ended in the other.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use local_lambda::Host;
use promptpilot_control_plane::{ControlPlane, Mail, Oidc, SecretKey, SecretToken};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::door::Door;
use super::ports::{Ports, Wanted};
use super::{pump, warm};
use crate::builds::Builds;
use crate::compiler;
use crate::data::{DataDir, Running};
use crate::error::Failure;
use crate::output::note;
use crate::plane;
use crate::postgres::Postgres;
use crate::secret;
use crate::site::SiteOptions;

/// How long requests and builds may take to come to an end.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// How the parts are to be.
pub(super) struct Options {
    pub(super) ports: Wanted,
    pub(super) endpoints_url: Option<String>,
    pub(super) key: SecretKey,
    pub(super) builds: Builds,
    pub(super) site: SiteOptions,
    pub(super) mail: Mail,
    pub(super) verify_emails: bool,
    pub(super) oidc: Option<Oidc>,
}

/// Everything that runs.
pub(super) struct System {
    running: Running,
    /// What opens the dashboard in a browser, once.
    open: String,
    shutdown: CancellationToken,
    /// Absent where the database is the user's own.
    postgres: Option<Postgres>,
    host: Host,
    plane: ControlPlane,
    api: JoinHandle<std::io::Result<()>>,
    state: JoinHandle<std::io::Result<()>>,
    worker: JoinHandle<()>,
    /// Ended without further ado: what they had in hand is done again at the next start.
    helpers: Vec<JoinHandle<()>>,
}

impl System {
    pub(super) async fn start(
        data: &DataDir,
        database_url: Option<String>,
        options: Options,
    ) -> Result<Self, Failure> {
        compiler::find(options.builds.cargo())?;
        let ports = Ports::open(&data.file("ports.json"), options.ports)?;
        let (postgres, database_url) = match database_url {
            Some(url) => (None, url),
            None => {
                let postgres = Postgres::start(data.path(), |text| note(text)).await?;
                let url = postgres.url().to_owned();
                (Some(postgres), url)
            }
        };
        let alone = postgres.is_some();
        match Self::start_on(data, ports, &database_url, alone, options).await {
            Ok(system) => Ok(Self { postgres, ..system }),
            Err(failure) => {
                if let Some(postgres) = postgres {
                    postgres.stop().await;
                }
                Err(failure)
            }
        }
    }

    /// Everything but the database, which nobody else works on where this is `alone`.
    async fn start_on(
        data: &DataDir,
        ports: Ports,
        database_url: &str,
        alone: bool,
        options: Options,
    ) -> Result<Self, Failure> {
        promptpilot_control_plane::migrate(database_url).await?;
        let api = ports.api();
        let functions = ports.functions();
        let state = ports.state();
        drop(ports.functions);
        let identity = options.site.identity()?;
        let host = start_host(data.path(), functions, &options).await?;
        let no_token = |error| Failure::new("could not make a token").caused_by(&error);
        let token = secret::random().map_err(no_token)?;
        let (door, link) = Door::new().map_err(no_token)?;
        let mut settings =
            plane::local(data.path(), database_url, &host, options.key, SecretToken::new(&token));
        settings.state = Some(format!("http://{state}"));
        settings.worker.alone = alone;
        settings.build = options.builds.into();
        settings.mail = options.mail;
        settings.verify_emails = options.verify_emails;
        settings.oidc = options.oidc;
        options.site.apply(&mut settings)?;
        if settings.public_url.is_some() {
            settings.rates = Some(plane::rates(plane::RATE));
        }
        // It may be addressed by its number, too.
        settings.allowed_hosts.push(api.ip().to_string());
        let open = match &settings.public_url {
            Some(url) => format!("{url}{link}"),
            None => format!("http://localhost:{}{link}", api.port()),
        };
        let plane = ControlPlane::connect(settings).await?;
        plane
            .ensure_local_owner()
            .await
            .map_err(|error| Failure::new("could not make the local owner").caused_by(&error))?;
        plane.adopt_keys(&plane::keys()).await?;
        let functions = options.endpoints_url.unwrap_or_else(|| format!("http://{functions}"));
        plane.move_endpoints(&functions).await.map_err(|error| {
            Failure::new("could not note where endpoints are reached").caused_by(&error)
        })?;
        let credentials = host.credentials();
        let shutdown = CancellationToken::new();
        let listener = |port| {
            tokio::net::TcpListener::from_std(port)
                .map_err(|error| Failure::new("could not listen for requests").caused_by(&error))
        };
        let (api_listener, state_listener) = (listener(ports.api)?, listener(ports.state)?);
        let output = host.output().subscribe(pump::CURSOR).map_err(|error| {
            Failure::new("could not read the functions' output").caused_by(&error)
        })?;
        Ok(Self {
            running: Running {
                pid: std::process::id(),
                api: format!("http://{}", plane::reachable(api)),
                functions,
                token,
                region: plane::REGION.to_owned(),
                access_key_id: credentials.access_key_id().to_owned(),
                secret_access_key: credentials.secret_access_key().to_owned(),
            },
            open,
            postgres: None,
            host,
            api: tokio::spawn(plane::serve_site(
                api_listener,
                identity,
                door.before(&plane),
                shutdown.clone(),
            )),
            state: tokio::spawn(plane::serve(
                state_listener,
                plane.state_router(),
                shutdown.clone(),
            )),
            worker: tokio::spawn({
                let (plane, shutdown) = (plane.clone(), shutdown.clone());
                async move { plane.run_worker(shutdown).await }
            }),
            helpers: vec![
                tokio::spawn(pump::run(output, plane.clone())),
                tokio::spawn(warm::run(plane.clone())),
            ],
            plane,
            shutdown,
        })
    }

    /// What the other commands are told.
    pub(super) fn running(&self) -> Running {
        self.running.clone()
    }

    /// What opens the dashboard in a browser, once.
    pub(super) fn door(&self) -> String {
        self.open.clone()
    }

    /// Waits until a part is gone that the others need.
    pub(super) async fn failed(&mut self) -> Failure {
        let postgres = async {
            match &mut self.postgres {
                Some(postgres) => postgres.failed().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = postgres => error.into(),
            _ = &mut self.api => Failure::new("the API ended"),
            _ = &mut self.state => Failure::new("the functions' state service ended"),
            _ = &mut self.worker => Failure::new("the worker ended"),
        }
    }

    /// Lets what is under way finish, within bounds.
    pub(super) async fn stop(self) {
        self.shutdown.cancel();
        for task in &self.helpers {
            task.abort();
        }
        for task in [self.worker, drop_result(self.api), drop_result(self.state)] {
            if timeout(FINISH_WITHIN, task).await.is_err() {
                tracing::warn!("a part did not end in time");
            }
        }
        self.host.shutdown().await;
        if timeout(FINISH_WITHIN, self.plane.close()).await.is_err() {
            tracing::warn!("connections to the database are still in use");
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}

fn drop_result(task: JoinHandle<std::io::Result<()>>) -> JoinHandle<()> {
    tokio::spawn(async {
        let _ = task.await;
    })
}

async fn start_host(data: &Path, listen: SocketAddr, options: &Options) -> Result<Host, Failure> {
    let tls = options.site.tls_files().map(|(certificate, key)| local_lambda::Tls::Given {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
    });
    Host::start(local_lambda::Settings {
        listen,
        region: plane::REGION.to_owned(),
        tls,
        public_url: Some(
            options.endpoints_url.clone().unwrap_or_else(|| format!("http://{listen}")),
        ),
        ..local_lambda::Settings::new(data.join("lambda"), data.join("lambda.key"))
    })
    .await
    .map_err(|error| Failure::new("could not start the functions' host").caused_by(&error))
}
