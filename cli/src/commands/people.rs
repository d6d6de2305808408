//! `promptpilot people`: what whoever runs the installation does for people, in whatever organization they are.

use std::fmt;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Context, confirm};
use crate::api::Client;
use crate::args::Place;
use crate::error::Failure;
use crate::style::{GOOD, STRONG};

/// Help people who cannot sign in any more, for who runs the installation
///
/// It takes the installation's own token: on the machine of `up` it is at hand, and for a `serve`
/// `PROMPTPILOT_TOKEN` is what that was given.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  promptpilot people second-step off jo@example.com")]
pub(crate) struct People {
    #[command(subcommand)]
    what: What,
}

impl People {
    /// The data directory that was named.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        let What::SecondStep(SecondStep { what: Step::Off(off) }) = &self.what;
        off.place.data.clone()
    }
}

#[derive(Debug, Subcommand)]
enum What {
    SecondStep(SecondStep),
}

/// See to somebody's second step of signing in
#[derive(Debug, Args)]
struct SecondStep {
    #[command(subcommand)]
    what: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    Off(Off),
}

/// Turn it off for somebody who has lost authenticator and recovery codes
///
/// From then on their account opens by their password alone: make sure that it is they who ask. Their
/// sessions end, they are told by a letter, and the audit log of each of their organizations tells of it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  promptpilot people second-step off jo@example.com
  promptpilot people second-step off jo@example.com --yes   # without asking, for scripts
  PROMPTPILOT_TOKEN=… promptpilot people second-step off jo@example.com --server https://pilot.example.com")]
struct Off {
    /// Their address
    #[arg(value_name = "ADDRESS")]
    email: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Serialize)]
struct TurnedOff<'a> {
    email: &'a str,
    second_step: bool,
}

impl fmt::Display for TurnedOff<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let email = self.email;
        writeln!(f, "{GOOD}turned off{GOOD:#} the second step of {STRONG}{email}{STRONG:#}")
    }
}

pub(crate) async fn run(context: &Context, args: &People) -> Result<(), Failure> {
    let What::SecondStep(SecondStep { what: Step::Off(Off { email, yes, .. }) }) = &args.what;
    let client = Client::find(context)?;
    if !yes {
        let question = format!(
            "From then on {STRONG}{email}{STRONG:#} signs in by their password alone, and is signed out \
             everywhere. Go on? [y/N]"
        );
        confirm(&format!("turning off the second step of `{email}`"), &question)?;
    }
    let path = ["installation", "people", email, "authenticator"];
    client.delete::<()>(&path).await.map_err(|error| match error.is_unauthorized() {
        true => Failure::from(error).hint(
            "run it on the machine of `up`, or set `PROMPTPILOT_TOKEN` to what `serve` was given",
        ),
        false => error.into(),
    })?;
    context.out.result(&TurnedOff { email, second_step: false });
    Ok(())
}
