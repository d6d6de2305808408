//! From `main` to the Lambda Runtime API and back.

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

/// Serves an endpoint until the host ends the process.
pub fn serve(endpoint: &'static Endpoint) -> ExitCode {
    log::catch_panics();
    if let Err(error) = run(endpoint) {
        log(Level::Error, &error);
    }
    ExitCode::FAILURE
}

fn run(endpoint: &'static Endpoint) -> Result<(), String> {
    let address = env::var(ADDRESS_VARIABLE).map_err(|_| {
        format!("{ADDRESS_VARIABLE} is not set: this program runs on AWS Lambda or a host like it")
    })?;
    let at_once = calls_at_once();
    let runtime =
        tokio_runtime(at_once).map_err(|error| format!("could not start the runtime: {error}"))?;
    let variable = |name: &str| env::var(name).ok();
    let served = match Function::start(endpoint, variable, Box::new(output::to_stdout)) {
        Ok(function) => runtime.block_on(runtime_api::serve(function, &address, at_once)),
        Err(error) => {
            log(Level::Error, &error.to_string());
            runtime.block_on(runtime_api::report(&address, &error))
        }
    };
    served.map_err(|error| format!("the Runtime API failed: {error}"))
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
