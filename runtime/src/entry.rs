//! From `main` to the Lambda Runtime API and back.

use std::{env, process::ExitCode, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::StreamExt;
use lambda_runtime::{Diagnostic, LambdaEvent, MetadataPrelude, StreamResponse, service_fn};
use lambda_runtime_api_client::{BoxError, PooledClient, body::Body, build_request};
use serde_json::json;
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    endpoint::Endpoint,
    event::UrlEvent,
    function::{Function, InitError},
    log::{self, Level, log},
    output,
    reply::{Answered, Reply},
    route,
};

/// Where the Runtime API listens; set by every Lambda host.
const RUNTIME_API_VARIABLE: &str = "AWS_LAMBDA_RUNTIME_API";

/// Calls that this process may hold at once; set on Managed Instances only.
const CONCURRENCY_VARIABLE: &str = "AWS_LAMBDA_MAX_CONCURRENCY";

/// How long calls may take to write their records when the process ends.
const LAST_RECORDS: Duration = Duration::from_secs(1);

/// Serves an endpoint until the host ends the process.
pub fn serve(endpoint: &'static Endpoint) -> ExitCode {
    log::catch_panics();
    if env::var_os(RUNTIME_API_VARIABLE).is_none() {
        log(
            Level::Error,
            &format!(
                "{RUNTIME_API_VARIABLE} is not set: this program runs on AWS Lambda or a host like it"
            ),
        );
        return ExitCode::FAILURE;
    }
    let runtime = match tokio_runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            log(Level::Error, &format!("could not start the runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let variable = |name: &str| env::var(name).ok();
    let outcome = match Function::start(endpoint, variable, Box::new(output::to_stdout)) {
        Ok(function) => runtime.block_on(poll(function)),
        Err(error) => {
            log(Level::Error, &error.to_string());
            runtime.block_on(report(&error))
        }
    };
    if let Err(error) = outcome {
        log(Level::Error, &format!("the Runtime API failed: {error}"));
    }
    ExitCode::FAILURE
}

/// One thread where one call runs at a time, which is nearly everywhere.
fn tokio_runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let concurrency = env::var(CONCURRENCY_VARIABLE).ok().and_then(|text| text.parse::<u32>().ok());
    let mut builder = match concurrency {
        Some(2..) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    builder.enable_all().build()
}

async fn poll(function: Function) -> Result<(), BoxError> {
    let function = Arc::new(function);
    let (busy, mut calls) = mpsc::channel::<()>(1);
    let handler = service_fn(move |event: LambdaEvent<UrlEvent>| {
        let (function, busy) = (Arc::clone(&function), busy.clone());
        async move { answer(function, event, busy).await }
    });
    let outcome = lambda_runtime::Runtime::new(handler).run_concurrent().await;
    // The client ends when the host closes an answer's connection, which is how a host tells that
    // the caller went away. The call still has its record to write.
    let _ = timeout(LAST_RECORDS, calls.recv()).await;
    outcome
}

type Chunks = futures::stream::Map<ReceiverStream<Bytes>, fn(Bytes) -> Result<Bytes, BoxError>>;

/// Starts the call and hands over its head as soon as there is one. The call runs on by itself while
/// its body is sent.
async fn answer(
    function: Arc<Function>,
    event: LambdaEvent<UrlEvent>,
    busy: mpsc::Sender<()>,
) -> Result<StreamResponse<Chunks>, Diagnostic> {
    let (reply, Answered { head, body }) = Reply::new();
    tokio::spawn(async move {
        route::handle(function, event.payload, event.context, reply).await;
        drop(busy);
    });
    let head = head.await.map_err(|_| Diagnostic {
        error_type: "Runtime.NoAnswer".to_owned(),
        error_message: "the call ended without an answer".to_owned(),
    })?;
    Ok(StreamResponse {
        metadata_prelude: MetadataPrelude {
            status_code: head.status,
            headers: head.headers,
            cookies: Vec::new(),
        },
        stream: ReceiverStream::new(body).map(Ok),
    })
}

/// Tells the host why there will be no calls, so that it can tell the deployer.
async fn report(error: &InitError) -> Result<(), BoxError> {
    let body = json!({ "errorType": "Runtime.InitError", "errorMessage": error.to_string() });
    let request = build_request()
        .method(http::Method::POST)
        .uri("/2018-06-01/runtime/init/error")
        .header("lambda-runtime-function-error-type", "Runtime.InitError")
        .body(Body::from(body.to_string()))?;
    PooledClient::builder().build().call(request).await?;
    Ok(())
}
