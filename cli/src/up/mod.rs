//! `promptpilot up`: the whole system in one process, in one directory.

mod door;
mod ports;
mod pump;
mod system;
mod warm;

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use clap::Args;
use promptpilot_control_plane::Mail;
use serde::Serialize;
use url::Url;

use self::ports::Wanted;
use self::system::{Options, System};
use crate::args::Place;
use crate::builds::Builds;
use crate::commands::Context;
use crate::data::{DataDir, Running};
use crate::error::{Exit, Failure};
use crate::key::Key;
use crate::mail::MailOptions;
use crate::oidc::OidcOptions;
use crate::output::note;
use crate::signals::Signals;
use crate::site::{self, SiteOptions};
use crate::style::{FAINT, GOOD, STRONG};
use crate::text::span;

/// Run everything on this machine
///
/// Database, API, deploy worker and the host of deployed functions, in one process and one data
/// directory. Ctrl-C ends it; what was deployed is there again at the next start. Provider keys that are
/// in the environment (`PROMPTPILOT_KEY_OPENAI`, `PROMPTPILOT_KEY_ANTHROPIC`, …) are stored, as by
/// `promptpilot credentials set`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot up
  promptpilot up --data ./data --port 8080
  PROMPTPILOT_KEY_OPENAI=sk-… promptpilot up
  DATABASE_URL=postgres://… promptpilot up   # with a database of your own")]
pub(crate) struct Up {
    /// Address to listen at; another than this machine's own takes `--endpoints-url`
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Where callers reach deployed endpoints, where that is another address than the functions' port; its
    /// host is another than the API's
    #[arg(long, value_name = "URL", env = "PROMPTPILOT_ENDPOINTS_URL")]
    endpoints_url: Option<Url>,
    /// Port of the API, kept for later starts; 0 means any [first start: 7433]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Port of the deployed functions, kept for later starts; 0 means any [first start: 7434]
    #[arg(long, value_name = "PORT")]
    functions_port: Option<u16>,
    /// Port that functions look up keys at, kept for later starts; 0 means any. Functions that were
    /// deployed before a change have to be deployed again [first start: 7435]
    #[arg(long, value_name = "PORT")]
    state_port: Option<u16>,
    /// A PostgreSQL server to use instead of one of its own
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    key: Key,
    #[command(flatten)]
    builds: Builds,
    #[command(flatten)]
    site: SiteOptions,
    #[command(flatten)]
    mail: MailOptions,
    #[command(flatten)]
    oidc: OidcOptions,
}

impl Up {
    /// Where callers reach endpoints. Browsers do not tell ports of a host apart: what functions answer
    /// must not come from the host that people sign in at.
    fn endpoints_url(&self) -> Result<Option<String>, Failure> {
        let Some(url) = &self.endpoints_url else {
            if self.bind.is_loopback() {
                return Ok(None);
            }
            let unknown = "where callers reach the endpoints is not known";
            return Err(Failure::usage(unknown).hint("add `--endpoints-url URL`"));
        };
        let endpoints = site::base(url, "--endpoints-url")?;
        if self.site.is_at(url) {
            return Err(Failure::usage("`--endpoints-url` and `--public-url` have the same host")
                .hint("give the endpoints a host name of their own, such as `run.example.com`"));
        }
        Ok(Some(endpoints))
    }

    /// Where mail goes. The log of a machine that others reach, too, has no letters: others may read it.
    fn mail(&self) -> Result<Mail, Failure> {
        let public = self.site.public_url()?.is_some();
        self.mail.mail(if public { Mail::Nowhere } else { Mail::Log }, public)
    }
}

/// What is told once everything runs.
#[derive(Debug, Serialize)]
struct Ready {
    api: String,
    /// Opens the dashboard in a browser, once.
    open: String,
    functions: String,
    data: String,
    pid: u32,
    ms: u128,
    #[serde(skip)]
    took: Duration,
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{GOOD}ready{GOOD:#} in {}", span(self.took))?;
        writeln!(f)?;
        writeln!(f, "  dashboard  {STRONG}{}{STRONG:#}  {FAINT}(opens once){FAINT:#}", self.open)?;
        writeln!(f, "  functions  {}", self.functions)?;
        writeln!(f, "  data       {}", self.data)?;
        writeln!(f)?;
        writeln!(
            f,
            "Next, in the dashboard or in another terminal: `promptpilot init`, then `promptpilot deploy`."
        )?;
        writeln!(f, "Ctrl-C ends it.")
    }
}

pub(crate) async fn run(context: &Context, args: Up) -> Result<(), Failure> {
    let began = Instant::now();
    let mut signals = Signals::listen()?;
    let mut data = DataDir::new(context.data.as_deref())?;
    let _hold = data.hold()?;
    // Left by a process that was killed.
    data.withdraw();
    let options = Options {
        ports: Wanted {
            bind: args.bind,
            api: args.port,
            functions: args.functions_port,
            state: args.state_port,
        },
        endpoints_url: args.endpoints_url()?,
        mail: args.mail()?,
        verify_emails: args.mail.verify_email,
        oidc: args.oidc.provider(args.site.public_url()?.is_some())?,
        key: args.key.or_made(&data)?,
        site: args.site,
        builds: args.builds,
    };
    let mut system = tokio::select! {
        started = System::start(&data, args.database_url, options) => started?,
        () = signals.next() => return Ok(()),
    };
    let running = system.running();
    data.announce(&running)?;
    context.out.result(&ready(&data, &running, system.door(), began.elapsed()));
    let outcome = tokio::select! {
        failure = system.failed() => Err(failure),
        () = signals.next() => Ok(()),
    };
    data.withdraw();
    note("ending …");
    tokio::select! {
        () = system.stop() => outcome,
        () = signals.next() => Err(Failure::told(Exit::Interrupted)),
    }
}

fn ready(data: &DataDir, running: &Running, open: String, took: Duration) -> Ready {
    Ready {
        open,
        api: running.api.clone(),
        functions: running.functions.clone(),
        data: data.path().display().to_string(),
        pid: running.pid,
        ms: took.as_millis(),
        took,
    }
}
