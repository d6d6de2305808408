//! `promptpilot promote`: what serves in one environment goes to another, nothing is built.

use std::time::Instant;

use clap::Args;

use super::deploy::{Wait, show};
use super::{Context, endpoint};
use crate::api::{Batch, Client, PromoteRequest};
use crate::args::Place;
use crate::error::Failure;

/// Bring what serves in one environment to another, without a build
///
/// The very code that serves there is published with the keys of the other environment, and goes live once
/// its definition's tests have passed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot promote summarize --from staging --to production
  promptpilot promote summarize --from staging --to production --version 3 -m \"tried for a week\"")]
pub(crate) struct Promote {
    /// The endpoint
    name: String,
    /// The environment that it comes from
    #[arg(long, value_name = "ENV")]
    from: String,
    /// The environment that it goes to
    #[arg(long, value_name = "ENV")]
    to: String,
    /// The version [default: the one that serves where it comes from]
    #[arg(long, value_name = "VERSION")]
    version: Option<i32>,
    /// Why, for the history
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    pub(crate) place: Place,
}

pub(crate) async fn run(context: &Context, args: Promote) -> Result<(), Failure> {
    let client = Client::find(context)?;
    let began = Instant::now();
    let Promote { name, from, to, version, message, wait, .. } = args;
    let found = endpoint(&client, &name).await?;
    let wanted = PromoteRequest { from, to, version, message };
    let batch: Batch = client.post(&["endpoints", &name, "promote"], &wanted).await?;
    // A call of the newest version's shape is as good as any to show.
    let text = found.toml.unwrap_or_default();
    show(context, &client, (batch, began), &[&text], &wait).await
}
