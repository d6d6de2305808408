//! What a control plane must be told from outside.

use std::{net::IpAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use crate::{
    deploy::model::Status,
    mail::Mail,
    people::Authority,
    secret::{Secret, SecretKey, SecretToken},
};

/// What a control plane must be told from outside.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Postgres; the user must be a member of `pp_app` and `pp_system`.
    pub database_url: String,
    /// The data directory: artifacts and builds live in it.
    pub data: PathBuf,
    /// Where functions are published.
    pub lambda: LambdaTarget,
    /// What deployments' tokens are derived from: the same wherever one database is worked with.
    pub secret_key: SecretKey,
    /// Whether functions may call private addresses: a model on one's own machine, say.
    pub private_addresses: bool,
    /// Where functions keep what guards them; without it, none is deployed that needs it.
    pub state: Option<String>,
    /// Opens the API; without one every API request is refused.
    pub token: Option<SecretToken>,
    /// What Firehose shows when it delivers functions' output; without it, nothing is taken from there.
    pub ingest_key: Option<SecretToken>,
    /// Host names beside the loopback ones that requests may be addressed to.
    pub allowed_hosts: Vec<String>,
    /// Where people reach the server, if they do by another address than it listens at.
    pub public_url: Option<String>,
    /// Who may make an account.
    pub sign_ups: SignUps,
    /// Where mail goes.
    pub mail: Mail,
    /// Who vouches for people beside their password, if anybody does.
    pub oidc: Option<Oidc>,
    /// Whether people have to show that their address is theirs, before they can sign in.
    pub verify_emails: bool,
    /// Origins of other sites whose pages may call the API, with tokens.
    pub cors_origins: Vec<String>,
    /// Proxies that are believed when they say where a request comes from.
    pub trusted_proxies: Vec<IpAddr>,
    /// How often callers may ask; absent means as often as they like.
    pub rates: Option<Rates>,
    /// How long it is kept what pages are told of, for those who were away.
    pub keep_events: Duration,
    /// How many requests a minute one API key may make for prompts.
    pub prompt_rate: NonZeroU32,
    /// How builds are bounded.
    pub build: BuildSettings,
    /// How a worker works.
    pub worker: WorkerSettings,
}

/// Far more than a person asks for, and little enough for a key that got into wrong hands.
const PROMPT_RATE: NonZeroU32 = match NonZeroU32::new(600) {
    Some(rate) => rate,
    None => NonZeroU32::MIN,
};

impl Settings {
    /// Settings with the usual bounds and nothing optional.
    pub fn new(
        database_url: impl Into<String>,
        data: impl Into<PathBuf>,
        lambda: LambdaTarget,
        secret_key: SecretKey,
    ) -> Self {
        Self {
            database_url: database_url.into(),
            data: data.into(),
            lambda,
            secret_key,
            private_addresses: true,
            state: None,
            token: None,
            ingest_key: None,
            allowed_hosts: Vec::new(),
            public_url: None,
            sign_ups: SignUps::Invite,
            mail: Mail::Nowhere,
            oidc: None,
            verify_emails: false,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            rates: None,
            keep_events: Duration::from_secs(24 * 3600),
            prompt_rate: PROMPT_RATE,
            build: BuildSettings::default(),
            worker: WorkerSettings::default(),
        }
    }
}

impl Settings {
    /// Whether people come over TLS, and by it alone.
    pub(crate) fn is_public_by_tls(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUps {
    /// Anybody.
    Open,
    /// Who has an invitation.
    Invite,
    /// Nobody.
    Closed,
}

/// An OpenID provider, which knows this server as one of its clients.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// The provider, as it calls itself.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// What it gave us to be known by.
    pub client_secret: Secret,
    /// Whom its certificate is signed by, where that is none of the well-known authorities.
    pub authority: Option<Authority>,
    /// What people know it by.
    pub name: String,
    /// Of which hosts an address has to be; of any, where none is named.
    pub domains: Vec<String>,
}

/// How often callers may ask, in requests a minute.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// With one token.
    pub token: NonZeroU32,
    /// From one address.
    pub address: NonZeroU32,
}

/// Where Lambda's API is, and as whom we speak to it.
#[derive(Debug, Clone)]
pub struct LambdaTarget {
    /// Another address than AWS's own: `local-lambda`.
    pub endpoint_url: Option<String>,
    /// The region.
    pub region: String,
    /// The access key's id.
    pub access_key_id: String,
    /// The access key's secret.
    pub secret_access_key: Secret,
    /// The session's token, for temporary credentials.
    pub session_token: Option<Secret>,
    /// The role that functions run as.
    pub role_arn: String,
}

/// How builds are bounded.
#[derive(Debug, Clone)]
pub struct BuildSettings {
    /// The longest that one build may take.
    pub timeout: Duration,
    /// The most address space that one process of a build may have, in bytes.
    pub memory: u64,
    /// Builds at once, each in a lane with a target directory of its own.
    pub lanes: usize,
    /// Where to build; absent means in the data directory. Processes may share it.
    pub root: Option<PathBuf>,
    /// The `cargo` to use; absent means the one on `PATH` or in `~/.cargo/bin`.
    pub cargo: Option<PathBuf>,
}

impl Default for BuildSettings {
    fn default() -> Self {
        // One build keeps two cores busy: while one crate compiles, another links.
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            timeout: Duration::from_secs(600),
            memory: 8 << 30,
            lanes: (cores / 2).max(1),
            root: None,
            cargo: None,
        }
    }
}

/// How a worker works.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Batches at once.
    pub concurrency: usize,
    /// How long a claim is good without a heartbeat.
    pub lease: Duration,
    /// No other worker shares the database, so whatever is held when it starts was left by one that
    /// was killed, and is taken up at once.
    pub alone: bool,
    /// Old versions of a function that are kept.
    pub keep_versions: u16,
    /// Injected failures.
    pub faults: Faults,
}

/// Failures that tests of recovery inject. None by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Stops dead after this stage of the first batch, as if killed.
    pub stop_after: Option<Status>,
    /// Runs every stage twice.
    pub twice: bool,
    /// While a batch goes live, fails before the alias of this index is moved.
    pub fail_switch: Option<usize>,
    /// While a batch goes live, stops dead before the alias of this index is moved.
    pub stop_switch: Option<usize>,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            concurrency: 4,
            lease: Duration::from_secs(15),
            alone: false,
            keep_versions: 10,
            faults: Faults::default(),
        }
    }
}
