//! The one binary people install.

mod apart;
mod api;
mod args;
mod backup;
mod builds;
mod commands;
mod compiler;
mod data;
mod error;
mod findings;
mod folder;
mod key;
mod logins;
mod mail;
mod oidc;
mod output;
#[cfg(test)]
mod pages;
mod plane;
mod postgres;
#[cfg(test)]
mod reference;
mod secret;
mod signals;
mod since;
mod site;
mod style;
mod text;
mod tls;
mod up;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::args::Cli;
use crate::error::Failure;
use crate::output::note;

fn main() -> ExitCode {
    let cli = Cli::parse();
    colors(cli.global.color).write_global();
    log_to_stderr();
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = failure.to_string();
            if !text.is_empty() {
                note(text.trim_end());
            }
            ExitCode::from(failure.exit.code())
        }
    }
}

fn colors(choice: clap::ColorChoice) -> anstream::ColorChoice {
    match choice {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    }
}

fn start(cli: Cli) -> Result<(), Failure> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| Failure::new("could not set up TLS"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("could not start threads").caused_by(&error))?;
    let outcome = runtime.block_on(commands::run(cli));
    // What was told to end at once does not wait for what still runs.
    runtime.shutdown_background();
    outcome
}

/// What is told of without being asked for. Mail is, where it goes to the log.
const USUAL: &str = "warn,sqlx::postgres::notice=error,promptpilot_control_plane::mail=info";

/// The parts' own log, beside what commands say: `PROMPTPILOT_LOG=debug` shows more.
fn log_to_stderr() {
    let filter =
        EnvFilter::try_from_env("PROMPTPILOT_LOG").unwrap_or_else(|_| EnvFilter::new(USUAL));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
}
