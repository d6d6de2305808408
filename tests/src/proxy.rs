//! A proxy before Lambda's API: it notes what is asked of Lambda, and makes it answer late or badly.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::poll::eventually;

/// The largest request that is passed on.
const MOST: usize = 64 << 20;

/// What happens to a request, once.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// It is kept back for as long as its sender waits.
    HoldRequest,
    /// It is passed on, and its answer is kept back.
    HoldAnswer,
    /// It is not passed on but answered with this status and error.
    Refuse(u16, &'static str),
}

/// A request that came by, and what it was answered.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its method.
    pub method: Method,
    /// Its path, without the query.
    pub path: String,
    /// Its query.
    pub query: Option<String>,
    /// Its body, where that is JSON.
    pub body: Value,
    /// The answer's status.
    pub status: StatusCode,
}

/// A running proxy. It ends with its value.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    target: String,
    client: reqwest::Client,
    state: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    asked: Vec<Asked>,
    faults: Vec<(Method, String, Fault)>,
    held: bool,
}

impl Proxy {
    /// Starts one before the API at `target`.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn before(target: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            target: target.to_owned(),
            client: reqwest::Client::builder().no_proxy().build()?,
            state: Mutex::default(),
        });
        let router = Router::new().fallback(pass).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.ok();
        });
        Ok(Self { url, shared, server })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Does something to the next request of this method whose path ends so.
    pub fn inject(&self, method: Method, path_end: &str, fault: Fault) {
        let mut noted = self.shared.noted();
        noted.held = false;
        noted.faults.push((method, path_end.to_owned(), fault));
    }

    /// Waits until a request, or its answer, is held.
    ///
    /// # Errors
    /// When none comes.
    pub async fn held(&self) -> Result<()> {
        eventually("a request is held", async || self.shared.noted().held.then_some(())).await
    }

    /// The requests since the last time this was asked for, once `last` is among them.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn asked_until(&self, last: impl Fn(&Asked) -> bool) -> Result<Vec<Asked>> {
        eventually("the last request", async || {
            let mut noted = self.shared.noted();
            noted.asked.iter().any(&last).then(|| std::mem::take(&mut noted.asked))
        })
        .await
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault for a request, which is used up by it.
    fn fault(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut noted = self.noted();
        let fits = |(of, end, _): &(Method, String, Fault)| of == method && path.ends_with(end);
        let index = noted.faults.iter().position(fits)?;
        Some(noted.faults.remove(index).2)
    }

    /// Holds for good; this ends when whoever asked goes away.
    async fn hold(&self) -> ! {
        self.noted().held = true;
        pending::<std::convert::Infallible>().await;
        unreachable!("what is pending does not end")
    }
}

async fn pass(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().map(str::to_owned);
    let body = to_bytes(body, MOST).await.unwrap_or_default();
    let json = serde_json::from_slice(&body).unwrap_or_default();
    let fault = shared.fault(&parts.method, &path);
    if matches!(fault, Some(Fault::HoldRequest)) {
        shared.hold().await;
    }
    let response = if let Some(Fault::Refuse(status, error)) = fault {
        refusal(status, error)
    } else {
        let url = format!("{}{}", shared.target, parts.uri);
        let asked = shared.client.request(parts.method.clone(), url).headers(parts.headers);
        match asked.body(body).send().await {
            Ok(answer) => passed_back(answer).await,
            Err(_) => refusal(502, "BadGateway"),
        }
    };
    let status = response.status();
    shared.noted().asked.push(Asked { method: parts.method, path, query, body: json, status });
    if matches!(fault, Some(Fault::HoldAnswer)) {
        shared.hold().await;
    }
    response
}

async fn passed_back(answer: reqwest::Response) -> Response {
    let status = answer.status();
    let mut headers: HeaderMap = answer.headers().clone();
    // Ours are told by the server anew.
    headers.remove(header::TRANSFER_ENCODING);
    headers.remove(header::CONTENT_LENGTH);
    let mut response = Response::new(Body::from(answer.bytes().await.unwrap_or_default()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// An answer in the form of Lambda's own errors.
fn refusal(status: u16, error: &str) -> Response {
    let body = serde_json::json!({ "Type": "User", "Message": "injected by a test" });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    if let Ok(error) = error.parse() {
        response.headers_mut().insert("x-amzn-errortype", error);
    }
    response
}
