//! `promptpilot up`: the whole system in one process, in one directory.

mod door;
mod ports;
mod pump;
mod system;
mod warm;

use std::fmt;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use self::ports::Wanted;
use self::system::System;
use crate::args::Place;
use crate::builds::Builds;
use crate::commands::Context;
use crate::data::{DataDir, Running};
use crate::error::{Exit, Failure};
use crate::key::Key;
use crate::output::note;
use crate::signals::Signals;
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
    let key = args.key.or_made(&data)?;
    let wanted = Wanted { api: args.port, functions: args.functions_port, state: args.state_port };
    let mut system = tokio::select! {
        started = System::start(&data, wanted, args.database_url, key, args.builds) => started?,
        () = signals.next() => return Ok(()),
    };
    let running = system.running();
    data.announce(&running)?;
    context.out.result(&ready(&data, &running, system.link(), began.elapsed()));
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

fn ready(data: &DataDir, running: &Running, link: &str, took: Duration) -> Ready {
    Ready {
        open: format!("{}{link}", running.api.replace("127.0.0.1", "localhost")),
        api: running.api.clone(),
        functions: running.functions.clone(),
        data: data.path().display().to_string(),
        pid: running.pid,
        ms: took.as_millis(),
        took,
    }
}
