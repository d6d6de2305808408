//! `promptpilot serve` and `promptpilot worker`: the parts of one system, apart, against one database.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::{Args, ValueEnum};
use promptpilot_control_plane::{
    ControlPlane, LambdaTarget, Mail, Secret, SecretToken, Settings, SignUps,
};
use promptpilot_spec::units;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::args::Place;
use crate::builds::Builds;
use crate::commands::Context;
use crate::compiler;
use crate::data::DataDir;
use crate::error::Failure;
use crate::key::Key;
use crate::mail::MailOptions;
use crate::oidc::OidcOptions;
use crate::output::note;
use crate::plane;
use crate::signals::Signals;
use crate::site::SiteOptions;

/// A shorter lease would end between two heartbeats.
const LEASE_MIN: Duration = Duration::from_secs(1);

/// Who may make an account.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SignUp {
    /// Anybody
    Open,
    /// Who has an invitation
    Invite,
    /// Nobody
    Closed,
}

impl From<SignUp> for SignUps {
    fn from(sign_up: SignUp) -> Self {
        match sign_up {
            SignUp::Open => Self::Open,
            SignUp::Invite => Self::Invite,
            SignUp::Closed => Self::Closed,
        }
    }
}

/// What both need.
#[derive(Debug, Args)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The PostgreSQL server that all parts share
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Address of Lambda's API, where it is not AWS's own
    #[arg(long, value_name = "URL", env = "PROMPTPILOT_LAMBDA_URL")]
    lambda_url: Option<String>,
    /// Region of the functions
    #[arg(long, value_name = "REGION", env = "AWS_REGION")]
    region: String,
    /// Role that functions run as; `{organization}` in it stands for the id of theirs
    #[arg(long, value_name = "ARN", env = "PROMPTPILOT_ROLE_ARN")]
    role_arn: String,
    /// Access key
    #[arg(long, value_name = "ID", env = "AWS_ACCESS_KEY_ID", hide_env_values = true)]
    access_key_id: String,
    /// The access key's secret
    #[arg(long, value_name = "SECRET", env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true)]
    secret_access_key: String,
    /// Token of temporary credentials
    #[arg(long, value_name = "TOKEN", env = "AWS_SESSION_TOKEN", hide_env_values = true)]
    session_token: Option<String>,
    /// Where functions keep keys and limits: the `--state-listen` of a `serve`, or
    /// `dynamodb://TABLE?region=REGION`. Without it, no endpoint is deployed that needs either
    #[arg(long, value_name = "URL", env = "PROMPTPILOT_STATE")]
    state: Option<String>,
    #[command(flatten)]
    key: Key,
}

impl Common {
    fn settings(self, data: &DataDir) -> Result<Settings, Failure> {
        let key = self.key.or_kept(data)?;
        let target = LambdaTarget {
            endpoint_url: self.lambda_url,
            region: self.region,
            access_key_id: self.access_key_id,
            secret_access_key: Secret::from(self.secret_access_key),
            session_token: self.session_token.map(Secret::from),
            role_arn: self.role_arn,
        };
        let mut settings = Settings::new(self.database_url, data.path(), target, key);
        settings.private_addresses = plane::private_addresses();
        settings.state = self.state;
        Ok(settings)
    }
}

