//! The frame around every resource: documents, bounds, repeats, stale edits, what is refused.

use std::{num::NonZeroU32, time::Duration};

use promptpilot_control_plane::Rates;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{
    Failure, Outcome,
    pilot::{Pilot, TOKEN, echo},
};

fn ask(pilot: &Pilot, method: Method, path: &str) -> RequestBuilder {
    pilot.client.request(method, format!("{}{path}", pilot.url)).bearer_auth(TOKEN)
}

fn deploy(pilot: &Pilot, name: &str) -> RequestBuilder {
    let body = json!({ "definitions": [{ "file": "a.toml", "toml": echo(name, "x") }] });
    ask(pilot, Method::POST, "/api/deployments").json(&body)
}

/// Status, and the last part of the problem's type.
async fn refused(request: RequestBuilder) -> Result<(u16, String), Failure> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let problem: Value = response.json().await?;
    let kind = problem["type"].as_str().unwrap_or_default();
    Ok((status, kind.rsplit(':').next().unwrap_or_default().to_owned()))
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_tells_of_every_operation_with_its_problems() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let response = pilot.client.get(format!("{}/api/openapi.json", pilot.url)).send().await?;
    let document: Value = response.json().await?;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut ids = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            ids.push(operation["operationId"].as_str().unwrap_or_else(|| panic!("{place}")));
            assert!(operation["summary"].is_string(), "{place}");
            let responses = operation["responses"].as_object().unwrap();
            // Or sends a browser elsewhere.
            assert!(responses.keys().any(|status| status.starts_with(['2', '3'])), "{place}");
            let is_openais = path.starts_with("/v1/chat") || path.starts_with("/v1/models");
            let form = if is_openais { "application/json" } else { "application/problem+json" };
            for status in ["405", "421", "429", "500", "503"] {
                let problem = &responses[status]["content"][form];
                assert!(problem["examples"].is_object(), "{place} {status}");
            }
            let is_open = operation["security"].as_array().is_none_or(Vec::is_empty);
            assert!(is_open || responses.contains_key("401"), "{place}");
        }
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "operations share an id");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_document_needs_nothing_from_elsewhere() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let response = pilot.client.get(format!("{}/api/docs", pilot.url)).send().await?;
    let policy = header(&response, "content-security-policy").to_owned();
    assert!(policy.contains("script-src 'sha256-") && policy.contains("default-src 'none'"));
    let page = response.text().await?;
    for outside in ["<script src", "<link", "<img"] {
        assert!(!page.lines().any(|line| line.trim_start().starts_with(outside)), "{outside}");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_made_once() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let keyed = |key: &str, name: &str| deploy(&pilot, name).header("idempotency-key", key);
    let first = keyed("one", "hello").send().await?;
    assert_eq!((first.status().as_u16(), header(&first, "idempotency-replayed")), (202, ""));
    let first: Value = first.json().await?;
    let again = keyed("one", "hello").send().await?;
    assert_eq!((again.status().as_u16(), header(&again, "idempotency-replayed")), (202, "true"));
    assert_eq!(again.json::<Value>().await?, first);
    assert_eq!(pilot.get("/api/deployments").await?["items"].as_array().unwrap().len(), 1);

    let other = refused(keyed("one", "another")).await?;
    assert_eq!(other, (422, "idempotency-key-reused".to_owned()));
    let long = "x".repeat(256);
    assert_eq!(refused(keyed(&long, "hello")).await?, (400, "header-invalid".to_owned()));

    let together = (0..8).map(|_| keyed("two", "together").send());
    for response in futures::future::join_all(together).await {
        assert!([202, 409].contains(&response?.status().as_u16()));
    }
    let made = pilot.get("/api/deployments?endpoint=together").await?;
    assert_eq!(made["items"].as_array().unwrap().len(), 1);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_is_kept_and_one_without_a_right_is_not() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let body = json!({ "definitions": [{ "file": "a.toml", "toml": "name = 7" }] });
    let broken = || {
        let request = ask(&pilot, Method::POST, "/api/deployments").json(&body);
        request.header("idempotency-key", "broken")
    };
    let first = broken().send().await?;
    assert_eq!(first.status().as_u16(), 422);
    let again = broken().send().await?;
    assert_eq!((again.status().as_u16(), header(&again, "idempotency-replayed")), (422, "true"));
    assert_eq!(header(&again, "content-type"), "application/problem+json");

    let stranger = pilot.client.post(format!("{}/api/deployments", pilot.url)).json(&body);
    let refused = refused(stranger.header("idempotency-key", "broken")).await?;
    assert_eq!(refused, (401, "unauthorized".to_owned()));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_edit_is_refused_and_shows_what_is_there() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    pilot.deploy(&[echo("hello", "one")]).await?;
    let seen = ask(&pilot, Method::GET, "/api/endpoints/hello").send().await?;
    let seen = header(&seen, "etag").to_owned();
    pilot.deploy(&[echo("hello", "two")]).await?;
    for deployment in pilot.get("/api/deployments").await?["items"].as_array().unwrap() {
        let id = deployment["id"].as_str().unwrap();
        pilot.post(&format!("/api/deployments/{id}/cancel"), json!({})).await?;
    }
    let delete =
        |tag: &str| ask(&pilot, Method::DELETE, "/api/endpoints/hello").header("if-match", tag);
    let response = delete(&seen).send().await?;
    assert_eq!(response.status().as_u16(), 412);
    let problem: Value = response.json().await?;
    assert_eq!((&problem["revision"], &problem["current"]["version"]), (&json!("2-0"), &json!(2)));
    assert_eq!(pilot.get("/api/endpoints/hello").await?["version"], 2);
    assert_eq!(delete("\"2-0\"").send().await?.status().as_u16(), 200);
    assert_eq!(refused(delete("*")).await?, (404, "endpoint-not-found".to_owned()));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_how_long_to_wait() -> Outcome {
    let rates = Rates { token: NonZeroU32::new(3).unwrap(), address: NonZeroU32::new(6).unwrap() };
    let pilot = Pilot::without_worker_with(|settings| settings.rates = Some(rates)).await?;
    let status = || ask(&pilot, Method::GET, "/api/status").send();
    for left in (0..3).rev() {
        let response = status().await?;
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(header(&response, "ratelimit"), format!("\"token\";r={left}"));
        assert_eq!(header(&response, "ratelimit-policy"), "\"token\";q=3;w=60");
    }
    let response = status().await?;
    assert_eq!(response.status().as_u16(), 429);
    let wait: u64 = header(&response, "retry-after").parse()?;
    assert!((1..=21).contains(&wait), "{wait}");
    // Guesses have counts of their own, but come from one address.
    for guess in 0..4 {
        let url = format!("{}/api/status", pilot.url);
        let response = pilot.client.get(url).bearer_auth(format!("guess-{guess}")).send().await?;
        assert_eq!(response.status().as_u16(), if guess < 2 { 401 } else { 429 });
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_bounded_and_have_to_be_json() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let post = |kind: &str, body: Vec<u8>| {
        ask(&pilot, Method::POST, "/api/deployments").header("content-type", kind).body(body)
    };
    let large = refused(post("application/json", vec![b' '; 17 << 20])).await?;
    assert_eq!(large, (413, "body-too-large".to_owned()));
    let form = refused(post("text/plain", b"{}".to_vec())).await?;
    assert_eq!(form, (415, "media-type-unsupported".to_owned()));
    let large = post("application/json", vec![b' '; 17 << 20]).header("idempotency-key", "k");
    assert_eq!(refused(large).await?, (413, "body-too-large".to_owned()));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_the_database_cannot_keep_are_the_callers_fault() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    for path in ["/api/endpoints/a%00b", "/api/deployments?endpoint=%00", "/api/endpoints?env=%00"]
    {
        let refused = refused(ask(&pilot, Method::GET, path)).await?;
        assert_eq!(refused, (400, "text-invalid".to_owned()), "{path}");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_carry_headers_that_protect() -> Outcome {
    let pilot = Pilot::without_worker_with(|settings| {
        settings.public_url = Some("https://pilot.example.com".to_owned());
    })
    .await?;
    for path in ["/api/status", "/healthz", "/api/nowhere"] {
        let response = ask(&pilot, Method::GET, path).send().await?;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(header(&response, name), value, "{path}");
        }
        assert!(header(&response, "content-security-policy").contains("default-src 'none'"));
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_not_the_apis_is_a_page() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    for path in ["/", "/endpoints/hello", "/apis"] {
        let response = ask(&pilot, Method::GET, path).send().await?;
        assert_eq!(response.status().as_u16(), 200, "{path}");
        assert!(header(&response, "content-type").starts_with("text/html"), "{path}");
        assert_eq!(header(&response, "cache-control"), "no-cache", "{path}");
        assert!(response.text().await?.contains("Prompt Pilot"), "{path}");
    }
    for (method, path) in [
        (Method::GET, "/api/nowhere"),
        (Method::GET, "/v1/prompts/nowhere"),
        (Method::GET, "/assets/of-another-build.js"),
        (Method::POST, "/endpoints"),
    ] {
        let response = ask(&pilot, method, path).send().await?;
        assert_eq!(response.status().as_u16(), 404, "{path}");
        assert_eq!(header(&response, "content-type"), "application/problem+json", "{path}");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_named_origins_may_call_and_others_may_not() -> Outcome {
    let friend = "https://friend.example.com";
    let pilot = Pilot::without_worker_with(|settings| {
        settings.cors_origins = vec![friend.to_owned()];
    })
    .await?;
    let from = |method: Method, origin: &str| {
        ask(&pilot, method, "/api/status")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
    };
    let preflight = from(Method::OPTIONS, friend).send().await?;
    assert_eq!(header(&preflight, "access-control-allow-origin"), friend);
    assert_eq!(header(&preflight, "access-control-allow-credentials"), "");
    assert_eq!(from(Method::GET, friend).send().await?.status().as_u16(), 200);
    let stranger = from(Method::GET, "https://evil.example.com").send().await?;
    assert_eq!(stranger.status().as_u16(), 403);
    assert_eq!(header(&stranger, "access-control-allow-origin"), "");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_by_route_for_who_has_the_token() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    pilot.get("/api/status").await?;
    ask(&pilot, Method::GET, "/api/endpoints/secret-name").send().await?;
    let text = ask(&pilot, Method::GET, "/metrics").send().await?.text().await?;
    let line =
        "promptpilot_http_requests_total{method=\"GET\",route=\"/api/status\",status=\"200\"} 1";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("route=\"/api/endpoints/{name}\",status=\"404\""), "{text}");
    assert!(!text.contains("secret-name"), "{text}");
    assert!(text.contains("promptpilot_database_connections{pool=\"app\""), "{text}");
    let open = pilot.client.get(format!("{}/metrics", pilot.url));
    assert_eq!(refused(open).await?, (401, "unauthorized".to_owned()));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_callers_are_told_to_try_again() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    pilot.plane.close().await;
    for path in ["/api/status", "/api/endpoints", "/readyz"] {
        let response = ask(&pilot, Method::GET, path).send().await?;
        assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (503, "1"));
        let problem: Value = response.json().await?;
        assert_eq!(problem["type"], "urn:promptpilot:problem:database-unavailable");
    }
    assert_eq!(ask(&pilot, Method::GET, "/healthz").send().await?.status().as_u16(), 204);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_while_something_is_read_leaves_nothing_to_who_writes_next() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    // At each moment of a read, on each of its connections.
    for moment in 0..200 {
        let left = Duration::from_micros(20 * moment);
        let reads = (0..8).map(|_| ask(&pilot, Method::GET, "/api/prompts").timeout(left).send());
        futures::future::join_all(reads).await;
        if moment % 20 == 19 {
            let writes = (0..8).map(|write| {
                let content = json!({ "prompt": { "template": "Hi" } });
                let new = json!({ "name": format!("p{moment}-{write}"), "content": content });
                ask(&pilot, Method::POST, "/api/prompts").json(&new).send()
            });
            for written in futures::future::join_all(writes).await {
                assert_eq!(written?.status(), 201);
            }
        }
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_held_too_long_is_not_waited_for() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    pilot.deploy(&[echo("hello", "one")]).await?;
    let mut db = pilot.database.connect().await?;
    let mut holding = sqlx::Connection::begin(&mut db).await?;
    sqlx::query("select from endpoints for update").execute(&mut *holding).await?;
    let response = deploy(&pilot, "hello").timeout(Duration::from_secs(60)).send().await?;
    assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (503, "1"));
    let problem: Value = response.json().await?;
    assert_eq!(problem["type"], "urn:promptpilot:problem:database-busy");
    pilot.stop().await
}
