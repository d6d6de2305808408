//! The endpoint as a plain server: the same answers as through a host, and what a server owes its
//! callers beside.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

use crate::support::{Function, Result, event, example};

const PATIENCE: Duration = Duration::from_secs(30);

/// Has the server close the connection after its answer.
pub(crate) const CLOSE: &str = "connection: close\r\n";

/// A server of its own.
pub(crate) struct Server {
    address: String,
    child: Child,
    records: Lines<BufReader<ChildStdout>>,
    log: Lines<BufReader<ChildStderr>>,
}

impl Server {
    pub(crate) async fn start(example_name: &str, variables: &[(&str, &str)]) -> Result<Self> {
        let mut child = Command::new(example(example_name))
            .args(["--listen", "127.0.0.1:0"])
            .env_clear()
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let records = BufReader::new(child.stdout.take().unwrap()).lines();
        let log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut server = Self { address: String::new(), child, records, log };
        let said = server.said().await?;
        server.address = said.strip_prefix("listening at http://").ok_or(said.clone())?.to_owned();
        Ok(server)
    }

    async fn steered(settings: Value) -> Result<Self> {
        Self::start("steered", &[("ENDPOINT", &settings.to_string())]).await
    }

    /// The next message in its log.
    async fn said(&mut self) -> Result<String> {
        let line = timeout(PATIENCE, self.log.next_line()).await??.ok_or("the log has ended")?;
        let line: Value = serde_json::from_str(&line)?;
        Ok(line["message"].as_str().ok_or("no message")?.to_owned())
    }

    /// The next record of either kind.
    async fn line(&mut self) -> Result<Value> {
        let line = timeout(PATIENCE, self.records.next_line()).await??.ok_or("no more records")?;
        Ok(serde_json::from_str(&line)?)
    }

    pub(crate) async fn record(&mut self) -> Result<Value> {
        loop {
            let line = self.line().await?;
            if line["kind"] == "promptpilot.call" {
                return Ok(line);
            }
        }
    }

    fn curl(&self, path: &str, arguments: &[&str]) -> Command {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--include", "--no-buffer", "--max-time", "20"])
            .args(arguments)
            .arg(format!("http://{}{path}", self.address))
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        curl
    }

    pub(crate) fn signal(&self, name: &str) -> Result<()> {
        let pid = self.child.id().ok_or("it has ended")?.to_string();
        let sent = std::process::Command::new("kill").args(["-s", name, &pid]).status()?;
        sent.success().then_some(()).ok_or_else(|| "no such process".into())
    }

    pub(crate) async fn ended(&mut self) -> Result<Option<i32>> {
        Ok(timeout(PATIENCE, self.child.wait()).await??.code())
    }

    /// Sends bytes as they are; the connection stays open.
    async fn send(&self, bytes: &str) -> Result<TcpStream> {
        let mut socket = TcpStream::connect(&self.address).await?;
        socket.write_all(bytes.as_bytes()).await?;
        Ok(socket)
    }

    pub(crate) async fn post(&self, headers: &str, body: &str) -> Result<TcpStream> {
        let length = body.len();
        let head =
            format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n");
        self.send(&(head + body)).await
    }
}

/// What `curl --include` printed.
#[derive(Debug, PartialEq)]
struct Printed {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

async fn printed(mut curl: Command) -> Result<Printed> {
    let output = curl.output().await?;
    let text = String::from_utf8(output.stdout)?;
    parse(&text).ok_or_else(|| format!("{:?}: {text}", output.status).into())
}

fn parse(text: &str) -> Option<Printed> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (first, rest) = head.split_once("\r\n")?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    Some(Printed {
        status: first.split(' ').nth(1)?.parse().ok()?,
        headers: rest.lines().filter_map(header).collect(),
        body: body.to_owned(),
    })
}

/// Everything until the server closes the connection.
pub(crate) async fn rest(socket: &mut TcpStream) -> Result<String> {
    let mut bytes = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut bytes)).await??;
    Ok(String::from_utf8(bytes)?)
}

