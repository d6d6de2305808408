//! Any HTTP request, turned into an event, echoed by a function and turned back, is the request.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::InvokeMode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::common::{Lab, Result};

/// All that the service ever puts at an event's top.
const MEMBERS: [&str; 10] = [
    "version",
    "routeKey",
    "rawPath",
    "rawQueryString",
    "cookies",
    "headers",
    "queryStringParameters",
    "requestContext",
    "body",
    "isBase64Encoded",
];

#[derive(Debug, Clone)]
struct Sent {
    method: Method,
    path: String,
    query: String,
    headers: BTreeMap<String, Vec<u8>>,
    body: Vec<u8>,
}

fn requests() -> impl Strategy<Value = Sent> {
    let methods =
        prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X-OWN"]);
    let content_types = prop::sample::select(vec![
        None,
        Some("text/plain"),
        Some("application/json"),
        Some("application/octet-stream"),
        Some("application/x-www-form-urlencoded"),
    ]);
    let headers = prop::collection::btree_map(
        "x-[a-z0-9]{1,10}",
        "[!-~]([ -~]{0,20}[!-~])?".prop_map(String::into_bytes),
        0..6,
    );
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        "\\PC{0,100}".prop_map(String::into_bytes),
        Just(br#"{"version":"9","rawPath":"/other","statusCode":500}"#.to_vec()),
    ];
    // A fragment never travels, and `/` begins every path.
    let (path, query) = ("(/[a-zA-Z0-9%._~!$&'()*+,;=:@-]{0,12}){1,4}", "[!$-;=?-Z_a-z~]{0,40}");
    (methods, path, query, headers, content_types, body).prop_map(
        |(method, path, query, mut headers, content_type, body)| {
            if let Some(content_type) = content_type {
                headers.insert("content-type".to_owned(), content_type.into());
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            Sent { method, path, query, headers, body }
        },
    )
}

async fn event_of(lab: &Lab, prefix: &str, sent: &Sent) -> Result<Value> {
    let stream = TcpStream::connect(lab.host().address()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("localhost"));
    for (name, value) in &sent.headers {
        headers.insert(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_bytes(value)?);
    }
    let uri = match sent.query.is_empty() {
        true => format!("{prefix}{}", sent.path),
        false => format!("{prefix}{}?{}", sent.path, sent.query),
    };
    let mut request = Request::builder().method(&sent.method).uri(uri);
    *request.headers_mut().ok_or("the request is malformed")? = headers;
    let body = Full::new(Bytes::from(sent.body.clone()));
    let answer = sender.send_request(request.body(body)?).await?;
    let status = answer.status();
    let body = answer.into_body().collect().await?.to_bytes();
    assert_eq!(status, 200, "{body:?}");
    Ok(serde_json::from_slice(&body)?)
}

fn check(sent: &Sent, event: &Value) -> Result<(), TestCaseError> {
    let members = event.as_object().unwrap();
    prop_assert!(members.keys().all(|name| MEMBERS.contains(&name.as_str())), "{members:?}");
    prop_assert_eq!(&event["version"], "2.0");
    let http = &event["requestContext"]["http"];
    prop_assert_eq!(&http["method"], sent.method.as_str());
    prop_assert_eq!(&http["path"], &sent.path);
    prop_assert_eq!(&event["rawPath"], &sent.path);
    prop_assert_eq!(&event["rawQueryString"], &sent.query);
    for (name, value) in &sent.headers {
        let told = event["headers"][name].as_str().unwrap_or_default();
        prop_assert_eq!(told.as_bytes(), value.as_slice(), "{}", name);
    }
    let text = event["body"].as_str().unwrap_or_default();
    let body = match event["isBase64Encoded"] == true {
        true => STANDARD.decode(text).unwrap(),
        false => text.as_bytes().to_vec(),
    };
    prop_assert_eq!(&body, &sent.body);
    Ok(())
}

#[test]
fn any_request_comes_back_as_it_was() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (lab, url) = runtime.block_on(async {
        let lab = Lab::start().await?;
        lab.function("echo").await?;
        let url = lab.open_url("echo", InvokeMode::Buffered).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((lab, url))
    })?;
    let prefix = url.find("/e/").map_or("", |at| &url[at..]).trim_end_matches('/');
    let mut runner =
        TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    runner.run(&requests(), |sent| {
        let event = runtime.block_on(event_of(&lab, prefix, &sent));
        check(&sent, &event.map_err(|error| TestCaseError::fail(error.to_string()))?)
    })?;
    drop(lab);
    Ok(())
}
