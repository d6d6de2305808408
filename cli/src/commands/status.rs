//! `promptpilot status`.

use std::fmt;

use clap::Args;
use serde::Serialize;

use super::Context;
use crate::api::{Client, SystemStatus};
use crate::args::Place;
use crate::error::Failure;
use crate::style::{GOOD, STRONG, WARNING};
use crate::text::ago;

/// Show whether everything runs
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Serialize)]
struct Report {
    api: String,
    #[serde(flatten)]
    system: SystemStatus,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { api, system } = self;
        writeln!(
            f,
            "{GOOD}running{GOOD:#}  Prompt Pilot {} at {STRONG}{api}{STRONG:#}",
            system.version
        )?;
        writeln!(f, "database {}", system.database)?;
        writeln!(f, "target   {}", system.target)?;
        let builder = if system.builder_warm { "warm" } else { "warming up" };
        writeln!(f, "builder  {builder}")?;
        writeln!(f, "queue    {} waiting", system.queued)?;
        if system.workers.is_empty() {
            return writeln!(
                f,
                "workers  {WARNING}none{WARNING:#}: nothing will be deployed until one runs"
            );
        }
        for worker in &system.workers {
            writeln!(f, "worker   {}, seen {}", worker.id, ago(worker.seen))?;
        }
        Ok(())
    }
}

pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let system: SystemStatus = client.get(&["status"], &[]).await?;
    context.out.result(&Report { api: client.address().to_owned(), system });
    Ok(())
}
