//! Who is let in, and what becomes of a call when nobody can say so.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Json, Router, extract::State, http::HeaderMap, response::IntoResponse, routing::post};
use promptpilot_spec::{
    key::{self, KeyKind},
    state::{DEPLOYMENT_HEADER, KeyQuery},
};
use serde_json::{Value, json};

use crate::support::{Function, Result, TOKEN, post_event};

/// What a state service says to one question.
#[derive(Debug, Clone)]
enum Says {
    Known(Value),
    Status(u16),
    Nonsense,
    Nothing,
}

#[derive(Debug, Default)]
struct Service {
    answers: Mutex<VecDeque<Says>>,
    asked: Mutex<Vec<(HeaderMap, String)>>,
}

/// A state service that answers in turn, whatever it is asked; at `/`, as DynamoDB would.
async fn service(answers: &[Says]) -> Result<(String, Arc<Service>)> {
    let service =
        Arc::new(Service { answers: Mutex::new(answers.to_vec().into()), ..Service::default() });
    let router = Router::new()
        .route("/v1/key", post(answer))
        .route("/", post(answer_as_a_table))
        .with_state(Arc::clone(&service));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((address, service))
}

async fn answer(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: String,
) -> axum::response::Response {
    service.say(headers, body).await
}

async fn answer_as_a_table(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    body: String,
) -> axum::response::Response {
    assert_eq!(headers["x-amz-target"], "DynamoDB_20120810.GetItem");
    let first = service.answers.lock().unwrap().front().cloned();
    if let Some(Says::Known(record)) = first {
        let item = json!({ "Item": { "key_record": { "S": record.to_string() } } });
        service.answers.lock().unwrap()[0] = Says::Known(item);
    }
    service.say(headers, body).await
}

/// A table behind the same address.
fn table(address: &str) -> String {
    format!("dynamodb://abc?region=eu-central-1&endpoint={address}")
}

impl Service {
    async fn say(&self, headers: HeaderMap, body: String) -> axum::response::Response {
        self.asked.lock().unwrap().push((headers, body));
        let says = self.answers.lock().unwrap().pop_front().unwrap_or(Says::Nothing);
        match says {
            Says::Known(record) => Json(record).into_response(),
            Says::Status(status) => {
                axum::http::StatusCode::from_u16(status).unwrap().into_response()
            }
            Says::Nonsense => "{\"id\":".into_response(),
            Says::Nothing => std::future::pending().await,
        }
    }
}

const KEY: &str = "018f0000-0000-7000-8000-00000000000a";

fn record() -> Value {
    json!({ "id": KEY, "endpoints": null, "environments": null, "expires": null, "revoked": false })
}

async fn function(address: &str) -> Result<Function> {
    let endpoint = json!({ "auth": "api-key", "models": [{ "name": "lorem" }] }).to_string();
    let variables = [
        ("ENDPOINT", endpoint.as_str()),
        ("PROMPTPILOT_STATE", address),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    Function::start("steered", &variables).await
}

async fn call(function: &Function, key: &str) -> Result<crate::support::Answer> {
    let authorization = format!("Bearer {key}");
    let headers = [("authorization", authorization.as_str())];
    function.invoke(post_event(&headers, &json!({ "text": "Hello" }).to_string())).await
}

#[tokio::test]
async fn a_key_is_asked_for_once_by_its_hash_and_recorded() -> Result<()> {
    let (address, service) = service(&[Says::Known(record())]).await?;
    let function = function(&address).await?;
    let key = key::write(KeyKind::Live, &[1; key::RANDOM]);
    for _ in 0..2 {
        let answer = call(&function, &key).await?;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("x-promptpilot-model"), "lorem");
        assert_eq!(function.record().await?["key_id"], KEY);
    }
    let other = [("x-api-key", key.as_str())];
    let event = post_event(&other, &json!({ "text": "Hello" }).to_string());
    assert_eq!(function.invoke(event).await?.status, 200);

    let asked = service.asked.lock().unwrap();
    let [(headers, query)] = &asked[..] else { panic!("{asked:?}") };
    let query: KeyQuery = serde_json::from_str(query)?;
    assert_eq!(query.hash, key::hash(&key));
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(headers[DEPLOYMENT_HEADER], "018f0000-0000-7000-8000-000000000003");
    Ok(())
}

#[tokio::test]
async fn test_keys_are_answered_by_the_sandbox_whatever_the_model() -> Result<()> {
    let (address, _service) = service(&[Says::Known(record())]).await?;
    let function = function(&address).await?;
    let answer = call(&function, &key::write(KeyKind::Test, &[1; key::RANDOM])).await?;
    assert_eq!(answer.json(), json!({ "text": "Be brief.\n\nHello" }));
    let record = function.record().await?;
    assert_eq!((&record["model"], &record["cost_micro_usd"]), (&json!("echo"), &json!(0)));
    Ok(())
}

