//! `promptpilot status`.

use std::fmt;

use serde::Serialize;

use super::Context;
use crate::api::{Client, SystemStatus};
use crate::error::Failure;
use crate::style::{GOOD, STRONG, WARNING};
use crate::text::ago;

#[derive(Debug, Serialize)]
struct Status {
    api: String,
    #[serde(flatten)]
    system: SystemStatus,
}

impl fmt::Display for Status {
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
    let client = Client::find(&context.global)?;
    let system: SystemStatus = client.get(&["status"], &[]).await?;
    context.out.result(&Status { api: client.address().to_owned(), system });
    Ok(())
}
