//! A function's other side: a Runtime API that hands it events and takes its answers.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    reason = "an example and other crates take a part of it"
)]

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex as AsyncMutex, mpsc, oneshot},
    time::timeout,
};

pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// Nothing here takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

pub const TOKEN: &str = "the-deployment-token";

/// One running function.
pub struct Function {
    events: mpsc::UnboundedSender<(String, u64, Value)>,
    shared: Arc<Shared>,
    lines: AsyncMutex<mpsc::UnboundedReceiver<Value>>,
    child: Child,
}

struct Shared {
    queue: AsyncMutex<mpsc::UnboundedReceiver<(String, u64, Value)>>,
    answers: Mutex<BTreeMap<String, oneshot::Sender<Answer>>>,
    /// What was told to be wrong with the last call, or with the start.
    error: Mutex<Option<Value>>,
    /// Answers' connections are closed soon after they began.
    hangs_up: AtomicBool,
}

/// What a function answered: the prelude's head, and the body with the time each piece came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub pieces: Vec<(Duration, String)>,
    pub request_headers: BTreeMap<String, String>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Server-sent events by name; comments are left out.
    pub fn events(&self) -> Vec<(String, Value)> {
        let blocks = self.body.split("\n\n").filter(|block| block.starts_with("event: "));
        blocks
            .map(|block| {
                let (name, data) = block.split_once("\ndata: ").expect("a name and data");
                let data = serde_json::from_str(data).expect("JSON");
                (name["event: ".len()..].to_owned(), data)
            })
            .collect()
    }
}

/// An example of this crate, built with its tests.
pub fn example(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().expect("this test");
    path.pop();
    path.pop();
    path.join("examples").join(name)
}

pub fn identity() -> String {
    json!({
        "organization": "018f0000-0000-7000-8000-000000000001",
        "environment": "production",
        "endpoint": "018f0000-0000-7000-8000-000000000002",
        "version": 7,
        "deployment": "018f0000-0000-7000-8000-000000000003",
    })
    .to_string()
}

impl Function {
    /// Starts an example with everything in its environment that a deployer sets, and more.
    pub async fn start(name: &str, more: &[(&str, &str)]) -> Result<Self> {
        let identity = identity();
        let mut variables =
            vec![("PROMPTPILOT_DEPLOYMENT", identity.as_str()), ("PROMPTPILOT_STATE_TOKEN", TOKEN)];
        variables.extend(more);
        Self::spawn(name, &variables).await
    }

    /// Starts an example with these variables only.
    pub async fn spawn(name: &str, variables: &[(&str, &str)]) -> Result<Self> {
        let (events, queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue: AsyncMutex::new(queue),
            answers: Mutex::default(),
            error: Mutex::default(),
            hangs_up: AtomicBool::new(false),
        });
        let address = listen(Arc::clone(&shared)).await?;
        let mut child = Command::new(example(name))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "7")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let (sender, lines) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                let _ = sender.send(line);
            }
        });
        Ok(Self { events, shared, lines: AsyncMutex::new(lines), child })
    }

    /// Hands over an event with a deadline so many milliseconds away; the answer comes later.
    pub fn hand(&self, event: Value, deadline_ms: u64) -> oneshot::Receiver<Answer> {
        let id = format!("request-{}", rand_id());
        let (sender, answer) = oneshot::channel();
        self.shared.answers.lock().expect("no panic").insert(id.clone(), sender);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let deadline = u64::try_from(now.as_millis()).expect("before the end") + deadline_ms;
        self.events.send((id, deadline, event)).expect("the Runtime API runs");
        answer
    }

    pub async fn invoke(&self, event: Value) -> Result<Answer> {
        Ok(timeout(PATIENCE, self.hand(event, 60_000)).await??)
    }

    /// The usual call: JSON in.
    pub async fn call(&self, body: Value) -> Result<Answer> {
        self.invoke(post_event(&[], &body.to_string())).await
    }

    pub async fn stream(&self, body: Value) -> Result<Answer> {
        let headers = [("accept", "text/event-stream")];
        self.invoke(post_event(&headers, &body.to_string())).await
    }

    /// Whether from now on every caller goes away in the middle of the answer.
    pub fn hang_up(&self, hangs_up: bool) {
        self.shared.hangs_up.store(hangs_up, Ordering::Relaxed);
    }

    /// Hands over an event that is to fail: what the host is told.
    pub async fn failure(&self, event: Value) -> Result<Value> {
        let gone = timeout(PATIENCE, self.hand(event, 60_000)).await?;
        if let Ok(answer) = gone {
            return Err(format!("answered with {answer:?}").into());
        }
        self.shared.error.lock().expect("no panic").take().ok_or_else(|| "no error".into())
    }

    /// The next line on standard output.
    pub async fn line(&self) -> Result<Value> {
        let line = timeout(PATIENCE, async { self.lines.lock().await.recv().await }).await?;
        line.ok_or_else(|| "standard output has ended".into())
    }

    /// The next call record, past its start line.
    pub async fn record(&self) -> Result<Value> {
        loop {
            let line = self.line().await?;
            if line["kind"] == "promptpilot.call" {
                return Ok(line);
            }
        }
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Waits for the process to end by itself: whether it went well, and what it told the host.
    pub async fn end(mut self) -> Result<(bool, Option<Value>)> {
        let status = timeout(PATIENCE, self.child.wait()).await??;
        let error = self.shared.error.lock().expect("no panic").take();
        Ok((status.success(), error))
    }
}

