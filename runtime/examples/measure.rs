//! What the runtime adds to a call of a provider: `make bench-runtime`. Beside each figure stands what
//! it should reach, and beside the first token a bare client of the same server in the same run.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]

#[path = "../tests/it/suite/mod.rs"]
mod suite;
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::{
    convert::Infallible,
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router, body::Body, extract::Path, response::IntoResponse, routing::post, serve::ListenerExt,
};
use futures::{StreamExt, future::join_all, stream};
use promptpilot_runtime::provider::{Answer, Provider, Step};
use serde_json::json;
use support::{Function, Result, post_event};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Events of the stream that is taken apart.
const EVENTS: usize = 2000;

/// Calls by which a first token is measured.
const CALLS: usize = 300;

/// Streams at once, and what each consists of.
const STREAMS: usize = 64;
const CHUNKS: u32 = 40;
const PACE: Duration = Duration::from_millis(25);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let mut good = true;
    for (name, provider) in suite::PROVIDERS {
        if ["openai-chat", "openai-responses", "anthropic", "cohere", "gemini"].contains(&name) {
            good &= taking_apart(name, provider);
        }
    }
    let connections = Arc::new(AtomicUsize::new(0));
    let base = serve(Arc::clone(&connections)).await?;
    good &= first_token(&base, &connections).await?;
    good &= many_streams(&base).await?;
    if good { Ok(()) } else { Err("a figure was missed".into()) }
}

/// Prints a figure; whether it is reached.
fn row(what: &str, unit: &str, measured: f64, reach: f64) -> bool {
    let good = measured <= reach;
    let mark = if good { "" } else { "  MISSED" };
    println!("{what:<52} {measured:>9.3} {unit:<3} ≤ {reach} {unit}{mark}");
    good
}

/// A stream of [`EVENTS`] pieces of text, from the recorded one: its first text over and over.
fn long_stream(name: &str) -> (Vec<u8>, usize) {
    let text = String::from_utf8(suite::recorded_stream(name, "stream.sse")).unwrap();
    let events: Vec<&str> = text.trim_end().split("\n\n").collect();
    let place = events.iter().position(|event| event.contains("Grüß")).unwrap();
    let before = events[..place].iter().copied();
    let many = std::iter::repeat_n(events[place], EVENTS);
    let all = before.chain(many).chain(events[place..].iter().copied());
    let long: String = all.map(|event| format!("{event}\n\n")).collect();
    (long.into_bytes(), EVENTS + 2)
}

fn take_apart(provider: &dyn Provider, bytes: &[u8]) -> usize {
    let (mut decoder, mut answer, mut texts) = (provider.decoder(), Answer::default(), 0);
    for mut piece in bytes.chunks(4096) {
        while let Some(event) = decoder.next(&mut piece).unwrap() {
            if let Step::Text(text) = provider.event(event, &mut answer).unwrap() {
                texts += usize::from(!text.is_empty());
            }
        }
    }
    texts
}

fn taking_apart(name: &str, provider: &dyn Provider) -> bool {
    let (bytes, texts) = long_stream(name);
    let mut best = f64::MAX;
    for _ in 0..20 {
        let begun = Instant::now();
        assert_eq!(take_apart(provider, &bytes), texts);
        best = best.min(millis(begun.elapsed()));
    }
    let counted = allocation_counter::measure(|| assert_eq!(take_apart(provider, &bytes), texts));
    let beyond = counted.count_total.saturating_sub(texts as u64) as f64 / EVENTS as f64;
    let fast = row(&format!("{name}: a stream of {EVENTS} events"), "ms", best, 5.0);
    fast & row(&format!("{name}: allocations an event beyond its text"), "", beyond, 0.02)
}

/// A provider that streams: below `/now` at once, below `/paced` with a chunk every [`PACE`].
async fn serve(connections: Arc<AtomicUsize>) -> Result<String> {
    let app = Router::new().route("/{pace}/chat/completions", post(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let counted = listener.tap_io(move |socket| {
        let _ = socket.set_nodelay(true);
        connections.fetch_add(1, Ordering::Relaxed);
    });
    tokio::spawn(async move { axum::serve(counted, app).await });
    Ok(format!("http://{address}"))
}

async fn answer(Path(pace): Path<String>) -> impl IntoResponse {
    let (count, pace) = if pace == "now" { (1, Duration::ZERO) } else { (CHUNKS, PACE) };
    let chunk = json!({ "choices": [{ "delta": { "content": "some words " } }] });
    let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] });
    let (chunk, end) = (format!("data: {chunk}\n\n"), format!("data: {end}\n\ndata: [DONE]\n\n"));
    let chunks = stream::iter(0..count).then(move |_| {
        let chunk = chunk.clone();
        async move {
            if !pace.is_zero() {
                tokio::time::sleep(pace).await;
            }
            Ok::<_, Infallible>(chunk)
        }
    });
    let body = chunks.chain(stream::iter([Ok(end)]));
    ([("content-type", "text/event-stream")], Body::from_stream(body))
}

