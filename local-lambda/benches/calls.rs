//! Calls through a function URL, beside a bare axum echo as the floor and, where it is installed,
//! `cargo lambda watch` with the same function. One run, in turns, so that what else the machine does
//! falls on all. Run with `cargo build --release -p local-lambda --examples` before it. Parts may be named:
//! `one`, `eight`, `many` (clients), `streams`, `bursts`.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../tests/it/common.rs"]
mod common;
#[path = "support/rival.rs"]
mod rival;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_lambda::types::InvokeMode;
use bytes::Bytes;
use common::{Lab, Result};
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rival::Rival;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

const ROUNDS: usize = 5;
const BODY: &str = r#"{"text":"a short request, as they are"}"#;
const STREAMED: u64 = 200 << 20;
/// How this program is told to be the clients of a burst.
const BURST: &str = "burst";
/// A row that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is called.
struct Targets {
    echo: Uri,
    /// One call at a time in a process.
    single: Uri,
    /// Sixteen.
    many: Uri,
    /// A function that costs nothing itself.
    sockets: Uri,
    rival: Option<Uri>,
}

fn main() -> Result<()> {
    let client = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, burst, uri, calls] = &arguments[..]
        && burst == BURST
    {
        return client.block_on(burst_at(&uri.parse()?, calls.parse()?));
    }
    // The servers have a runtime of their own, as they would have a process of their own.
    let servers = tokio::runtime::Runtime::new()?;
    let (lab, mut targets) = servers.block_on(prepare())?;
    let rival = Rival::start(&common::example_path("function")?)?;
    targets.rival = rival.as_ref().map(|rival| rival.address.parse()).transpose()?;
    let wanted = |part: &str| {
        let mut named = arguments.iter().skip(1).filter(|it| !it.starts_with('-')).peekable();
        named.peek().is_none() || named.any(|name| name == part)
    };
    client.block_on(async {
        for (part, clients, calls) in [("one", 1, 1000), ("eight", 8, 200), ("many", 64, 50)] {
            if wanted(part) {
                compare(&targets, clients, calls).await?;
            }
        }
        if wanted("streams") {
            streaming(&targets).await?;
        }
        for calls in [1_000, 10_000].into_iter().filter(|_| wanted("bursts")) {
            burst(&targets.many, calls)?;
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    })?;
    if let Some(host) = lab.host {
        servers.block_on(host.shutdown());
    }
    Ok(())
}

