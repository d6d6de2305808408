//! `serve` and `worker` as processes of their own: against one database, and one Lambda with a proxy
//! before it.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::pilot::Pilot;
use crate::poll::{eventually, eventually_within};
use crate::process::Run;
use crate::proxy::Proxy;

const TOKEN: &str = "a token of this test's";

/// The database of the parts, beside the one of the `up` that they borrow server and host from.
const DATABASE: &str = "apart";

/// How long a worker may be silent.
const LEASE: &str = "2s";

/// How long a deployment may take on a busy machine.
const ENDED: Duration = Duration::from_secs(90);

/// A running API without a worker. Ends with its value.
#[derive(Debug)]
pub struct Apart {
    /// The `up` whose PostgreSQL and functions' host are used.
    pub pilot: Pilot,
    /// What stands between the parts and Lambda.
    pub lambda: Proxy,
    address: String,
    _server: Child,
}

impl Apart {
    /// Starts the API.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn start() -> Result<Self> {
        let pilot = Pilot::start().await?;
        pilot.sql(&format!("create database {DATABASE}")).await?;
        let lambda = Proxy::before(&pilot.running()?.functions).await?;
        let log = pilot.folder().join("serve.log");
        let mut command = part(&pilot, &lambda, &["serve", "--listen", "127.0.0.1:0"])?;
        let server = command.stderr(fs::File::create(&log)?).spawn()?;
        let address = eventually("the API listens", async || {
            let said = fs::read_to_string(&log).ok()?;
            said.lines().find_map(|line| line.strip_prefix("listening at ")).map(str::to_owned)
        })
        .await?;
        Ok(Self { pilot, lambda, address, _server: server })
    }

    /// Starts a worker. The data directory is that of the one before, which must have ended.
    ///
    /// # Errors
    /// When it does not start.
    pub fn worker(&self) -> Result<Child> {
        let data = self.pilot.folder().join("worker");
        let data = data.to_string_lossy();
        let args = ["worker", "--data", &data, "--lease", LEASE];
        let log = self.pilot.folder().join("worker.log");
        let log = fs::File::options().create(true).append(true).open(log)?;
        Ok(part(&self.pilot, &self.lambda, &args)?.stderr(log).spawn()?)
    }

    /// Runs a command against this API; what it prints as JSON.
    ///
    /// # Errors
    /// When it fails.
    pub async fn cli(&self, args: &[&str]) -> Result<Value> {
        let args = [args, &["--json", "--server", &self.address]].concat();
        let mut command = self.pilot.command(&args)?;
        command.env("PROMPTPILOT_TOKEN", TOKEN);
        Run::of(command).await?.ok()?.json()
    }

    /// Queues a deployment; its id.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn queue(&self, name: &str) -> Result<String> {
        let queued = self.cli(&["deploy", name, "--no-wait"]).await?;
        Ok(queued["deployments"][0]["id"].as_str().context("no id")?.to_owned())
    }

    /// A deployment as it is now.
    ///
    /// # Errors
    /// When the API does not answer.
    pub async fn deployment(&self, id: &str) -> Result<Value> {
        self.get(&format!("deployments/{id}")).await
    }

    /// The lines of a deployment's log.
    ///
    /// # Errors
    /// When the API does not answer.
    pub async fn log(&self, id: &str) -> Result<Vec<String>> {
        let log = self.get(&format!("deployments/{id}/logs")).await?;
        let lines = log["items"].as_array().context("no lines")?;
        Ok(lines.iter().filter_map(|line| line["text"].as_str()).map(str::to_owned).collect())
    }

    /// Waits until a deployment is in a stage.
    ///
    /// # Errors
    /// When it does not get there.
    pub async fn reached(&self, id: &str, stage: &str) -> Result<()> {
        eventually_within(ENDED, stage, async || {
            (self.deployment(id).await.ok()?["status"] == stage).then_some(())
        })
        .await
    }

    /// Waits until a deployment is live or has failed.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn finished(&self, id: &str) -> Result<Value> {
        eventually_within(ENDED, "the deployment ends", async || {
            let deployment = self.deployment(id).await.ok()?;
            matches!(deployment["status"].as_str()?, "live" | "failed").then_some(deployment)
        })
        .await
    }

    /// Runs one statement in the parts' database, as its superuser.
    ///
    /// # Errors
    /// When it fails.
    pub async fn sql(&self, statement: &str) -> Result<String> {
        self.pilot.sql_in(DATABASE, statement).await
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let url = format!("{}/api/{path}", self.address);
        let response = reqwest::Client::new().get(url).bearer_auth(TOKEN).send().await?;
        Ok(response.error_for_status()?.json().await?)
    }
}

/// A part: `up`'s functions' host is its Lambda.
fn part(pilot: &Pilot, lambda: &Proxy, args: &[&str]) -> Result<Command> {
    let running = pilot.running()?;
    let mut command = pilot.command(args)?;
    command
        .env("DATABASE_URL", pilot.database_url(DATABASE)?)
        .env("PROMPTPILOT_LAMBDA_URL", lambda.url())
        .env("PROMPTPILOT_ROLE_ARN", "arn:aws:iam::000000000000:role/test")
        .env("PROMPTPILOT_TOKEN", TOKEN)
        .env("PROMPTPILOT_SECRET_KEY", "5e".repeat(32))
        .env("AWS_REGION", &running.region)
        .env("AWS_ACCESS_KEY_ID", &running.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &running.secret_access_key)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    Ok(command)
}