/// What no two answers have in common.
fn comparable(mut headers: BTreeMap<String, String>) -> BTreeMap<String, String> {
    for name in ["x-promptpilot-call-id", "x-promptpilot-version", "server-timing", "date"] {
        headers.remove(name);
    }
    headers.remove("transfer-encoding");
    headers.remove("connection");
    headers
}

#[tokio::test]
async fn a_server_answers_as_a_function_does() -> Result<()> {
    let function = Function::start("sandbox", &[]).await?;
    let server = Server::start("sandbox", &[]).await?;
    let json = ("content-type", "application/json");
    let cases = [
        ("POST", "/", vec![json], "{\"text\":\"Mond\"}"),
        ("POST", "/", vec![json, ("accept", "text/event-stream")], "{\"text\":\"Mond\"}"),
        ("POST", "/", vec![json], "{\"text\":1,\"more\":2}"),
        ("POST", "/", vec![json], "{"),
        ("POST", "/", vec![("content-type", "text/csv")], "a,b"),
        ("POST", "/", vec![json, ("x-promptpilot-metadata", "[]")], "{\"text\":\"Mond\"}"),
        ("PUT", "/", vec![], ""),
        ("GET", "/nowhere", vec![], ""),
        ("GET", "/", vec![("accept", "text/html")], ""),
        ("GET", "/openapi.json", vec![], ""),
        ("GET", "/health", vec![], ""),
    ];
    for (method, path, headers, body) in cases {
        let through_host = function.invoke(event(method, path, &headers, body)).await?;
        let id = through_host.header("x-promptpilot-call-id").to_owned();
        for version in ["--http1.1", "--http2-prior-knowledge"] {
            let what = format!("{version} {method} {path} {headers:?} {body}");
            let mut curl = server.curl(path, &[version, "--request", method]);
            for (name, value) in &headers {
                curl.args(["--header", &format!("{name}: {value}")]);
            }
            if !body.is_empty() {
                curl.args(["--data-binary", body]);
            }
            let direct = printed(curl).await?;
            let own = direct.headers["x-promptpilot-call-id"].clone();
            assert_eq!(direct.status, through_host.status, "{what}");
            assert_eq!(direct.body.replace(&own, &id), about(&through_host.body), "{what}");
            let expected = comparable(through_host.headers.clone());
            assert_eq!(comparable(direct.headers), expected, "{what}");
        }
    }
    Ok(())
}

/// A page names the version and the environment, which a server of its own has not.
fn about(page: &str) -> String {
    page.replace("version 7 in production", "version 0 in standalone")
}

#[tokio::test]
async fn a_caller_who_goes_away_ends_the_call_and_is_recorded() -> Result<()> {
    let mut server = Server::steered(json!({ "models": [{ "name": "slow-60000" }] })).await?;
    let waiting = server.post("", "{\"text\":\"x\"}").await?;
    assert_eq!(server.line().await?["kind"], "promptpilot.start");
    drop(waiting);
    let record = server.line().await?;
    assert_eq!((&record["status"], &record["delivered"]), (&json!(499), &json!("no")));
    // It may have gone before a provider was asked.
    let attempts = record["attempts"].as_array().into_iter().flatten();
    assert!(attempts.into_iter().all(|attempt| attempt["error"] == "cancelled"), "{record}");

    let json = "content-type: application/json";
    let arguments = ["--http2-prior-knowledge", "--header", json, "--data", "{\"text\":\"x\"}"];
    let mut curl = server.curl("/", &arguments);
    let mut waiting = curl.spawn()?;
    assert_eq!(server.line().await?["kind"], "promptpilot.start");
    waiting.kill().await?;
    assert_eq!(server.record().await?["status"], 499);
    Ok(())
}

