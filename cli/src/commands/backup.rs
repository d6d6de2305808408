//! `promptpilot backup` and `promptpilot restore`: a whole data directory, in one file and out of it.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

use super::Context;
use crate::args::Place;
use crate::backup;
use crate::data::DataDir;
use crate::error::Failure;
use crate::output::note;
use crate::style::{GOOD, STRONG};

/// Write everything that `up` keeps into one file
///
/// Database, functions, built code, ports and keys, while everything runs. The file opens all secrets
/// that are in it: keep it as you keep the machine
#[derive(Debug, Args)]
#[command(after_help = "Example:
  promptpilot backup pilot-$(date +%F).tar")]
pub(crate) struct Backup {
    /// The file to write; there must be none of this name
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Bring a backup back, into an empty data directory
#[derive(Debug, Args)]
#[command(after_help = "Example:
  promptpilot restore pilot.tar --data ./data && promptpilot up --data ./data")]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Serialize)]
struct BackedUp {
    file: String,
    bytes: u64,
    schema: i64,
    /// Whether it has the key that its secrets are opened with.
    has_key: bool,
}

impl fmt::Display for BackedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = self.bytes.div_ceil(1 << 20);
        writeln!(f, "{GOOD}written{GOOD:#} {STRONG}{}{STRONG:#} ({megabytes} MB)", self.file)
    }
}

#[derive(Debug, Serialize)]
struct Restored {
    data: String,
    /// When it was as it is now.
    taken: String,
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, taken } = self;
        writeln!(f, "{GOOD}restored{GOOD:#} {STRONG}{data}{STRONG:#}, as it was at {taken}")
    }
}

pub(crate) async fn backup(context: &Context, args: &Backup) -> Result<(), Failure> {
    let data = DataDir::new(context.data.as_deref())?;
    let taken = backup::take(data, &args.file).await?;
    context.out.result(&BackedUp {
        file: args.file.display().to_string(),
        bytes: taken.bytes,
        schema: taken.manifest.schema,
        has_key: taken.has_key,
    });
    if !context.out.is_json() {
        note(match taken.has_key {
            true => "It opens the secrets that are in it: keep it where nobody else reads it.",
            false => {
                "The key of its secrets is not in it, since it was given by a variable: keep that, too."
            }
        });
    }
    Ok(())
}

pub(crate) async fn restore(context: &Context, args: &Restore) -> Result<(), Failure> {
    let data = DataDir::new(context.data.as_deref())?;
    let manifest = backup::restore(&args.file, data.path()).await?;
    let data = data.path().display().to_string();
    let taken = manifest.taken.replace_nanosecond(0).unwrap_or(manifest.taken);
    let taken = taken.format(&Rfc3339).unwrap_or_default();
    context.out.result(&Restored { data: data.clone(), taken });
    if !context.out.is_json() {
        note(format!("Start it with `promptpilot up --data {data}`."));
    }
    Ok(())
}
