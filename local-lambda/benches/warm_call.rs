//! A warm call through a function URL, beside a bare axum echo as the floor. One client, one
//! connection. Run with `cargo build --release -p local-lambda --examples` before it.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../tests/it/common.rs"]
mod common;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use aws_sdk_lambda::types::InvokeMode;
use bytes::Bytes;
use common::{Lab, Result};
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

const WARM_UP: usize = 500;
const ROUNDS: usize = 5;
const CALLS: usize = 1000;
const BODY: &str = r#"{"text":"a short request, as they are"}"#;

fn main() -> Result<()> {
    // The servers have a runtime of their own, as they would have a process of their own.
    let servers = tokio::runtime::Runtime::new()?;
    let (echo, lab, url) = servers.block_on(async {
        let echo = start_echo().await?;
        let lab = Lab::start().await?;
        lab.function("echo").await?;
        let url = lab.open_url("echo", InvokeMode::ResponseStream).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((echo, lab, url))
    })?;
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    client.block_on(compare(&format!("http://{echo}/").parse()?, &url.parse()?))?;
    if let Some(host) = lab.host {
        servers.block_on(host.shutdown());
    }
    Ok(())
}

async fn compare(plain: &Uri, url: &Uri) -> Result<()> {
    let mut floor = Client::connect(plain).await?;
    let mut host = Client::connect(url).await?;
    floor.measure(WARM_UP).await?;
    host.measure(WARM_UP).await?;
    // In turns, so that what else the machine does falls on both.
    let (mut floors, mut hosts) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        floors.extend(floor.measure(CALLS).await?);
        hosts.extend(host.measure(CALLS).await?);
    }
    let (floor, host) = (Figures::of(floors), Figures::of(hosts));
    println!("bare axum echo   {floor}");
    println!("function URL     {host}");
    println!("ratio of medians {:.2}", host.p50.as_secs_f64() / floor.p50.as_secs_f64());
    Ok(())
}

async fn start_echo() -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let app = axum::Router::new().route("/", axum::routing::post(|body: Bytes| async { body }));
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream: &mut TcpStream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

struct Client {
    sender: SendRequest<Full<Bytes>>,
    uri: Uri,
}

impl Client {
    async fn connect(uri: &Uri) -> Result<Self> {
        let authority = uri.authority().ok_or("no authority")?;
        let stream = TcpStream::connect(authority.as_str()).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, uri: uri.clone() })
    }

    async fn measure(&mut self, calls: usize) -> Result<Vec<Duration>> {
        let mut times = Vec::with_capacity(calls);
        for _ in 0..calls {
            let request = Request::post(self.uri.path())
                .header("host", self.uri.authority().map_or("", |it| it.as_str()))
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from_static(BODY.as_bytes())))?;
            let begun = Instant::now();
            self.sender.ready().await?;
            let answer = self.sender.send_request(request).await?;
            assert_eq!(answer.status(), 200);
            answer.into_body().collect().await?;
            times.push(begun.elapsed());
        }
        Ok(times)
    }
}

struct Figures {
    p50: Duration,
    p99: Duration,
}

impl Figures {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: usize| times[times.len() * share / 100];
        Self { p50: at(50), p99: at(99) }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "p50 {:?}, p99 {:?}", self.p50, self.p99)
    }
}
