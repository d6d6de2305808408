//! Clients that call one after another, each on a connection of its own. They are bare hyper connections of
//! one thread, so that on a small machine what is measured gets what there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Calls of each client that are not counted.
const WARM_UP: usize = 3;
/// Whoever does not answer for so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The calls so far, which makes the text of each another.
static CALLS: AtomicU64 = AtomicU64::new(0);

/// Who is called, and how.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    uri: Uri,
    headers: HeaderMap,
    ask: Ask,
    same: bool,
}

/// What a request's body is.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    /// None: the request is a GET.
    Nothing,
    /// Always the same JSON.
    Same(Bytes),
    /// The fields of an endpoint of ours.
    Fields,
    /// OpenAI's Chat Completions, with the name of the model.
    Chat(&'static str),
    /// The variables of a prompt.
    Variables,
}

impl Target {
    pub(crate) fn new(uri: &str, ask: Ask) -> Result<Self> {
        let uri: Uri = uri.parse().with_context(|| uri.to_owned())?;
        let host = uri.authority().with_context(|| format!("no address: {uri}"))?.as_str();
        let headers = HeaderMap::from_iter([
            (HOST, HeaderValue::from_str(host)?),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ]);
        Ok(Self { uri, headers, ask, same: false })
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Result<Self> {
        self.headers.insert(name, HeaderValue::from_str(value)?);
        Ok(self)
    }

    pub(crate) fn key(self, key: &str) -> Result<Self> {
        self.header(AUTHORIZATION, &format!("Bearer {key}"))
    }

    /// With the same text in each call.
    pub(crate) fn with_same_text(mut self) -> Self {
        self.same = true;
        self
    }

    /// One call, to see whether it is answered.
    pub(crate) async fn call(&self) -> Result<()> {
        let call = async { Client::connect(self).await?.call().await };
        timeout(PATIENCE, call).await.context("no answer")??;
        Ok(())
    }

    fn request(&self) -> Result<Request<Full<Bytes>>> {
        let number = if self.same { 0 } else { CALLS.fetch_add(1, Ordering::Relaxed) };
        let text = format!("A question as short as they are, number {number}.");
        let body = match &self.ask {
            Ask::Nothing => String::new(),
            Ask::Same(json) => return self.with(json.clone()),
            Ask::Variables => format!(r#"{{"variables":{{"text":"{text}"}}}}"#),
            Ask::Fields => format!(r#"{{"text":"{text}"}}"#),
            Ask::Chat(model) => format!(
                r#"{{"model":"{model}","messages":[{{"role":"user","content":"{text}"}}]}}"#
            ),
        };
        self.with(Bytes::from(body))
    }

    fn with(&self, body: Bytes) -> Result<Request<Full<Bytes>>> {
        let path = self.uri.path_and_query().map_or("/", |it| it.as_str());
        let method = if matches!(self.ask, Ask::Nothing) { Method::GET } else { Method::POST };
        let mut request = Request::builder().method(method).uri(path).body(Full::new(body))?;
        *request.headers_mut() = self.headers.clone();
        Ok(request)
    }
}

/// What came of calling for a while.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    /// How long each call took, the shortest first.
    pub(crate) times: Vec<Duration>,
    /// Calls that were answered in a second.
    pub(crate) rate: f64,
}

/// Calls for as long as `window` says, with so many clients, each of which waits for its answer.
pub(crate) async fn load(target: &Target, clients: usize, window: Duration) -> Result<Load> {
    let start = Arc::new(Barrier::new(clients));
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        tasks.spawn(client(target.clone(), start.clone(), window));
    }
    let (mut times, mut within) = (Vec::new(), 0);
    while let Some(called) = timeout(PATIENCE, tasks.join_next()).await.context("it hangs")? {
        let called = called??;
        within += called.within;
        times.extend(called.times);
    }
    times.sort_unstable();
    Ok(Load { times, rate: within as f64 / window.as_secs_f64() })
}

struct Called {
    times: Vec<Duration>,
    /// Calls that ended before the time was over.
    within: usize,
}

async fn client(target: Target, start: Arc<Barrier>, window: Duration) -> Result<Called> {
    let mut client = Client::connect(&target).await?;
    for _ in 0..WARM_UP {
        client.call().await?;
    }
    start.wait().await;
    let begun = Instant::now();
    let mut called = Called { times: Vec::new(), within: 0 };
    while begun.elapsed() < window {
        called.times.push(client.call().await?);
        called.within += usize::from(begun.elapsed() <= window);
    }
    Ok(called)
}

struct Client<'a> {
    target: &'a Target,
    sender: SendRequest<Full<Bytes>>,
}

impl<'a> Client<'a> {
    async fn connect(target: &'a Target) -> Result<Self> {
        let address = target.uri.authority().context("no address")?.as_str();
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { target, sender })
    }

    /// How long until the whole answer was there.
    async fn call(&mut self) -> Result<Duration> {
        let request = self.target.request()?;
        let begun = Instant::now();
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        let took = begun.elapsed();
        if !status.is_success() {
            let body = String::from_utf8_lossy(&body);
            bail!("{status}: {}", body.chars().take(200).collect::<String>());
        }
        Ok(took)
    }
}
