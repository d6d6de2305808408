//! Calls as spans for an OpenTelemetry collector.

use std::path::Path;

use axum::{Json, Router, http::HeaderMap, routing::post};
use futures::FutureExt;
use serde_json::{Value, json};
use tokio::{net::TcpListener, process::Command, sync::mpsc};

use crate::{
    listen::{CLOSE, Server, rest},
    support::Result,
};

/// A collector that keeps what it is sent.
async fn collector() -> Result<(String, mpsc::UnboundedReceiver<(HeaderMap, Value)>)> {
    let (sender, received) = mpsc::unbounded_channel();
    let take = move |headers: HeaderMap, Json(body): Json<Value>| async move {
        let _ = sender.send((headers, body));
        Json(json!({}))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let router = Router::new().route("/v1/traces", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((address, received))
}

fn spans(document: &mut Value) -> &mut Vec<Value> {
    let spans = document.pointer_mut("/resourceSpans/0/scopeSpans/0/spans");
    spans.and_then(Value::as_array_mut).unwrap()
}

/// Has OpenTelemetry's own classes read a document and write it again: what they do not know would be
/// missing. They have a list of all names, too.
async fn read_by_opentelemetry(document: &Value) -> Result<()> {
    let hint = "PROMPTPILOT_READERS must name a folder with readers: run `make test`, or \
                `scripts/need readers` and set it to target/readers";
    let readers = std::env::var_os("PROMPTPILOT_READERS").ok_or(hint)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/spans.py");
    let read = Command::new(Path::new(&readers).join("bin/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(script)
        .arg(document.to_string())
        .output()
        .await?;
    let said = String::from_utf8_lossy(&read.stdout);
    assert!(read.status.success(), "{said}{}", String::from_utf8_lossy(&read.stderr));
    assert_eq!(said.trim(), "2 spans read");
    Ok(())
}

/// An attribute's one value, whatever its kind.
fn value(attributes: &[Value], name: &str) -> Value {
    let found = attributes.iter().find(|attribute| attribute["key"] == name);
    let value = found.unwrap_or_else(|| panic!("no {name}"))["value"].as_object().unwrap();
    value.values().next().unwrap().clone()
}

#[tokio::test]
async fn calls_are_sent_to_a_collector_by_the_names_of_the_convention() -> Result<()> {
    let (address, mut received) = collector().await?;
    let settings = json!({ "models": [{ "name": "lorem" }] }).to_string();
    let variables = [
        ("ENDPOINT", settings.as_str()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &address),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=a%20b,authorization=Basic%20x"),
        ("OTEL_SERVICE_NAME", "poems"),
    ];
    let mut server = Server::start("steered", &variables).await?;
    rest(&mut server.post(CLOSE, "{}").await?).await?;
    assert_eq!(server.record().await?["status"], 422);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let headers = format!("{CLOSE}traceparent: 00-{trace}-00f067aa0ba902b7-01\r\n");
    rest(&mut server.post(&headers, "{\"text\":\"a secret text\"}").await?).await?;
    let record = server.record().await?;
    // What waits is sent before the end.
    server.signal("TERM")?;
    assert_eq!(server.ended().await?, Some(0));

    // What is there at once is sent at once.
    let (headers, mut document) = received.recv().await.ok_or("nothing was sent")?;
    while let Some((_, mut more)) = received.recv().now_or_never().flatten() {
        let more = spans(&mut more).drain(..).collect::<Vec<_>>();
        spans(&mut document).extend(more);
    }
    read_by_opentelemetry(&document).await?;
    assert_eq!(
        (&headers["x-tenant"], &headers["authorization"]),
        (&"a b".parse()?, &"Basic x".parse()?)
    );
    assert_eq!(headers["content-type"], "application/json");
    let resource = &document["resourceSpans"][0];
    let of_resource = resource["resource"]["attributes"].as_array().unwrap();
    assert_eq!(value(of_resource, "service.name"), "poems");
    let [refused, span] = &resource["scopeSpans"][0]["spans"].as_array().unwrap()[..] else {
        panic!("{document}")
    };
    assert_eq!(refused["status"], json!({ "code": 2, "message": "request-invalid" }));
    assert_eq!((&span["traceId"], &span["name"]), (&json!(trace), &json!("chat lorem")));
    assert_eq!(span["spanId"].as_str().map(str::len), Some(16));
    assert_eq!((&span["kind"], &span["status"]["code"]), (&json!(3), &json!(1)));
    let nanos = |name: &str| span[name].as_str().unwrap().parse::<u64>().unwrap();
    let took = nanos("endTimeUnixNano") - nanos("startTimeUnixNano");
    assert_eq!(took / 1000, record["total_us"].as_u64().unwrap());
    assert!(!document.to_string().contains("secret text"), "{document}");

    let attributes = span["attributes"].as_array().unwrap();
    assert_eq!(value(attributes, "gen_ai.request.model"), "lorem");
    assert_eq!(value(attributes, "gen_ai.usage.output_tokens"), record["tokens_out"].to_string());
    assert_eq!(value(attributes, "promptpilot.call.id"), record["call_id"]);
    let convention = convention();
    for attribute in attributes {
        let name = attribute["key"].as_str().unwrap();
        let known = convention.contains(&name) || name.starts_with("promptpilot.");
        assert!(known, "{name} is no name of the convention");
    }
    Ok(())
}

/// The names as OpenTelemetry publishes them.
#[allow(deprecated, reason = "the names have moved to a document of their own, and stay")]
fn convention() -> Vec<&'static str> {
    use opentelemetry_semantic_conventions::attribute as name;
    vec![
        name::ERROR_TYPE,
        name::GEN_AI_OPERATION_NAME,
        name::GEN_AI_PROVIDER_NAME,
        name::GEN_AI_REQUEST_MODEL,
        name::GEN_AI_REQUEST_STREAM,
        name::GEN_AI_RESPONSE_FINISH_REASONS,
        name::GEN_AI_RESPONSE_MODEL,
        name::GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
        name::GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
        name::GEN_AI_USAGE_INPUT_TOKENS,
        name::GEN_AI_USAGE_OUTPUT_TOKENS,
        name::GEN_AI_USAGE_REASONING_OUTPUT_TOKENS,
        name::HTTP_RESPONSE_STATUS_CODE,
    ]
}
