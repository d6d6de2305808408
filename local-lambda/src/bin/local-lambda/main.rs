//! `local-lambda serve`: this machine's AWS Lambda, until Ctrl-C.

#![allow(clippy::print_stderr, reason = "it speaks on a terminal")]

mod arguments;
mod functions_output;
mod greeting;
mod signals;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use local_lambda::Host;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Command, Serve};
use greeting::Greeting;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Command::Serve(serve) = Arguments::parse().command;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(serve).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", sentence(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(serve: Serve) -> Result<(), Box<dyn Error>> {
    let mut ends = signals::hear()?;
    let settings = serve.settings()?;
    let greeting = Greeting::new(&settings);
    let host = Host::start_with(settings, serve.limits()).await?;
    greeting.say(&host, serve.json);
    let printing = (!serve.quiet).then(|| tokio::spawn(functions_output::follow(host.output())));
    ends.recv().await;
    tokio::select! {
        () = host.shutdown() => {}
        // Twice means at once.
        _ = ends.recv() => {}
    }
    if let Some(printing) = printing {
        printing.abort();
    }
    Ok(())
}

/// What was attempted, and why it failed.
fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
