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
mod telemetry;
mod text;
mod tls;
mod up;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};
use crate::error::Failure;
use crate::output::note;

fn main() -> ExitCode {
    let cli = Cli::parse();
    colors(cli.global.color).write_global();
    let serves = cli.command.as_ref().is_some_and(Command::serves);
    let telemetry = set_up_tls().and_then(|()| telemetry::begin(serves));
    let outcome = telemetry.and_then(|_telemetry| start(cli));
    match outcome {
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

fn set_up_tls() -> Result<(), Failure> {
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| Failure::new("could not set up TLS"))
}

fn start(cli: Cli) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("could not start threads").caused_by(&error))?;
    let outcome = runtime.block_on(commands::run(cli));
    // What was told to end at once does not wait for what still runs.
    runtime.shutdown_background();
    outcome
}