fn rand_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A function URL's event, payload version 2.0.
pub fn event(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let headers: BTreeMap<&str, &str> = headers.iter().copied().collect();
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
            "requestId": "r",
            "timeEpoch": 0,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

pub fn post_event(more: &[(&str, &str)], body: &str) -> Value {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(more);
    event("POST", "/", &headers, body)
}

async fn listen(shared: Arc<Shared>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let api = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(call_error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .with_state(shared);
    tokio::spawn(async move { axum::serve(listener, api).await });
    Ok(address)
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let event = shared.queue.lock().await.recv().await;
    let Some((id, deadline, event)) = event else { std::future::pending().await };
    Response::builder()
        .header("lambda-runtime-aws-request-id", id)
        .header("lambda-runtime-deadline-ms", deadline)
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:x:0:function:f")
        .body(Body::from(event.to_string()))
        .expect("a response")
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: axum::http::HeaderMap,
    body: Body,
) -> axum::http::StatusCode {
    let begun = std::time::Instant::now();
    let mut stream = body.into_data_stream();
    let (mut bytes, mut pieces) = (Vec::new(), Vec::new());
    while let Some(Ok(piece)) = stream.next().await {
        if shared.hangs_up.load(Ordering::Relaxed) && begun.elapsed() > Duration::from_millis(200) {
            return axum::http::StatusCode::GONE;
        }
        pieces.push((begun.elapsed(), String::from_utf8_lossy(&piece).into_owned()));
        bytes.extend_from_slice(&piece);
    }
    let end = bytes.windows(8).position(|window| window == [0; 8]).expect("a prelude");
    let prelude: Value = serde_json::from_slice(&bytes[..end]).expect("JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let head = prelude["headers"].as_object().expect("headers");
    let answer = Answer {
        status: prelude["statusCode"].as_u64().and_then(|s| u16::try_from(s).ok()).expect("status"),
        headers: head.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        body: String::from_utf8_lossy(&bytes[end + 8..]).into_owned(),
        pieces,
        request_headers: headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("").to_owned()))
            .collect(),
    };
    if let Some(sender) = shared.answers.lock().expect("no panic").remove(&id) {
        let _ = sender.send(answer);
    }
    axum::http::StatusCode::ACCEPTED
}

async fn call_error(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> axum::http::StatusCode {
    *shared.error.lock().expect("no panic") = serde_json::from_slice(&body).ok();
    drop(shared.answers.lock().expect("no panic").remove(&id));
    axum::http::StatusCode::ACCEPTED
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> axum::http::StatusCode {
    *shared.error.lock().expect("no panic") = serde_json::from_slice(&body).ok();
    axum::http::StatusCode::ACCEPTED
}
