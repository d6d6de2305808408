//! A whole Prompt Pilot, started for one test.

use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::poll::eventually_within;
use crate::process::{Run, binary, is_alive, kill, program};

/// How long a start may take, the warm-up of the builder not included.
const START: Duration = Duration::from_secs(60);
/// How long the builder's warm-up may take on a busy machine.
const WARM: Duration = Duration::from_secs(600);

/// What a running `up` tells the command line.
#[derive(Debug, Clone, Deserialize)]
pub struct Running {
    /// The process.
    pub pid: u32,
    /// The API's address.
    pub api: String,
    /// The address functions answer at.
    pub functions: String,
    /// The API's token.
    pub token: String,
    /// The functions' host's region and access key, for AWS's own tools.
    pub region: String,
    /// The access key's id.
    pub access_key_id: String,
    /// The access key's secret.
    pub secret_access_key: String,
}

/// A running `promptpilot up` with a data directory, ports and a user's folder of its own. It ends
/// with the test and leaves nothing behind.
#[derive(Debug)]
pub struct Pilot {
    data: TempDir,
    folder: TempDir,
    environment: Vec<(String, String)>,
    child: Option<Child>,
    running: Option<Running>,
}

impl Pilot {
    /// Starts one and waits until its builder is warm.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// [`start`](Self::start) with more environment variables for `up`.
    ///
    /// # Errors
    /// When it does not get ready.
    pub async fn start_with(environment: &[(&str, &str)]) -> Result<Self> {
        let mut pilot = Self::prepare(environment)?;
        pilot.up().await?;
        pilot.warm().await?;
        Ok(pilot)
    }