async fn prepare() -> Result<(Lab, Targets)> {
    let lab = Lab::start().await?;
    lab.function("single").await?;
    lab.function_with("many", 60, &[("AWS_LAMBDA_MAX_CONCURRENCY", "16")]).await?;
    lab.create("sockets", common::packed("sockets")?, 10, &[]).await?;
    let targets = Targets {
        echo: format!("http://{}/", start_echo().await?).parse()?,
        single: lab.open_url("single", InvokeMode::ResponseStream).await?.parse()?,
        many: lab.open_url("many", InvokeMode::ResponseStream).await?.parse()?,
        sockets: lab.open_url("sockets", InvokeMode::ResponseStream).await?.parse()?,
        rival: None,
    };
    Ok((lab, targets))
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

/// Measures all targets with this many clients.
async fn compare(targets: &Targets, clients: usize, calls: usize) -> Result<()> {
    let mut rows = vec![
        ("bare axum echo (the floor)", &targets.echo, Figures::default()),
        ("URL, bare sockets behind it", &targets.sockets, Figures::default()),
        ("URL, one call a process", &targets.single, Figures::default()),
        ("URL, 16 calls a process", &targets.many, Figures::default()),
    ];
    if let Some(rival) = &targets.rival {
        rows.push(("cargo lambda watch", rival, Figures::default()));
    }
    for round in 0..=ROUNDS {
        for (_, uri, figures) in &mut rows {
            let measured = timeout(PATIENCE, load(uri, clients, calls)).await;
            match measured {
                Ok(measured) if round > 0 => figures.add(measured?),
                Ok(warm_up) => drop(warm_up?),
                Err(_) => figures.hangs = true,
            }
        }
    }
    println!("\n{clients} clients");
    let floor = rows[0].2.clone();
    for (name, _, figures) in rows {
        println!("  {name:27} {}", figures.told(&floor));
    }
    Ok(())
}

/// What one round of calls took.
struct Load {
    times: Vec<Duration>,
    whole: Duration,
}

async fn load(uri: &Uri, clients: usize, calls: usize) -> Result<Load> {
    let mut tasks = JoinSet::new();
    let mut connected = Vec::new();
    for _ in 0..clients {
        connected.push(Client::connect(uri).await?);
    }
    let begun = Instant::now();
    for mut client in connected {
        tasks.spawn(async move { client.measure(calls).await });
    }
    let mut times = Vec::new();
    while let Some(measured) = tasks.join_next().await {
        times.extend(measured??);
    }
    Ok(Load { times, whole: begun.elapsed() })
}

/// All calls at once, each on a connection of its own, from a process of their own: together with the
/// host's ends they are more descriptors than one process may have.
fn burst(uri: &Uri, calls: usize) -> Result<()> {
    let told = Command::new(std::env::current_exe()?)
        .args([BURST, &uri.to_string(), &calls.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    let told = String::from_utf8_lossy(&told.stdout);
    println!("\n{}; the host held {} MB at the most so far", told.trim(), peak_mb());
    Ok(())
}

async fn burst_at(uri: &Uri, calls: usize) -> Result<()> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..calls {
        let uri = uri.clone();
        tasks.spawn(async move { Client::connect(&uri).await?.measure(1).await });
    }
    let (mut answered, mut failures) = (0, BTreeMap::<String, usize>::new());
    while let Some(measured) = tasks.join_next().await {
        match measured? {
            Ok(_) => answered += 1,
            Err(error) => *failures.entry(error.to_string()).or_default() += 1,
        }
    }
    println!("{calls} calls at once: {answered} answered in {:.2?}", begun.elapsed());
    failures.iter().for_each(|(error, times)| println!("{times} × {error}"));
    Ok(())
}

async fn streaming(targets: &Targets) -> Result<()> {
    let ask = |query: String| format!("{}?{query}", targets.single).parse::<Uri>();
    let (small, large) =
        (ask("do=stream&chunks=1".into())?, ask(format!("do=flood&bytes={STREAMED}"))?);
    let mut firsts = Vec::new();
    let mut client = Client::connect(&small).await?;
    for _ in 0..200 {
        firsts.push(client.streamed().await?.0);
    }
    firsts.sort_unstable();
    println!("\nfirst byte of a stream: p50 {:.1?}", firsts[firsts.len() / 2]);
    let before = peak_mb();
    let begun = Instant::now();
    let (_, bytes) = Client::connect(&large).await?.streamed().await?;
    assert_eq!(bytes, STREAMED, "the stream is whole");
    let (whole, more) = (begun.elapsed(), peak_mb() - before);
    println!("{} MB streamed in {whole:.2?}, with {more} MB more of memory", STREAMED >> 20);
    Ok(())
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

    fn request(&self) -> Result<Request<Full<Bytes>>> {
        let path = self.uri.path_and_query().map_or("/", |it| it.as_str());
        let request = Request::post(path)
            .header("host", self.uri.authority().map_or("", |it| it.as_str()))
            .header("content-type", "application/json");
        Ok(request.body(Full::new(Bytes::from_static(BODY.as_bytes())))?)
    }

    async fn measure(&mut self, calls: usize) -> Result<Vec<Duration>> {
        let mut times = Vec::with_capacity(calls);
        for _ in 0..calls {
            let begun = Instant::now();
            self.sender.ready().await?;
            let answer = self.sender.send_request(self.request()?).await?;
            if answer.status() != 200 {
                return Err(format!("{} from {}", answer.status(), self.uri).into());
            }
            answer.into_body().collect().await?;
            times.push(begun.elapsed());
        }
        Ok(times)
    }

    /// The time to the first byte of the body, and how many there were.
    async fn streamed(&mut self) -> Result<(Duration, u64)> {
        let begun = Instant::now();
        self.sender.ready().await?;
        let mut body = self.sender.send_request(self.request()?).await?.into_body();
        let (mut first, mut bytes) = (None, 0);
        while let Some(frame) = body.frame().await {
            first.get_or_insert_with(|| begun.elapsed());
            bytes += frame?.data_ref().map_or(0, |data| data.len() as u64);
        }
        Ok((first.unwrap_or_default(), bytes))
    }
}

/// What all rounds of a row took.
#[derive(Debug, Default, Clone)]
struct Figures {
    times: Vec<Duration>,
    /// Calls in a second, a figure for each round.
    rates: Vec<f64>,
    hangs: bool,
}

impl Figures {
    fn add(&mut self, load: Load) {
        self.rates.push(load.times.len() as f64 / load.whole.as_secs_f64());
        self.times.extend(load.times);
        self.times.sort_unstable();
        self.rates.sort_by(f64::total_cmp);
    }

    fn at(&self, percent: usize) -> f64 {
        let time = self.times.get(self.times.len() * percent / 100);
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    }

    fn rate(&self) -> f64 {
        self.rates.get(self.rates.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn told(&self, floor: &Self) -> String {
        if self.hangs {
            return "hangs".to_owned();
        }
        let quick = self.at(10);
        let (p50, p99, rate) = (self.at(50), self.at(99), self.rate());
        format!(
            "p10 {quick:6.0} µs  p50 {p50:6.0} µs ({:4.1} × floor)  p99 {p99:7.0} µs  {rate:6.0}/s \
             ({:.2} × floor)",
            p50 / floor.at(50),
            rate / floor.rate()
        )
    }
}

/// The most memory that this process has held.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) >> 10
}
