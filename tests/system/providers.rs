//! Providers that are not as they should be, behind functions that are deployed: each call has a clear
//! end in time, a problem that says what is wrong, a record, and no secret anywhere.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    http::StatusCode,
    response::{Html, IntoResponse, Redirect},
    routing::post,
};
use futures::{StreamExt, stream};
use promptpilot_tests::{Pilot, eventually};
use rustls::{ServerConfig, pki_types::PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::Instant};
use tokio_rustls::TlsAcceptor;

const KEY: &str = "sk-very-secret-key-1234567890";

/// The name of an endpoint and of what is wrong with its provider; how it ends.
struct Case {
    name: &'static str,
    status: u16,
    problem: &'static str,
    /// What the problem says, among other things.
    says: &'static str,
    /// The attempt's own error and the provider's status.
    attempt: (&'static str, Option<u16>),
}

const CASES: [Case; 7] = [
    Case {
        name: "wrong-key",
        status: 502,
        problem: "provider-failed",
        says: "openai-compatible answered 401: Incorrect API key provided: [key]",
        attempt: ("key", Some(401)),
    },
    Case {
        name: "gone-model",
        status: 502,
        problem: "provider-failed",
        says: "answered 404: The model `m` does not exist",
        attempt: ("status", Some(404)),
    },
    Case {
        name: "web-page",
        status: 502,
        problem: "provider-failed",
        says: "answered with a web page: is `base_url` right?",
        attempt: ("malformed", Some(200)),
    },
    Case {
        name: "self-signed",
        status: 502,
        problem: "provider-failed",
        says: "could not connect to localhost: invalid peer certificate",
        attempt: ("connect", None),
    },
    Case {
        name: "flood",
        status: 502,
        problem: "provider-failed",
        says: "the answer is larger than 16777216 bytes",
        attempt: ("malformed", Some(200)),
    },
    Case {
        name: "drip",
        status: 504,
        problem: "timeout",
        says: "no answer within the call's time",
        attempt: ("timeout", Some(200)),
    },
    Case {
        name: "redirect",
        status: 502,
        problem: "provider-failed",
        says: "answered 307",
        attempt: ("status", Some(307)),
    },
];

fn definition(name: &str, base: &str) -> String {
    format!(
        "name = \"{name}\"\nprompt.template = \"{{{{ text }}}}\"\nauth.mode = \"public\"\n\
         [model]\nprovider = \"openai-compatible\"\nname = \"m\"\ncredential = \"default\"\n\
         base_url = \"{base}/{name}\"\nretries = 0\ntimeout = \"3s\"\nmax_tokens = 10\n\
         price = {{ input = 1, output = 1 }}\n\
         [request.text]\ntype = \"string\"\nmax_length = 100\n"
    )
}

#[tokio::test]
async fn a_provider_that_is_not_as_it_should_be_ends_in_a_clear_problem_and_record() -> Result<()> {
    let (plain, tls) = (bad_provider().await?, self_signed().await?);
    let pilot = Pilot::start_with(&[("PROMPTPILOT_KEY_OPENAI_COMPATIBLE", KEY)]).await?;
    for Case { name, .. } in CASES {
        let base = if name == "self-signed" { &tls } else { &plain };
        pilot.define(name, &definition(name, base))?;
    }
    let names = CASES.map(|case| case.name);
    let urls = pilot.deploy(&names).await?;
    let request = json!({ "text": "Hello" });
    let begun = Instant::now();
    let calls = urls.iter().map(|url| pilot.curl(url, &request));
    let answers = futures::future::try_join_all(calls).await?;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());