    /// Directories, and nothing that runs yet.
    ///
    /// # Errors
    /// When there is no room for them.
    pub fn prepare(environment: &[(&str, &str)]) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("endpoints"))?;
        Ok(Self {
            data: tempfile::tempdir()?,
            folder,
            environment: environment.iter().map(own).collect(),
            child: None,
            running: None,
        })
    }

    /// Starts `up` and waits until the API answers.
    ///
    /// # Errors
    /// When it ends or does not get ready.
    pub async fn up(&mut self) -> Result<()> {
        let log = self.data.path().join("up.log");
        let mut child = self
            .command(&["up", "--port", "0", "--functions-port", "0", "--state-port", "0"])?
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::options().create(true).append(true).open(&log)?)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id();
        let up_json = self.data.path().join("up.json");
        let running = eventually_within(START, "`up` is ready", async || {
            if matches!(child.try_wait(), Ok(Some(_))) {
                return Some(None);
            }
            let running: Running = serde_json::from_slice(&fs::read(&up_json).ok()?).ok()?;
            (Some(running.pid) == pid).then_some(Some(running))
        })
        .await;
        match running {
            Ok(Some(running)) => {
                self.running = Some(running);
                self.child = Some(child);
                Ok(())
            }
            Ok(None) => bail!("`up` ended: {}", self.log()),
            Err(error) => Err(error.context(self.log())),
        }
    }

    /// Waits until deploys need not wait for the builder.
    ///
    /// # Errors
    /// When it does not become warm.
    pub async fn warm(&self) -> Result<()> {
        eventually_within(WARM, "the builder is warm", async || {
            let status = self.cli(&["status", "--json"]).await.ok()?.json().ok()?;
            (status["builder_warm"] == Value::Bool(true)).then_some(())
        })
        .await
        .with_context(|| self.log())
    }

    /// What the running `up` told.
    ///
    /// # Errors
    /// When none runs.
    pub fn running(&self) -> Result<&Running> {
        self.running.as_ref().context("`up` is not running")
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The user's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What `up` wrote to stderr.
    pub fn log(&self) -> String {
        fs::read_to_string(self.data.path().join("up.log")).unwrap_or_default()
    }

    /// The process id of the database server.
    ///
    /// # Errors
    /// When none runs.
    pub fn postgres_pid(&self) -> Result<u32> {
        postgres_pid(self.data.path()).context("no database server runs")
    }

    /// A command line in the user's folder, to be changed further.
    ///
    /// # Errors
    /// When the binary is not there.
    pub fn command(&self, args: &[&str]) -> Result<Command> {
        let mut command = Command::new(binary()?);
        command
            .args(args)
            .current_dir(self.folder.path())
            .env("PROMPTPILOT_DATA", self.data.path())
            .env("PROMPTPILOT_BUILD_DIR", build_folder()?)
            .env("PROMPTPILOT_POSTGRES_FSYNC", "off")
            .env_remove("DATABASE_URL")
            .env_remove("PROMPTPILOT_SERVER")
            .env_remove("PROMPTPILOT_TOKEN");
        Ok(command)
    }

    /// Runs a command in the user's folder.
    ///
    /// # Errors
    /// When the binary is not there.
    pub async fn cli(&self, args: &[&str]) -> Result<Run> {
        Run::of(self.command(args)?).await
    }

    /// Writes a definition into the user's `endpoints/`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn define(&self, name: &str, toml: &str) -> Result<()> {
        Ok(fs::write(self.folder.path().join("endpoints").join(format!("{name}.toml")), toml)?)
    }

    /// Takes a definition from the repository's `examples/`.
    ///
    /// # Errors
    /// When there is no such example.
    pub fn example(&self, name: &str) -> Result<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../examples/{name}.toml"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        self.define(name, &text)?;
        Ok(text)
    }

    /// Deploys and returns each endpoint's URL, in order.
    ///
    /// # Errors
    /// When not all went live.
    pub async fn deploy(&self, names: &[&str]) -> Result<Vec<String>> {
        let args: Vec<&str> = [&["deploy", "--json"], names].concat();
        let answer = self.cli(&args).await?.ok().with_context(|| self.log())?.json()?;
        let endpoints = answer["endpoints"].as_array().context("no endpoints")?;
        endpoints
            .iter()
            .map(|endpoint| Ok(endpoint["url"].as_str().context("no URL")?.to_owned()))
            .collect()
    }

    /// Posts JSON with plain `curl`; the answer's status and body.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn curl(&self, url: &str, body: &Value) -> Result<(u16, Value)> {
        let mut command = program("curl");
        command.args([
            "--silent",
            "--show-error",
            "--max-time",
            "30",
            "--write-out",
            "\n%{http_code}",
        ]);
        command.args([
            "--header",
            "content-type: application/json",
            "--data",
            &body.to_string(),
            url,
        ]);
        let run = Run::of(command).await?.ok()?;
        let (body, status) = run.stdout.rsplit_once('\n').context("no status")?;
        Ok((status.parse()?, serde_json::from_str(body).unwrap_or_else(|_| body.into())))
    }

    /// The text of a text endpoint's answer.
    ///
    /// # Errors
    /// When the answer is not a text.
    pub async fn text(&self, url: &str, body: &Value) -> Result<String> {
        let (status, answer) = self.curl(url, body).await?;
        let text = answer["text"].as_str().with_context(|| format!("{status}: {answer}"))?;
        Ok(text.to_owned())
    }

    /// AWS's own command line, as the user of this host.
    ///
    /// # Errors
    /// When `up` does not run.
    pub fn aws(&self, args: &[&str]) -> Result<Command> {
        let running = self.running()?;
        let mut aws = program("aws");
        aws.args(args)
            .args(["--endpoint-url", &running.functions])
            .current_dir(self.folder.path())
            .env("AWS_ACCESS_KEY_ID", &running.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &running.secret_access_key)
            .env("AWS_DEFAULT_REGION", &running.region)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        Ok(aws)
    }

    /// The name of an endpoint's function.
    ///
    /// # Errors
    /// When it is not live.
    pub async fn function(&self, endpoint: &str) -> Result<String> {
        let endpoints = self.cli(&["list", "--json"]).await?.ok()?.json()?;
        let items = endpoints["items"].as_array().context("no list")?;
        let found =
            items.iter().find(|item| item["name"] == endpoint).context("no such endpoint")?;
        Ok(found["function"].as_str().context("not live")?.to_owned())
    }

    /// The compiled function of an endpoint, downloaded as AWS's own command line would.
    ///
    /// # Errors
    /// When it is not live.
    pub async fn bootstrap(&self, endpoint: &str) -> Result<Vec<u8>> {
        let function = self.function(endpoint).await?;
        let get = self.aws(&[
            "lambda",
            "get-function",
            "--qualifier",
            "live",
            "--function-name",
            &function,
        ])?;
        let code = Run::of(get).await?.ok()?.json()?;
        let url = code["Code"]["Location"].as_str().context("no code")?;
        let package = reqwest::get(url).await?.error_for_status()?.bytes().await?;
        let mut bytes = Vec::new();
        zip::ZipArchive::new(Cursor::new(package))?
            .by_name("bootstrap")?
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Kills `up` without a warning.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("`up` is not running")?;
        self.running = None;
        child.kill().await?;
        Ok(())
    }

    /// How to reach a database of the same server.
    ///
    /// # Errors
    /// When the server was never started.
    pub fn database_url(&self, database: &str) -> Result<String> {
        let password = fs::read_to_string(self.data.path().join("postgres.key"))?;
        let folder = self.data.path().join("postgres");
        Ok(format!(
            "postgres://promptpilot:{password}@localhost/{database}?host={}",
            folder.display()
        ))
    }

    /// Runs one statement in the product's database, as its superuser.
    ///
    /// # Errors
    /// When it fails.
    pub async fn sql(&self, statement: &str) -> Result<String> {
        self.sql_in("promptpilot", statement).await
    }

    /// [`sql`](Self::sql) in another database of the same server.
    ///
    /// # Errors
    /// When it fails.
    pub async fn sql_in(&self, database: &str, statement: &str) -> Result<String> {
        let mut psql = program("psql");
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--command",
            statement,
        ])
        .env("PGHOST", self.data.path().join("postgres"))
        .env("PGUSER", "promptpilot")
        .env("PGDATABASE", database)
        .env("PGPASSWORD", fs::read_to_string(self.data.path().join("postgres.key"))?);
        Ok(Run::of(psql).await?.ok()?.stdout)
    }

    /// Asks `up` to end and waits for it.
    ///
    /// # Errors
    /// When it does not end, or not well.
    pub async fn stop(&mut self) -> Result<()> {
        self.stop_with(Signal::SIGTERM).await
    }

    /// [`stop`](Self::stop) by another signal.
    ///
    /// # Errors
    /// When it does not end, or not well.
    pub async fn stop_with(&mut self, signal: Signal) -> Result<()> {
        let mut child = self.child.take().context("`up` is not running")?;
        kill(child.id().context("`up` has ended")?, signal)?;
        let status = tokio::time::timeout(START, child.wait()).await??;
        self.running = None;
        match status.success() {
            true => Ok(()),
            false => bail!("`up` ended with {status}: {}", self.log()),
        }
    }
}

