//! A whole system: host, control plane, worker and API on free ports, with a database and folders
//! of its own. Only the builder's folder is shared, since warming it takes minutes.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use local_lambda::Host;
use promptpilot_control_plane::{
    ControlPlane, Faults, LambdaTarget, SecretKey, SecretToken, Settings,
    deploy::model::{Batch, Deployment, LogLine},
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Failure, database::TestDatabase};

pub(crate) const TOKEN: &str = "the-token-of-this-test";

/// The longest that anything may take; the first test of a machine warms the builder.
const PATIENCE: Duration = Duration::from_secs(600);

/// A running system.
pub(crate) struct Pilot {
    pub(crate) plane: ControlPlane,
    pub(crate) settings: Settings,
    pub(crate) url: String,
    pub(crate) host: Host,
    pub(crate) database: TestDatabase,
    pub(crate) client: reqwest::Client,
    workers: Vec<(CancellationToken, JoinHandle<()>)>,
    server: JoinHandle<()>,
    folder: tempfile::TempDir,
}

impl Pilot {
    /// A system with one worker.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let mut pilot = Self::without_worker().await?;
        pilot.add_worker(Faults::default()).await?;
        Ok(pilot)
    }

    /// A system that accepts, but nobody works.
    pub(crate) async fn without_worker() -> Result<Self, Failure> {
        Self::without_worker_with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn without_worker_with(
        change: impl FnOnce(&mut Settings),
    ) -> Result<Self, Failure> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir()?;
        let host = Host::start(local_lambda::Settings {
            region: "eu-central-1".to_owned(),
            ..local_lambda::Settings::new(
                folder.path().join("lambda"),
                folder.path().join("lambda.key"),
            )
        })
        .await?;
        let database = TestDatabase::new().await?;
        let credentials = host.credentials();
        let lambda = LambdaTarget {
            endpoint_url: Some(format!("http://{}", host.address())),
            region: "eu-central-1".to_owned(),
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: credentials.secret_access_key().into(),
            session_token: None,
            role_arn: "arn:aws:iam::000000000000:role/promptpilot".to_owned(),
        };
        let mut settings =
            Settings::new(database.url(), folder.path(), lambda, SecretKey::new([7; 32]));
        settings.token = Some(SecretToken::new(TOKEN));
        settings.build.root = Some(build_folder());
        settings.worker.lease = Duration::from_secs(2);
        let state = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        settings.state = Some(format!("http://{}", state.local_addr()?));
        change(&mut settings);
        let plane = ControlPlane::connect(settings.clone()).await?;
        plane.ensure_local_owner().await?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (router, state_router) = (plane.router(), plane.state_router());
        let server = tokio::spawn(async move {
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            let state = axum::serve(state, state_router);
            let (_, _) = tokio::join!(axum::serve(listener, service), state);
        });
        Ok(Self {
            plane,
            settings,
            url,
            host,
            database,
            client: reqwest::Client::builder().no_proxy().build()?,
            workers: Vec::new(),
            server,
            folder,
        })
    }

    /// One more worker, with injected failures.
    pub(crate) async fn add_worker(&mut self, faults: Faults) -> Result<(), Failure> {
        let mut settings = self.settings.clone();
        settings.worker.faults = faults;
        self.add_worker_with(settings).await
    }

    pub(crate) async fn add_worker_with(&mut self, settings: Settings) -> Result<(), Failure> {
        let plane = ControlPlane::connect(settings).await?;
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone();
        let worker = tokio::spawn(async move { plane.run_worker(stop).await });
        self.workers.push((shutdown, worker));
        Ok(())
    }

    /// Stops all workers, as a shutdown does.
    pub(crate) async fn stop_workers(&mut self) -> Result<(), Failure> {
        for (shutdown, worker) in self.workers.drain(..) {
            shutdown.cancel();
            worker.await?;
        }
        Ok(())
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        let (status, body) = self.request(reqwest::Method::GET, path, None).await?;
        if status.is_success() {
            Ok(body)
        } else {
            Err(format!("GET {path}: {status} {body}").into())
        }
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<(u16, Value), Failure> {
        let (status, body) = self.request(reqwest::Method::POST, path, Some(body)).await?;
        Ok((status.as_u16(), body))
    }

    pub(crate) async fn request(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(reqwest::StatusCode, Value), Failure> {
        let mut request =
            self.client.request(method, format!("{}{path}", self.url)).bearer_auth(TOKEN);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// Asks for a deploy of definitions.
    pub(crate) async fn deploy(&self, definitions: &[String]) -> Result<Batch, Failure> {
        let definitions: Vec<Value> = definitions
            .iter()
            .enumerate()
            .map(|(index, toml)| json!({ "file": format!("{index}.toml"), "toml": toml }))
            .collect();
        let (status, body) =
            self.post("/api/deployments", json!({ "definitions": definitions })).await?;
        if status >= 300 {
            return Err(format!("the deploy was refused: {status} {body}").into());
        }
        Ok(serde_json::from_value(body)?)
    }

    /// Waits until all deployments of a batch have come to their end.
    pub(crate) async fn finished(&self, batch: &Batch) -> Result<Vec<Deployment>, Failure> {
        let mut ended = Vec::new();
        for accepted in &batch.deployments {
            ended.push(
                self.until(&accepted.id.to_string(), |deployment| deployment.status.is_final())
                    .await?,
            );
        }
        Ok(ended)
    }

    /// Deploys one definition and waits for its end.
    pub(crate) async fn deployed(&self, toml: &str) -> Result<Deployment, Failure> {
        let batch = self.deploy(&[toml.to_owned()]).await?;
        let mut ended = self.finished(&batch).await?;
        ended.pop().ok_or_else(|| "no deployment".into())
    }

    /// Waits until a deployment is as wanted.
    pub(crate) async fn until(
        &self,
        id: &str,
        wanted: impl Fn(&Deployment) -> bool,
    ) -> Result<Deployment, Failure> {
        let started = Instant::now();
        loop {
            let deployment: Deployment =
                serde_json::from_value(self.get(&format!("/api/deployments/{id}")).await?)?;
            if wanted(&deployment) {
                return Ok(deployment);
            }
            if started.elapsed() > PATIENCE {
                return Err(format!("{deployment:?} does not get there").into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn log(&self, deployment: &Deployment) -> Result<Vec<LogLine>, Failure> {
        let log = self.get(&format!("/api/deployments/{}/logs", deployment.id)).await?;
        Ok(serde_json::from_value(log["items"].clone())?)
    }

    /// Calls a live endpoint; status, version header and body.
    pub(crate) async fn call(
        &self,
        url: &str,
        body: Value,
    ) -> Result<(u16, String, Value), Failure> {
        let response = self.client.post(url).json(&body).send().await?;
        let status = response.status().as_u16();
        let version = response.headers().get("x-promptpilot-version");
        let version = version.and_then(|version| version.to_str().ok()).unwrap_or("").to_owned();
        let text = response.text().await?;
        Ok((status, version, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// Ends everything.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        self.stop_workers().await?;
        self.server.abort();
        self.host.shutdown().await;
        drop(self.folder);
        Ok(())
    }
}

/// A definition that answers with its prompt: `text` and what is asked.
pub(crate) fn echo(name: &str, text: &str) -> String {
    format!(
        r#"
name = "{name}"
[prompt]
template = "{text} {{{{ word }}}}"
[model]
provider = "sandbox"
name = "echo"
[request.word]
type = "string"
max_length = 100
[auth]
mode = "public"
"#
    )
}

/// One warmed builder for all tests, the ones of the whole system included.
fn build_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug").join("test-build")
}