#[tokio::test]
async fn a_stream_is_sent_as_it_comes_and_ends_with_its_reader() -> Result<()> {
    let mut server = Server::steered(json!({ "models": [{ "name": "lorem" }] })).await?;
    let mut socket = server.post("accept: text/event-stream\r\n", "{\"text\":\"x\"}").await?;
    let mut seen = String::new();
    while !seen.contains("event: delta") {
        let mut piece = [0; 512];
        let read = timeout(PATIENCE, socket.read(&mut piece)).await??;
        assert!(read > 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    assert!(!seen.contains("event: done"), "{seen}");
    drop(socket);
    let record = server.record().await?;
    assert_eq!((&record["status"], &record["streaming"]), (&json!(499), &json!(true)));
    Ok(())
}

#[tokio::test]
async fn bodies_are_bounded_and_must_arrive_whole() -> Result<()> {
    let settings = json!({ "models": [{ "name": "echo" }], "max_body": 1000 });
    let mut server = Server::steered(settings).await?;
    let text = "x".repeat(1000);
    let mut told = server.post(CLOSE, &json!({ "text": text }).to_string()).await?;
    assert!(rest(&mut told).await?.starts_with("HTTP/1.1 413 "));
    assert_eq!(server.record().await?["error_type"], "body-too-large");

    // One that does not say how much it will be.
    let chunk = format!("{:x}\r\n{text}\r\n", text.len());
    let head =
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut untold = server.send(&format!("{head}{chunk}{chunk}")).await?;
    assert!(rest(&mut untold).await?.starts_with("HTTP/1.1 413 "));
    assert_eq!(server.record().await?["error_type"], "body-too-large");

    let mut cut =
        server.send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{\"tex").await?;
    cut.shutdown().await?;
    let answer = rest(&mut cut).await?;
    assert!(answer.contains("body-incomplete"), "{answer}");

    // None of it was a call, and the server goes on.
    let mut whole = server.post(CLOSE, "{\"text\":\"y\"}").await?;
    assert!(rest(&mut whole).await?.starts_with("HTTP/1.1 200 "));
    assert_eq!(server.record().await?["status"], 200);
    Ok(())
}

#[tokio::test]
async fn calls_that_run_are_finished_before_the_end() -> Result<()> {
    for signal in ["TERM", "INT"] {
        let mut server = Server::steered(json!({ "models": [{ "name": "slow-1000" }] })).await?;
        let _idle = TcpStream::connect(&server.address).await?;
        let mut waiting = server.post("", "{\"text\":\"x\"}").await?;
        assert_eq!(server.line().await?["kind"], "promptpilot.start");
        server.signal(signal)?;
        assert!(server.said().await?.starts_with("ending"));
        assert!(TcpStream::connect(&server.address).await.is_err(), "nobody new is let in");
        let answer = rest(&mut waiting).await?;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert_eq!(server.record().await?["status"], 200);
        assert_eq!(server.ended().await?, Some(0));
    }
    Ok(())
}

#[tokio::test]
async fn a_second_signal_does_not_wait_and_calls_are_recorded_all_the_same() -> Result<()> {
    let mut server = Server::steered(json!({ "models": [{ "name": "slow-60000" }] })).await?;
    let _waiting = server.post("", "{\"text\":\"x\"}").await?;
    assert_eq!(server.line().await?["kind"], "promptpilot.start");
    server.signal("TERM")?;
    assert!(server.said().await?.starts_with("ending"));
    server.signal("TERM")?;
    assert_eq!(server.record().await?["status"], 499);
    assert_eq!(server.ended().await?, Some(0));
    Ok(())
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_told() -> Result<()> {
    let server = Server::start("sandbox", &[]).await?;
    let keyed = json!({ "models": [{ "name": "echo" }], "auth": "api-key" }).to_string();
    let none = "";
    let cases = [
        ("sandbox", vec!["--listen", &server.address], none, "could not listen at `127.0.0.1:"),
        ("sandbox", vec!["--listen", "nowhere"], none, "could not listen at `nowhere`"),
        ("sandbox", vec!["--port", "80"], none, "`--port` is not understood here"),
        ("sandbox", vec![], none, "start this program with `--listen 127.0.0.1:8080`"),
        (
            "steered",
            vec!["--listen", "127.0.0.1:0"],
            &keyed,
            "PROMPTPILOT_DEPLOYMENT and PROMPTPILOT_STATE_TOKEN and PROMPTPILOT_STATE",
        ),
    ];
    for (name, arguments, settings, why) in cases {
        let mut command = Command::new(example(name));
        command.args(&arguments).env_clear().env("ENDPOINT", settings);
        let output = timeout(PATIENCE, command.output()).await??;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains(why), "{arguments:?}: {said}");
    }
    Ok(())
}
