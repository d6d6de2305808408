//! What the tests share: a host of their own, functions to run on it, and clients.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(unreachable_pub, reason = "a module of several crates")]

use std::collections::HashMap;
use std::io::{Cursor, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, FunctionUrlAuthType, InvokeMode, Runtime};
use local_lambda::{Host, Limits, Settings, Subscriber};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

pub const REGION: &str = "eu-central-1";
pub const ROLE: &str = "arn:aws:iam::000000000000:role/tester";

/// A host with a directory of its own; both go when it is dropped.
pub struct Lab {
    pub host: Option<Host>,
    pub client: Client,
    pub dir: TempDir,
}

impl Lab {
    pub async fn start() -> Result<Self> {
        Self::start_with(Limits::default()).await
    }

    pub async fn start_with(limits: Limits) -> Result<Self> {
        Self::start_as(limits, |settings| settings).await
    }

    /// Starts a host with other settings.
    pub async fn start_as(
        limits: Limits,
        change: impl FnOnce(Settings) -> Settings,
    ) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let host = Host::start_with(change(settings(&dir)), limits).await?;
        let client = client(&host);
        Ok(Self { host: Some(host), client, dir })
    }

    pub fn host(&self) -> &Host {
        self.host.as_ref().expect("a running host")
    }

    /// Ends the host and starts another on the same directory.
    pub async fn restart(&mut self) -> Result<()> {
        if let Some(host) = self.host.take() {
            host.shutdown().await;
        }
        let host = Host::start(settings(&self.dir)).await?;
        self.client = client(&host);
        self.host = Some(host);
        Ok(())
    }

    /// Creates a function that runs `examples/function.rs`.
    pub async fn function(&self, name: &str) -> Result<()> {
        self.function_with(name, 10, &[]).await
    }

    pub async fn function_with(
        &self,
        name: &str,
        timeout: i32,
        variables: &[(&str, &str)],
    ) -> Result<()> {
        self.create(name, example()?, timeout, variables).await
    }

    /// Creates a function whose bootstrap is a shell script.
    pub async fn script(&self, name: &str, script: &str) -> Result<()> {
        self.create(name, package(&[("bootstrap", 0o755, script.as_bytes())]), 5, &[]).await
    }

    pub async fn create(
        &self,
        name: &str,
        package: Vec<u8>,
        timeout: i32,
        variables: &[(&str, &str)],
    ) -> Result<()> {
        create(&self.client, name, package, timeout, variables).await
    }

    /// Gives a function a URL that anybody may call.
    pub async fn open_url(&self, name: &str, mode: InvokeMode) -> Result<String> {
        let url = self
            .client
            .create_function_url_config()
            .function_name(name)
            .auth_type(FunctionUrlAuthType::None)
            .invoke_mode(mode)
            .send()
            .await?;
        self.permit(name, None).await?;
        Ok(url.function_url)
    }

    /// Both permissions that an open URL takes.
    pub async fn permit(&self, name: &str, qualifier: Option<&str>) -> Result<()> {
        let add = || {
            let add = self.client.add_permission().function_name(name).principal("*");
            add.set_qualifier(qualifier.map(str::to_owned))
        };
        add()
            .statement_id("url")
            .action("lambda:InvokeFunctionUrl")
            .function_url_auth_type(FunctionUrlAuthType::None)
            .send()
            .await?;
        add()
            .statement_id("invoke")
            .action("lambda:InvokeFunction")
            .invoked_via_function_url(true)
            .send()
            .await?;
        Ok(())
    }

    /// Invokes and reads the answer as JSON.
    pub async fn invoke(&self, name: &str, event: serde_json::Value) -> Result<Invoked> {
        let payload = Blob::new(event.to_string());
        let output = self.client.invoke().function_name(name).payload(payload).send().await?;
        let payload = output.payload.as_ref().map(|it| it.as_ref().to_vec()).unwrap_or_default();
        Ok(Invoked {
            error: output.function_error,
            version: output.executed_version.unwrap_or_default(),
            payload: serde_json::from_slice(&payload).unwrap_or(serde_json::Value::Null),
        })
    }
}