/// Run the API alone, against `DATABASE_URL`
///
/// The schema is brought up to date first. Deployments wait until a worker runs.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  DATABASE_URL=postgres://… PROMPTPILOT_SECRET_KEY=… PROMPTPILOT_TOKEN=… promptpilot serve --listen 127.0.0.1:7433")]
pub(crate) struct Serve {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7433")]
    listen: SocketAddr,
    /// Where to listen for functions that look up keys; none of the outside world should reach it
    #[arg(long, value_name = "ADDRESS")]
    state_listen: Option<SocketAddr>,
    /// Who may make an account
    #[arg(long, value_name = "WHO", value_enum, default_value = "invite")]
    sign_up: SignUp,
    /// Origin of another site whose pages may call the API, with tokens
    #[arg(long = "cors-origin", value_name = "ORIGIN")]
    cors_origins: Vec<String>,
    /// Requests a minute with one token; from one address, twice as many
    #[arg(long, value_name = "NUMBER", default_value_t = plane::RATE)]
    rate: NonZeroU32,
    /// Requests a minute for prompts with one API key
    #[arg(long, value_name = "NUMBER", default_value = "600")]
    prompt_rate: NonZeroU32,
    /// What the API asks for
    #[arg(long, value_name = "TOKEN", env = "PROMPTPILOT_TOKEN", hide_env_values = true)]
    token: String,
    /// What Firehose shows when it delivers the functions' output to `/api/ingest/firehose`
    #[arg(long, value_name = "KEY", env = "PROMPTPILOT_INGEST_KEY", hide_env_values = true)]
    ingest_key: Option<String>,
    #[command(flatten)]
    site: SiteOptions,
    #[command(flatten)]
    mail: MailOptions,
    #[command(flatten)]
    oidc: OidcOptions,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// Run a deploy worker alone, against `DATABASE_URL`
///
/// Any number may run. What one leaves unfinished, another takes up.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  DATABASE_URL=postgres://… PROMPTPILOT_SECRET_KEY=… promptpilot worker")]
pub(crate) struct Worker {
    #[command(flatten)]
    pub(crate) common: Common,
    /// How long a worker may be silent before another takes up its work
    #[arg(long, value_name = "TIME", env = "PROMPTPILOT_LEASE", default_value = "15s")]
    lease: units::Duration,
    #[command(flatten)]
    builds: Builds,
}

pub(crate) async fn serve(context: &Context, args: Serve) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let data = DataDir::new(context.data.as_deref())?;
    let listener = listen(args.listen, "--listen").await?;
    let state = match args.state_listen {
        Some(address) => Some(listen(address, "--state-listen").await?),
        None => None,
    };
    let mut settings = args.common.settings(&data)?;
    settings.token = Some(SecretToken::new(&args.token));
    settings.ingest_key = args.ingest_key.as_deref().map(SecretToken::new);
    // What is written to a hosted server's log is read by more than its owner, so no letter is.
    settings.mail = args.mail.mail(Mail::Nowhere, args.site.public_url()?.is_some())?;
    settings.verify_emails = args.mail.verify_email;
    settings.oidc = args.oidc.provider(args.site.public_url()?.is_some())?;
    let identity = args.site.identity()?;
    let scheme = if identity.is_some() { "https" } else { "http" };
    args.site.apply(&mut settings)?;
    settings.sign_ups = args.sign_up.into();
    settings.cors_origins = args.cors_origins;
    settings.rates = Some(plane::rates(args.rate));
    settings.prompt_rate = args.prompt_rate;
    promptpilot_control_plane::migrate(&settings.database_url).await?;
    let plane = ControlPlane::connect(settings).await?;
    let shutdown = CancellationToken::new();
    let address = listener.local_addr().unwrap_or(args.listen);
    note(format!("listening at {scheme}://{address}"));
    let server = plane::serve_site(listener, identity, plane.router(), shutdown.clone());
    let mut state = Box::pin(async {
        match state {
            Some(listener) => plane::serve(listener, plane.state_router(), shutdown.clone()).await,
            None => std::future::pending().await,
        }
    });
    tokio::pin!(server);
    tokio::select! {
        outcome = &mut server => {
            return outcome.map_err(|error| Failure::new("the API ended").caused_by(&error));
        }
        outcome = &mut state => {
            let ended = "the functions' state service ended";
            return outcome.map_err(|error| Failure::new(ended).caused_by(&error));
        }
        () = signals.next() => shutdown.cancel(),
    }
    let _ = server.await;
    Ok(())
}

async fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(format!("could not listen at {address}"))
            .caused_by(&error)
            .hint(format!("choose another address with `{flag}`"))
    })
}

pub(crate) async fn worker(context: &Context, args: Worker) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let lease = Duration::from_millis(args.lease.as_millis());
    if lease < LEASE_MIN {
        let least = LEASE_MIN.as_secs();
        return Err(Failure::usage(format!("`--lease` is shorter than {least} s")));
    }
    compiler::find(args.builds.cargo())?;
    let mut data = DataDir::new(context.data.as_deref())?;
    let _hold = data.hold()?;
    let mut settings = args.common.settings(&data)?;
    settings.build = args.builds.into();
    settings.worker.lease = lease;
    let plane = ControlPlane::connect(settings).await?;
    let shutdown = CancellationToken::new();
    let work = plane.run_worker(shutdown.clone());
    tokio::pin!(work);
    note("working; Ctrl-C ends it");
    tokio::select! {
        () = &mut work => return Err(Failure::new("the worker ended")),
        () = signals.next() => shutdown.cancel(),
    }
    note("finishing what is under way …");
    tokio::select! {
        () = work => Ok(()),
        () = signals.next() => Ok(()),
    }
}
