//! From `main` to whoever brings the calls, and back.

use std::{env, process::ExitCode};

use tokio::runtime::Builder;

use crate::{
    endpoint::Endpoint,
    function::Function,
    log::{self, Level, log},
    output,
    runtime_api::{self, ADDRESS_VARIABLE},
};

/// Calls that this process may hold at once; set on Managed Instances only.
const CONCURRENCY_VARIABLE: &str = "AWS_LAMBDA_MAX_CONCURRENCY";

/// What a program needs that is started by hand.
#[cfg(feature = "serve")]
const HOW_TO_START: &str = "start this program with `--listen 127.0.0.1:8080`, or run it on AWS Lambda \
                            or a host like it";
#[cfg(not(feature = "serve"))]
const HOW_TO_START: &str = "this program runs on AWS Lambda or a host like it";

/// Serves an endpoint until the host ends the process; with the feature `serve` and `--listen`, as a
/// server of its own until a signal does.
pub fn serve(endpoint: &'static Endpoint) -> ExitCode {
    log::catch_panics();
    match run(endpoint) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log(Level::Error, &error);
            ExitCode::FAILURE
        }
    }
}

#[cfg(feature = "serve")]
fn run(endpoint: &'static Endpoint) -> Result<(), String> {
    use crate::listen::{self, Arguments, USAGE};

    match Arguments::read()? {
        Arguments::Listen(address) => listen::run(endpoint, &address),
        Arguments::Function => take_calls(endpoint),
        Arguments::Help => {
            output::to_stdout(USAGE.trim_end());
            Ok(())
        }
    }
}

#[cfg(not(feature = "serve"))]
fn run(endpoint: &'static Endpoint) -> Result<(), String> {
    take_calls(endpoint)
}

/// Takes calls from the Runtime API. It ends only by failing.
fn take_calls(endpoint: &'static Endpoint) -> Result<(), String> {
    let address = env::var(ADDRESS_VARIABLE)
        .map_err(|_| format!("{ADDRESS_VARIABLE} is not set: {HOW_TO_START}"))?;
    let at_once = calls_at_once();
    let runtime =
        tokio_runtime(at_once).map_err(|error| format!("could not start the runtime: {error}"))?;
    let variable = |name: &str| env::var(name).ok();
    let failed = |error| format!("the Runtime API failed: {error}");
    match Function::start(endpoint, variable, Box::new(output::to_stdout)) {
        Ok(function) => {
            let served = runtime.block_on(runtime_api::serve(function, &address, at_once));
            Err(served.map_or_else(failed, |()| "no call can be taken any more".to_owned()))
        }
        Err(error) => {
            if let Err(unheard) = runtime.block_on(runtime_api::report(&address, &error)) {
                log(Level::Error, &failed(unheard));
            }
            Err(error.to_string())
        }
    }
}

fn calls_at_once() -> usize {
    let given = env::var(CONCURRENCY_VARIABLE).ok().and_then(|text| text.parse().ok());
    given.unwrap_or(1).max(1)
}

/// One thread where one call runs at a time, which is nearly everywhere.
fn tokio_runtime(calls_at_once: usize) -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = match calls_at_once {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}