/// Creates a function.
pub async fn create(
    client: &Client,
    name: &str,
    package: Vec<u8>,
    timeout: i32,
    variables: &[(&str, &str)],
) -> Result<()> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let variables: HashMap<_, _> = variables.iter().map(pair).collect();
    client
        .create_function()
        .function_name(name)
        .role(ROLE)
        .runtime(Runtime::Providedal2023)
        .handler("bootstrap")
        .timeout(timeout)
        .environment(Environment::builder().set_variables(Some(variables)).build())
        .code(FunctionCode::builder().zip_file(Blob::new(package)).build())
        .send()
        .await?;
    Ok(())
}

/// What an invocation gave.
#[derive(Debug)]
pub struct Invoked {
    pub error: Option<String>,
    pub version: String,
    pub payload: serde_json::Value,
}

pub fn settings(dir: &TempDir) -> Settings {
    Settings {
        region: REGION.to_owned(),
        ..Settings::new(dir.path().join("data"), dir.path().join("lambda.key"))
    }
}

pub fn client(host: &Host) -> Client {
    client_with(host, host.credentials().secret_access_key())
}

pub fn client_with(host: &Host, secret: &str) -> Client {
    let key = host.credentials().access_key_id().to_owned();
    client_of(&host.address().to_string(), key, secret.to_owned())
}

pub fn client_of(address: &str, key: String, secret: String) -> Client {
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(format!("http://{address}"))
        .credentials_provider(Credentials::new(key, secret, None, None, "test"))
        .retry_config(aws_sdk_lambda::config::retry::RetryConfig::disabled())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

/// A client for URLs.
pub fn http() -> reqwest::Client {
    // It wants to know who would do TLS; the first test of a process tells it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client")
}

/// `examples/function.rs`, packed.
pub fn example() -> Result<Vec<u8>> {
    packed("function")
}

/// An example of this package, packed.
pub fn packed(name: &str) -> Result<Vec<u8>> {
    let path = example_path(name)?;
    let bytes = std::fs::read(&path).map_err(|error| {
        format!("{}: {error} (run `cargo build -p local-lambda --examples`)", path.display())
    })?;
    Ok(package(&[("bootstrap", 0o755, &bytes)]))
}

/// Where an example of this package is.
pub fn example_path(name: &str) -> Result<PathBuf> {
    // The test is at `<profile>/deps/<test>`, examples are at `<profile>/examples/`.
    let test = std::env::current_exe()?;
    let profile = test.ancestors().nth(2).ok_or("the test is in no target directory")?;
    Ok(profile.join("examples").join(name))
}

/// A zip of these entries, without compression: tests have no time for it.
pub fn package(entries: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, bytes) in entries {
        let stored = zip::CompressionMethod::Stored;
        let options =
            SimpleFileOptions::default().unix_permissions(*mode).compression_method(stored);
        writer.start_file(*name, options).expect("an entry");
        writer.write_all(bytes).expect("its bytes");
    }
    writer.finish().expect("a zip").into_inner()
}

/// Waits for a condition, for a while.
pub async fn until<T>(what: &str, mut condition: impl AsyncFnMut() -> Option<T>) -> Result<T> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(value) = condition().await {
            return Ok(value);
        }
        if Instant::now() > deadline {
            return Err(format!("waited in vain until {what}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The ids of the calls that have been started, as many as are asked for.
pub async fn started(subscriber: &mut Subscriber, count: usize) -> Result<Vec<String>> {
    let read = async {
        let mut ids = Vec::new();
        while ids.len() < count {
            let lines = subscriber.next().await?;
            let starts = lines.iter().filter_map(|it| it.text.strip_prefix("START RequestId: "));
            ids.extend(starts.filter_map(|it| it.split(' ').next().map(str::to_owned)));
        }
        Ok::<_, std::io::Error>(ids)
    };
    Ok(tokio::time::timeout(Duration::from_secs(10), read).await??)
}