#[tokio::test]
async fn without_a_good_key_nobody_is_asked_anything() -> Result<()> {
    let (address, service) = service(&[]).await?;
    let function = function(&address).await?;
    let bare = function.call(json!({ "text": "Hello" })).await?;
    assert_eq!(
        (bare.status, bare.json()["type"].as_str()),
        (401, Some("urn:promptpilot:problem:key-missing"))
    );
    assert_eq!(bare.header("www-authenticate"), "Bearer");
    let mistyped = key::write(KeyKind::Live, &[1; key::RANDOM]).replace('1', "2");
    for wrong in ["sk-1", "pp_live_", &mistyped] {
        let refused = call(&function, wrong).await?;
        assert_eq!(
            (refused.status, refused.json()["type"].as_str()),
            (401, Some("urn:promptpilot:problem:key-unknown"))
        );
        assert!(!refused.body.contains(wrong), "{}", refused.body);
    }
    assert_eq!(function.record().await?["attempts"], json!([]));
    assert!(service.asked.lock().unwrap().is_empty());
    Ok(())
}

#[tokio::test]
async fn what_the_store_says_of_a_key_decides() -> Result<()> {
    let with = |name: &str, value: Value| {
        let mut record = record();
        record[name] = value;
        Says::Known(record)
    };
    for (says, status, kind) in [
        (Says::Known(Value::Null), 401, "key-unknown"),
        (with("revoked", json!(true)), 401, "key-unknown"),
        (with("expires", json!("2020-01-01T00:00:00Z")), 401, "key-unknown"),
        (with("endpoints", json!([KEY])), 403, "key-denied"),
        (with("environments", json!(["staging"])), 403, "key-denied"),
    ] {
        let (address, _service) = service(std::slice::from_ref(&says)).await?;
        let function = function(&address).await?;
        let refused = call(&function, &key::write(KeyKind::Live, &[1; key::RANDOM])).await?;
        assert_eq!(refused.status, status, "{says:?}");
        assert_eq!(refused.json()["type"], format!("urn:promptpilot:problem:{kind}"), "{says:?}");
        let record = function.record().await?;
        assert_eq!((&record["status"], &record["error_type"]), (&json!(status), &json!(kind)));
    }
    Ok(())
}

#[tokio::test]
async fn a_store_that_fails_lets_nobody_in_and_is_asked_twice() -> Result<()> {
    let twice = |says: Says| [says.clone(), says];
    let mut sayings =
        vec![twice(Says::Status(500)), twice(Says::Status(401)), twice(Says::Nonsense)];
    sayings.push([Says::Status(503), Says::Known(record())]);
    for (says, is_table) in sayings.into_iter().flat_map(|it| [(it.clone(), false), (it, true)]) {
        let (address, service) = service(&says).await?;
        let address = if is_table { table(&address) } else { address };
        let function = function(&address).await?;
        let answer = call(&function, &key::write(KeyKind::Live, &[1; key::RANDOM])).await?;
        assert_eq!(service.asked.lock().unwrap().len(), 2);
        let record = function.record().await?;
        if matches!(says[1], Says::Known(_)) {
            assert_eq!((answer.status, &record["state_failed"]), (200, &json!([])));
            continue;
        }
        assert_eq!(answer.status, 503, "{says:?}");
        assert_eq!(answer.json()["type"], "urn:promptpilot:problem:state-unavailable");
        assert_eq!(answer.header("retry-after"), "5");
        assert_eq!(record["state_failed"], json!(["key"]));
    }
    Ok(())
}

#[tokio::test]
async fn a_store_that_is_silent_or_gone_costs_a_call_no_more_than_its_time() -> Result<()> {
    let (silent, _service) = service(&[]).await?;
    let gone = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        format!("http://{}", listener.local_addr()?)
    };
    for address in [table(&silent), silent, table(&gone), gone] {
        let function = function(&address).await?;
        let authorization = format!("Bearer {}", key::write(KeyKind::Live, &[1; key::RANDOM]));
        let headers = [("authorization", authorization.as_str())];
        let event = post_event(&headers, &json!({ "text": "Hello" }).to_string());
        let began = std::time::Instant::now();
        // The platform's deadline is a second away, of which half a second is left for the answer.
        let answer =
            tokio::time::timeout(Duration::from_secs(20), function.hand(event, 1000)).await??;
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    Ok(())
}

#[tokio::test]
async fn a_function_that_needs_a_store_and_is_not_told_where_says_so() -> Result<()> {
    let endpoint = json!({ "auth": "api-key" }).to_string();
    let function = Function::start("steered", &[("ENDPOINT", &endpoint)]).await?;
    let (ok, error) = function.end().await?;
    assert!(!ok);
    let message = error.unwrap()["errorMessage"].as_str().unwrap().to_owned();
    assert_eq!(message, "the environment variable PROMPTPILOT_STATE is missing");

    let wrong = [("ENDPOINT", endpoint.as_str()), ("PROMPTPILOT_STATE", "dynamodb://abc")];
    let (ok, error) = Function::start("steered", &wrong).await?.end().await?;
    assert!(!ok);
    let message = error.unwrap()["errorMessage"].as_str().unwrap().to_owned();
    let wanted = "the environment variable PROMPTPILOT_STATE cannot be used: `dynamodb://abc` is no \
                  state store: its region is missing";
    assert!(message.starts_with(wanted), "{message}");
    Ok(())
}
