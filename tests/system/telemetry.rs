//! What the server tells of itself, where it is asked to.

use std::{path::Path, process::Stdio};

use anyhow::{Context, Result, ensure};
use axum::{Router, body::Bytes, http::Uri};
use base64::{Engine, prelude::BASE64_STANDARD};
use promptpilot_tests::{Pilot, eventually};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpListener, process::Command, sync::mpsc};

type Received = mpsc::UnboundedReceiver<(String, Bytes)>;

/// Somebody who takes whatever is sent, with the path that it was sent to.
async fn taker() -> Result<(String, Received)> {
    let (sender, received) = mpsc::unbounded_channel();
    let take = async move |uri: Uri, body: Bytes| {
        let _ = sender.send((uri.path().to_owned(), body));
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(take)).await });
    Ok((address, received))
}

/// Spans as OpenTelemetry's own classes read them.
async fn read_by_opentelemetry(bodies: &[Bytes]) -> Result<Vec<Value>> {
    let hint = "PROMPTPILOT_READERS must name a folder with readers: run `make test`, or \
                `scripts/need readers` and set it to target/readers";
    let readers = std::env::var_os("PROMPTPILOT_READERS").context(hint)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("system/judges/request_spans.py");
    let mut reader = Command::new(Path::new(&readers).join("bin/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let bodies: Vec<String> = bodies.iter().map(|body| BASE64_STANDARD.encode(body)).collect();
    let mut input = reader.stdin.take().context("no input")?;
    input.write_all(json!(bodies).to_string().as_bytes()).await?;
    drop(input);
    let read = reader.wait_with_output().await?;
    ensure!(read.status.success(), "they could not be read");
    Ok(serde_json::from_slice(&read.stdout)?)
}

async fn get(pilot: &Pilot, path: &str, headers: &[(&str, &str)]) -> Result<reqwest::Response> {
    let running = pilot.running()?;
    let mut request =
        reqwest::Client::new().get(format!("{}{path}", running.api)).bearer_auth(&running.token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Ok(request.send().await?)
}

#[tokio::test]
async fn requests_are_spans_in_the_trace_that_they_say_they_are_part_of() -> Result<()> {
    let (collector, mut received) = taker().await?;
    let collector = format!("http://{collector}");
    let mut pilot = Pilot::prepare(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector)])?;
    pilot.up().await?;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let answer = get(&pilot, "/api/prompts/missing", &[("traceparent", &parent)]).await?;
    assert_eq!(answer.status(), 404);
    // What has not been sent is sent before the end.
    pilot.stop().await?;

    let mut bodies = Vec::new();
    while let Ok((path, body)) = received.try_recv() {
        assert_eq!(path, "/v1/traces");
        bodies.push(body);
    }
    let spans = read_by_opentelemetry(&bodies).await?;
    let ours = spans.iter().find(|span| span["trace"] == trace).context("no span of the trace")?;
    assert_eq!(ours["service"], "promptpilot");
    assert_eq!(ours["name"], "GET /api/prompts/{name}");
    assert_eq!(ours["kind"], "SPAN_KIND_SERVER");
    assert_eq!(ours["parent"], "00f067aa0ba902b7");
    let attributes = &ours["attributes"];
    assert_eq!(attributes["http.request.method"], "GET");
    assert_eq!(attributes["http.route"], "/api/prompts/{name}");
    assert_eq!(attributes["url.path"], "/api/prompts/missing");
    assert_eq!(attributes["http.response.status_code"], "404");
    Ok(())
}

#[tokio::test]
async fn what_goes_wrong_is_told_to_sentry_and_stands_in_the_log_with_its_request() -> Result<()> {
    let (sentry, mut received) = taker().await?;
    let dsn = format!("http://public@{sentry}/7");
    let told = [("SENTRY_DSN", &*dsn), ("PROMPTPILOT_LOG_FORMAT", "json")];
    let mut pilot = Pilot::prepare(&told)?;
    pilot.up().await?;
    pilot.sql("revoke select on prompts from pp_app").await?;
    let answer = get(&pilot, "/api/prompts", &[]).await?;
    assert_eq!(answer.status(), 500);
    let id = answer.headers()["x-request-id"].to_str()?.to_owned();

    let envelope = eventually("the event", async || received.try_recv().ok()).await?;
    assert_eq!(envelope.0, "/api/7/envelope/");
    let text = String::from_utf8(envelope.1.to_vec())?;
    assert!(text.contains("request failed") && text.contains("permission denied"), "{text}");
    assert!(text.contains(&id), "{text}");
    let token = &pilot.running()?.token;
    assert!(!text.contains(token.as_str()), "the token was told");

    let log = pilot.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines.rev().find(|line| line["level"] == "ERROR").context("no error logged")?;
    assert_eq!(line["span"]["id"], *id);
    assert_eq!(line["span"]["http.route"], "/api/prompts");
    pilot.stop().await
}

#[tokio::test]
async fn an_address_that_nothing_can_be_told_at_is_refused_at_the_start() -> Result<()> {
    let pilot = Pilot::prepare(&[])?;
    for (name, value) in
        [("SENTRY_DSN", "sentry"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "not an address")]
    {
        let run = pilot.command(&["up", "--port", "0"])?.env(name, value).output().await?;
        let said = String::from_utf8(run.stderr)?;
        assert_eq!(run.status.code(), Some(1), "{said}");
        assert!(said.starts_with("error: ") && said.contains(name), "{said}");
    }
    Ok(())
}
