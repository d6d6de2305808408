//! A provider that always takes as long: it speaks OpenAI's Chat Completions and answers each request
//! after the microseconds that it was started with.
//!
//! Each connection has a thread that sleeps by the kernel's clock. An asynchronous timer of tokio's ticks in
//! milliseconds: a call that comes a fraction of one later would be answered at the same tick, and what a
//! gateway adds would vanish in it.

use std::convert::Infallible;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

const ANSWER: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"An answer as short as the question.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":8,"total_tokens":28}}"#;
/// How late the kernel may wake a sleeper to save power, in nanoseconds; usually it is 50 µs.
const SLACK: u64 = 1_000;

fn main() -> io::Result<()> {
    let latency = std::env::args().nth(1).and_then(|it| it.parse().ok());
    let latency = latency.map(Duration::from_micros);
    let latency = latency.ok_or_else(|| io::Error::other("how many microseconds?"))?;
    // Threads begin with that of the one that started them.
    nix::sys::prctl::set_timerslack(SLACK)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    #[allow(clippy::print_stdout)] // the address is what the caller waits for
    {
        println!("{}", listener.local_addr()?);
    }
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || serve(stream, latency));
    }
    Ok(())
}

/// Serves one connection until its client goes.
fn serve(stream: TcpStream, latency: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let stream = TokioIo::new(tokio::net::TcpStream::from_std(stream)?);
        let answer = service_fn(|request| answer(request, latency));
        http1::Builder::new().serve_connection(stream, answer).await.map_err(io::Error::other)
    })
}

/// Blocks, which is no harm: this connection is all that the thread has.
async fn answer(
    request: Request<Incoming>,
    latency: Duration,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let due = Instant::now() + latency;
    // A request that broke off is answered in vain.
    let _ = request.into_body().collect().await;
    thread::sleep(due.saturating_duration_since(Instant::now()));
    let mut response = Response::new(Full::new(Bytes::from_static(ANSWER.as_bytes())));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    Ok(response)
}
