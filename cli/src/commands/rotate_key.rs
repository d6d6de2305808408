//! `promptpilot rotate-key`: another key for the installation.

use std::fmt;

use clap::Args;
use promptpilot_control_plane::{Rotated, RotationError, SecretKey, rotate_key};
use serde::Serialize;

use super::Context;
use crate::args::Place;
use crate::data::DataDir;
use crate::error::{Failure, Hint};
use crate::key::{Key, NextKey, Rotation};
use crate::output::note;
use crate::postgres::Postgres;
use crate::style::GOOD;

/// Give the installation another secret key
///
/// Everything that is sealed with the present one is sealed with the new one, wholly or not at all; what
/// is deployed is published once more at the next start. Nothing may run meanwhile. Cut off, it is run
/// again and goes on
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot rotate-key
  DATABASE_URL=postgres://… PROMPTPILOT_SECRET_KEY=… PROMPTPILOT_NEW_SECRET_KEY=… promptpilot rotate-key")]
pub(crate) struct RotateKey {
    /// The PostgreSQL server to use instead of the data directory's own
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    #[command(flatten)]
    key: Key,
    #[command(flatten)]
    next: NextKey,
    #[command(flatten)]
    pub(crate) place: Place,
}

impl Hint for RotationError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::AnotherKey => Some(
                "name the key that the database was used with last: `PROMPTPILOT_SECRET_KEY`"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

#[derive(Debug, Serialize)]
struct Done {
    organizations: usize,
    renewals: usize,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{GOOD}rotated{GOOD:#}: secrets of {} sealed anew",
            count(self.organizations, "organization")
        )?;
        writeln!(f, "{} will be published once more", count(self.renewals, "endpoint"))
    }
}

fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

pub(crate) async fn run(context: &Context, args: RotateKey) -> Result<(), Failure> {
    let mut data = DataDir::new(context.data.as_deref())?;
    // With a database and keys from elsewhere, there may be no data directory at all.
    let own = args.database_url.is_none() || !args.key.is_given();
    let _hold = own.then(|| data.hold()).transpose()?;
    let rotation = Rotation::begin(args.key, &args.next, &data)?;
    let done = match args.database_url {
        Some(url) => rotate_key(&url, &rotation.old, &rotation.new).await?,
        None => rotate_own(&data, &rotation.old, &rotation.new).await?,
    };
    let is_kept = rotation.finish(&data)?;
    let Rotated { organizations, renewals } = done;
    context.out.result(&Done { organizations, renewals });
    if !is_kept && !context.out.is_json() {
        note("From now on everything is started with the new key: `PROMPTPILOT_SECRET_KEY`.");
    }
    Ok(())
}

async fn rotate_own(data: &DataDir, old: &SecretKey, new: &SecretKey) -> Result<Rotated, Failure> {
    let postgres = Postgres::start(data.path(), |_| {}).await?;
    let url = postgres.url().to_owned();
    let outcome = async {
        promptpilot_control_plane::migrate(&url).await?;
        Ok::<_, Failure>(rotate_key(&url, old, new).await?)
    };
    let outcome = outcome.await;
    postgres.stop().await;
    outcome
}
