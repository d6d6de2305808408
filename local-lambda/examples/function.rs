//! A Lambda function for trying out a host. What it does is told by the event's `do`, or by the
//! query parameter of that name: `echo` (the default), `sleep`, `exit`, `fail`, `print`,
//! `environment`, `context`, `stream`, `cut` (a stream that stops with the process), `break` (a stream
//! that ends in an error), `flood` (a stream of many bytes), `hold` (memory) and `big`.

use std::time::Duration;

use lambda_runtime::{Error, FunctionResponse, LambdaEvent, StreamResponse, service_fn};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

type Answer = FunctionResponse<Value, ReceiverStream<Result<String, Error>>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if std::env::var("FAIL_INIT").is_ok() {
        return Err("the initialisation fails".into());
    }
    lambda_runtime::run_concurrent(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Answer, Error> {
    let (payload, context) = (event.payload, event.context);
    let whole = FunctionResponse::BufferedResponse;
    let number = |name: &str, default| {
        argument(&payload, name).and_then(|it| it.parse().ok()).unwrap_or(default)
    };
    match argument(&payload, "do").as_deref() {
        Some("sleep") => {
            tokio::time::sleep(Duration::from_millis(number("ms", 100))).await;
            Ok(whole(json!({ "slept": true })))
        }
        Some("exit") => {
            let code = i32::try_from(number("code", 1)).unwrap_or(1);
            #[allow(clippy::exit, reason = "this is what it is asked for")]
            std::process::exit(code)
        }
        Some("fail") => Err("the handler fails".into()),
        Some("print") => {
            let text = argument(&payload, "text").unwrap_or_default();
            #[allow(clippy::print_stdout, reason = "this is what it is asked for")]
            (0..number("times", 1)).for_each(|_| println!("{text}"));
            Ok(whole(json!({ "printed": true })))
        }
        Some("environment") => {
            let variables: std::collections::BTreeMap<_, _> = std::env::vars().collect();
            Ok(whole(json!({ "variables": variables, "pid": std::process::id() })))
        }
        Some("context") => Ok(whole(json!({
            "request_id": context.request_id,
            "deadline": context.deadline,
            "arn": context.invoked_function_arn,
            "trace": context.xray_trace_id,
            "client": context.client_context,
            "pid": std::process::id(),
        }))),
        Some("hold") => {
            let held = std::hint::black_box(vec![1_u8; usize::try_from(number("mb", 0))? << 20]);
            tokio::time::sleep(Duration::from_millis(number("ms", 0))).await;
            Ok(whole(json!({ "held": held.len() })))
        }
        Some("big") => Ok(whole(json!("x".repeat(usize::try_from(number("bytes", 0))?)))),
        Some("flood") => Ok(flood(usize::try_from(number("bytes", 1 << 20))?)),
        Some(kind @ ("stream" | "cut" | "break")) => {
            Ok(stream(kind, number("chunks", 3), number("ms", 0)))
        }
        _ => Ok(whole(payload)),
    }
}

/// Streams numbered lines.
fn stream(kind: &str, chunks: u64, pause_ms: u64) -> Answer {
    let (cuts, breaks) = (kind == "cut", kind == "break");
    let (sender, receiver) = mpsc::channel::<Result<String, Error>>(1);
    tokio::spawn(async move {
        for number in 0..chunks {
            if sender.send(Ok(format!("chunk {number}\n"))).await.is_err() {
                #[allow(clippy::print_stdout, reason = "tests look for it")]
                {
                    println!("given up at chunk {number}");
                }
                return;
            }
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
        if breaks {
            // Nobody may listen any more.
            let _ = sender.send(Err("the stream breaks".into())).await;
        }
        if cuts {
            // What has been handed over must have been sent.
            tokio::time::sleep(Duration::from_millis(100)).await;
            #[allow(clippy::exit, reason = "this is what it is asked for")]
            std::process::exit(3);
        }
    });
    let mut response = StreamResponse::from(ReceiverStream::new(receiver));
    response.metadata_prelude.headers.insert("x-streamed", http::HeaderValue::from_static("yes"));
    FunctionResponse::StreamingResponse(response)
}

/// Streams this many bytes.
fn flood(bytes: usize) -> Answer {
    const CHUNK: usize = 64 << 10;
    let (sender, receiver) = mpsc::channel::<Result<String, Error>>(1);
    tokio::spawn(async move {
        let chunk = "x".repeat(CHUNK);
        let mut left = bytes;
        while left > 0 {
            let some = chunk[..left.min(CHUNK)].to_owned();
            left -= some.len();
            if sender.send(Ok(some)).await.is_err() {
                return;
            }
        }
    });
    FunctionResponse::StreamingResponse(ReceiverStream::new(receiver).into())
}

/// A member of the event, or of its query.
fn argument(event: &Value, name: &str) -> Option<String> {
    let value = [&event[name], &event["queryStringParameters"][name]]
        .into_iter()
        .find(|it| !it.is_null())?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
