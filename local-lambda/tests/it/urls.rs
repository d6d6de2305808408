//! Function URLs as their callers meet them: names, protocols, browsers, limits, broken requests.

use std::time::Duration;

use aws_sdk_lambda::types::{Cors, FunctionUrlAuthType, InvokeMode};
use local_lambda::{Disconnect, Limits, Settings, Tls};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::common::{self, Lab, REGION, Result};

/// Sends these bytes and reads until the host closes or goes quiet.
async fn raw(lab: &Lab, request: &[u8]) -> Result<String> {
    let mut stream = TcpStream::connect(lab.host().address()).await?;
    // It may be refused before all of it has been sent.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(Ok(read @ 1..)) = timeout(Duration::from_secs(2), stream.read(&mut buffer)).await {
        answer.extend_from_slice(&buffer[..read]);
        if answer.ends_with(b"\r\n0\r\n\r\n") || answer.ends_with(b"}") {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn path_of(url: &str) -> &str {
    url.find("/e/").map_or("/", |at| &url[at..])
}

fn id_of(url: &str) -> &str {
    path_of(url).split('/').nth(2).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_under_localhost_leads_to_its_url() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("named").await?;
    let url = lab.open_url("named", InvokeMode::Buffered).await?;
    let name = format!("{}.lambda-url.{REGION}.localhost", id_of(&url));
    let at = format!("http://{name}:{}/e/x?y=1", lab.host().address().port());
    common::http();
    let client = reqwest::Client::builder().resolve(&name, lab.host().address()).build()?;
    let event: Value = client.get(at).send().await?.json().await?;
    assert_eq!(event["rawPath"], "/e/x");
    assert_eq!(event["requestContext"]["domainPrefix"], id_of(&url));
    let host = event["headers"]["host"].as_str().unwrap();
    assert!(host.starts_with(&name), "{host}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_spoken_without_tls() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("two").await?;
    let url = lab.open_url("two", InvokeMode::Buffered).await?;
    common::http();
    let client = reqwest::Client::builder().http2_prior_knowledge().build()?;
    let answer = client.post(&url).body("hello").send().await?;
    assert_eq!(answer.version(), http::Version::HTTP_2);
    let event: Value = answer.json().await?;
    assert_eq!(event["requestContext"]["http"]["protocol"], "HTTP/1.1");
    assert_eq!(event["headers"]["host"], lab.host().address().to_string());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_with_a_certificate_made_once() -> Result<()> {
    let with_tls = |settings| Settings { tls: Some(Tls::SelfMade), ..settings };
    let lab = Lab::start_as(Limits::default(), with_tls).await?;
    lab.function("safe").await?;
    let url = lab.open_url("safe", InvokeMode::Buffered).await?;
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    let certificate = std::fs::read(common::settings(&lab.dir).certificate_file())?;
    let trusted = reqwest::Certificate::from_pem(&certificate)?;
    common::http();
    let client = reqwest::Client::builder().tls_certs_only([trusted]).build()?;
    let answer = client.get(&url).send().await?;
    assert_eq!(answer.version(), http::Version::HTTP_2);
    let event: Value = answer.json().await?;
    assert_eq!(event["headers"]["x-forwarded-proto"], "https");

    let plain = common::http().get(url.replace("https:", "http:")).send().await?;
    let event: Value = plain.json().await?;
    assert_eq!(event["headers"]["x-forwarded-proto"], "http");
    assert!(common::http().get(&url).send().await.is_err(), "nobody else trusts it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_answered_for_the_function() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("cors").await?;
    let cors = Cors::builder().allow_origins("https://a.example").allow_methods("POST");
    let create = lab.client.create_function_url_config().function_name("cors");
    let create = create.auth_type(FunctionUrlAuthType::None).cors(cors.max_age(9).build());
    let url = create.send().await?.function_url;
    lab.permit("cors", None).await?;
    let ask = |origin: &'static str| {
        let request = common::http().request(http::Method::OPTIONS, &url);
        request.header("origin", origin).header("access-control-request-method", "POST")
    };
    let told = ask("https://a.example").send().await?;
    assert_eq!(told.status(), 200);
    assert_eq!(told.headers()["access-control-allow-origin"], "https://a.example");
    assert_eq!(told.headers()["access-control-max-age"], "9");
    assert_eq!(told.text().await?, "", "the function was not asked");
    let other = ask("https://b.example").send().await?;
    assert!(!other.headers().contains_key("access-control-allow-origin"));

    let sent = common::http().post(&url).header("origin", "https://a.example").send().await?;
    assert_eq!(sent.headers()["access-control-allow-origin"], "https://a.example");
    assert_eq!(sent.headers()["vary"], "Origin");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_limits_in_both_directions() -> Result<()> {
    let limits = Limits { request: 1000, response: 2000, streamed: 100_000, ..Limits::default() };
    let lab = Lab::start_with(limits).await?;
    lab.function("sized").await?;
    let url = lab.open_url("sized", InvokeMode::ResponseStream).await?;
    let client = common::http();
    let large = client.post(&url).body("x".repeat(1001)).send().await?;
    assert_eq!(large.status(), 413);
    assert_eq!(large.text().await?, r#"{"Message":"Request Entity Too Large"}"#);
    assert_eq!(client.post(&url).body("x".repeat(500)).send().await?.status(), 200);

    let large = client.get(format!("{url}?do=big&bytes=2000")).send().await?;
    assert_eq!(large.status(), 502);
    assert_eq!(client.get(format!("{url}?do=big&bytes=1900")).send().await?.status(), 200);

    let all = client.get(format!("{url}?do=flood&bytes=100000")).send().await?.bytes().await?;
    assert_eq!(all.len(), 100_000);
    let cut = client.get(format!("{url}?do=flood&bytes=100001")).send().await?.bytes().await;
    assert!(cut.is_err(), "a stream that is too long is cut off, not ended");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_and_slow_requests_are_refused_and_the_host_goes_on() -> Result<()> {
    let limits = Limits { body_within: Duration::from_millis(200), ..Limits::default() };
    let lab = Lab::start_with(limits).await?;
    lab.function("robust").await?;
    let url = lab.open_url("robust", InvokeMode::Buffered).await?;
    let path = path_of(&url);
    let post = |rest: &str| format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{rest}");

    let chunked = post("Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n");
    let answer = raw(&lab, chunked.as_bytes()).await?;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");

    let headers = post(&format!("X-Long: {}\r\n\r\n", "x".repeat(1 << 20)));
    let answer = raw(&lab, headers.as_bytes()).await?;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");

    let many = (0..200).map(|number| format!("X-{number}: y\r\n")).collect::<String>();
    let answer = raw(&lab, post(&format!("{many}\r\n")).as_bytes()).await?;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");

    let slow = post("Content-Length: 10\r\n\r\nhalf");
    let answer = raw(&lab, slow.as_bytes()).await?;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");

    let answer = raw(&lab, b"\x00\x01 nonsense\r\n\r\n").await?;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert_eq!(common::http().get(&url).send().await?.status(), 200);
    Ok(())
}

/// What a function prints whose stream is left by its client after the first chunk, up to `last`.
async fn printed_after_leaving(disconnect: Disconnect, last: &str) -> Result<Vec<String>> {
    let change = |settings| Settings { disconnect, ..settings };
    let lab = Lab::start_as(Limits::default(), change).await?;
    lab.function("left").await?;
    let url = lab.open_url("left", InvokeMode::ResponseStream).await?;
    let mut subscriber = lab.host().output().subscribe("test")?;
    let mut answer = common::http().get(format!("{url}?do=stream&chunks=20&ms=50")).send().await?;
    assert_eq!(answer.chunk().await?.unwrap(), "chunk 0\n");
    drop(answer);
    let printed = async {
        let mut texts = Vec::<String>::new();
        while !texts.iter().any(|text| text.starts_with(last)) {
            texts.extend(subscriber.next().await?.into_iter().map(|line| line.text));
        }
        Ok::<_, std::io::Error>(texts)
    };
    Ok(timeout(Duration::from_secs(10), printed).await??)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_client_where_the_host_is_told_to() -> Result<()> {
    printed_after_leaving(Disconnect::Propagate, "given up").await?;
    let printed = printed_after_leaving(Disconnect::Ignore, "REPORT ").await?;
    assert!(!printed.iter().any(|text| text.starts_with("given up")), "{printed:?}");
    Ok(())
}