impl Drop for Pilot {
    fn drop(&mut self) {
        if let Some(pid) = self.child.as_ref().and_then(Child::id) {
            let _ = kill(pid, Signal::SIGTERM);
            let deadline = Instant::now() + Duration::from_secs(15);
            while matches!(self.child.as_mut().map(Child::try_wait), Some(Ok(None)))
                && Instant::now() < deadline
            {
                thread::sleep(Duration::from_millis(10));
            }
        }
        // After a kill the server is nobody's child.
        if let Some(pid) = postgres_pid(self.data.path()) {
            let _ = kill(pid, Signal::SIGQUIT);
            let deadline = Instant::now() + Duration::from_secs(5);
            while is_alive(pid) && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

fn postgres_pid(data: &Path) -> Option<u32> {
    let text = fs::read_to_string(data.join("postgres/postmaster.pid")).ok()?;
    text.lines().next()?.trim().parse().ok().filter(|pid| is_alive(*pid))
}

/// One warmed build directory for all tests: beside the binary, so it goes with `cargo clean`.
///
/// # Errors
/// When there is no room for it.
pub fn build_folder() -> Result<PathBuf> {
    if let Some(named) = env::var_os("PROMPTPILOT_BUILD_DIR") {
        return Ok(named.into());
    }
    let folder = binary()?.with_file_name("test-build");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