async fn function(base: &str, pace: &str, more: &[(&str, &str)]) -> Result<Function> {
    let base = format!("{base}/{pace}");
    let model = json!({ "provider": "openai-chat", "key": "KEY", "base_url": base });
    let settings = json!({ "models": [model] }).to_string();
    let own = [("ENDPOINT", settings.as_str()), ("KEY", "k")];
    Function::start("steered", &[&own[..], more].concat()).await
}

async fn first_token(base: &str, connections: &AtomicUsize) -> Result<bool> {
    let bare = bare_client(base).await?;
    let function = function(base, "now", &[]).await?;
    let (mut ours, mut before) = (Vec::new(), 0);
    for call in 0..CALLS {
        assert_eq!(function.stream(json!({ "text": "Hello" })).await?.status, 200);
        let record = function.record().await?;
        ours.push(record["first_token_us"].as_f64().unwrap() / 1000.0);
        if call == 0 {
            before = connections.load(Ordering::Relaxed);
        }
    }
    let ours = median(ours);
    println!("{:<52} {bare:>9.3} ms", "first token, bare client of the same server");
    println!("{:<52} {ours:>9.3} ms", "first token, function");
    let added = row("first token, added by the runtime", "ms", ours - bare, 0.3);
    let made = connections.load(Ordering::Relaxed) - before;
    Ok(added & row("connections made by repeated calls", "", made as f64, 0.0))
}

/// From the first byte of a request to the first of the answer's text, in milliseconds.
async fn bare_client(base: &str) -> Result<f64> {
    let mut socket = TcpStream::connect(base.trim_start_matches("http://")).await?;
    socket.set_nodelay(true)?;
    let body = json!({ "messages": [{ "role": "user", "content": "Hello" }] }).to_string();
    let request = format!(
        "POST /now/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (mut figures, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    for _ in 0..CALLS {
        let begun = Instant::now();
        socket.write_all(request.as_bytes()).await?;
        let (mut answer, mut first) = (String::new(), None);
        while !answer.ends_with("0\r\n\r\n") {
            let read = socket.read(&mut buffer).await?;
            answer.push_str(std::str::from_utf8(&buffer[..read])?);
            if answer.contains("data: ") {
                first.get_or_insert_with(|| millis(begun.elapsed()));
            }
        }
        figures.extend(first);
    }
    Ok(median(figures))
}

async fn many_streams(base: &str) -> Result<bool> {
    let concurrency = STREAMS.to_string();
    let function = function(base, "paced", &[("AWS_LAMBDA_MAX_CONCURRENCY", &concurrency)]).await?;
    let event = || post_event(&[("accept", "text/event-stream")], "{\"text\":\"Hello\"}");
    let alone = longest_gap(&function.hand(event(), 60_000).await?.pieces);
    let handed: Vec<_> = (0..STREAMS).map(|_| function.hand(event(), 60_000)).collect();
    let mut worst = 0.0_f64;
    for answer in join_all(handed).await {
        worst = worst.max(longest_gap(&answer?.pieces));
    }
    println!("{:<52} {alone:>9.3} ms", "longest gap between two pieces, one stream");
    let even = row("longest gap between two pieces, 64 streams", "ms", worst, alone + 50.0);
    let status = fs::read_to_string(format!("/proc/{}/status", function.pid()))?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let peak: f64 = peak.trim().trim_end_matches(" kB").parse()?;
    Ok(even & row("64 streams at once, memory at most", "MB", peak * 1024.0 / 1e6, 24.0))
}

fn longest_gap(pieces: &[(Duration, String)]) -> f64 {
    let gaps = pieces.windows(2).map(|pair| millis(pair[1].0.saturating_sub(pair[0].0)));
    gaps.fold(0.0, f64::max)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