    for (case, (status, problem)) in CASES.iter().zip(answers) {
        let name = case.name;
        assert_eq!(status, case.status, "{name}: {problem}");
        assert_eq!(problem["type"], format!("urn:promptpilot:problem:{}", case.problem), "{name}");
        let detail = problem["detail"].as_str().context("a detail")?;
        assert!(detail.contains(case.says), "{name}: {detail}");
        let record = record(&pilot, name).await?;
        assert_eq!(record["call_id"], problem["call_id"], "{name}");
        assert_eq!(record["status"], case.status, "{name}");
        assert_eq!(record["error_type"], case.problem, "{name}");
        let attempt = &record["attempts"][0];
        assert_eq!(
            (&attempt["error"], &attempt["status"]),
            (&json!(case.attempt.0), &json!(case.attempt.1)),
            "{name}"
        );
        for told in [problem.to_string(), record.to_string()] {
            assert!(!told.contains(KEY) && !told.contains("very-secret"), "{name}: {told}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn where_private_addresses_are_not_allowed_none_is_called() -> Result<()> {
    let plain = bad_provider().await?;
    let port = plain.rsplit_once(':').context("a port")?.1.to_owned();
    let environment =
        [("PROMPTPILOT_KEY_OPENAI_COMPATIBLE", KEY), ("PROMPTPILOT_PRIVATE_ADDRESSES", "deny")];
    let pilot = Pilot::start_with(&environment).await?;
    // Directly, by a name that is looked up, and in another form of writing the same.
    let hosts = [("direct", "127.0.0.1"), ("by-name", "localhost"), ("by-number", "2130706433")];
    for (name, host) in hosts {
        pilot.define(name, &definition(name, &format!("http://{host}:{port}")))?;
    }
    let urls = pilot.deploy(&hosts.map(|(name, _)| name)).await?;
    for (url, (name, host)) in urls.iter().zip(hosts) {
        let (status, problem) = pilot.curl(url, &json!({ "text": "Hello" })).await?;
        assert_eq!(status, 502, "{name}: {problem}");
        let detail = problem["detail"].as_str().context("a detail")?;
        assert!(detail.contains(&format!("could not connect to {host}: ")), "{detail}");
        assert!(detail.contains("is a private address"), "{detail}");
    }
    Ok(())
}

async fn record(pilot: &Pilot, endpoint: &str) -> Result<Value> {
    eventually(&format!("the call of {endpoint} is recorded"), async || {
        let run = pilot.cli(&["logs", endpoint, "--json"]).await.ok()?;
        let lines = run.stdout.lines();
        let mut calls = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        calls.rfind(|call| call["source"] == "call")
    })
    .await
}

/// A server with a path for each way of being wrong.
async fn bad_provider() -> Result<String> {
    let error = |status: StatusCode, error: Value| async move {
        (status, Json(json!({ "error": error }))).into_response()
    };
    let wrong_key = json!({ "message": format!("Incorrect API key provided: {KEY}") });
    let gone = json!({ "code": "model_not_found", "message": "The model `m` does not exist" });
    let chat = "chat/completions";
    let app = Router::new()
        .route(
            &format!("/wrong-key/{chat}"),
            post(move || error(StatusCode::UNAUTHORIZED, wrong_key)),
        )
        .route(&format!("/gone-model/{chat}"), post(move || error(StatusCode::NOT_FOUND, gone)))
        .route(&format!("/web-page/{chat}"), post(async || Html("<html>Welcome!</html>")))
        .route(&format!("/flood/{chat}"), post(async || flood()))
        .route(&format!("/drip/{chat}"), post(async || drip()))
        .route(
            &format!("/redirect/{chat}"),
            post(async || Redirect::temporary("/web-page/chat/completions")),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(format!("http://{address}"))
}

/// A gigabyte.
fn flood() -> impl IntoResponse {
    let piece = Bytes::from(vec![b' '; 1 << 20]);
    Body::from_stream(stream::iter((0..1024).map(move |_| Ok::<_, std::io::Error>(piece.clone()))))
}

/// A byte a second, for as long as anybody reads.
fn drip() -> impl IntoResponse {
    let bytes = stream::iter(0..3600).then(|_| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok::<_, std::io::Error>(Bytes::from_static(b" "))
    });
    Body::from_stream(bytes)
}

/// A server whose certificate nobody vouches for.
async fn self_signed() -> Result<String> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move { acceptor.accept(socket).await.is_ok() });
        }
    });
    Ok(format!("https://localhost:{port}"))
}
