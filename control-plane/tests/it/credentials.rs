//! Keys of providers: stored for good, given to functions, shown to nobody.

use std::collections::BTreeMap;

use axum::{Json, Router, http::StatusCode, routing::get};
use promptpilot_control_plane::{Secret, deploy::model::Status};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Failure, Outcome,
    pilot::{Pilot, echo},
};

/// A server that speaks OpenAI's chat completions, answers with the key that it was called with, and
/// takes every key but `sk-revoked-0123456789`.
async fn model() -> Result<String, Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}/v1", listener.local_addr()?);
    let models = get(async |headers: axum::http::HeaderMap| {
        let key = key(&headers);
        if key == "sk-revoked-0123456789" {
            let said = json!({ "error": { "message": format!("the key {key} was revoked") } });
            return (StatusCode::UNAUTHORIZED, Json(said));
        }
        (StatusCode::OK, Json(json!({ "data": [] })))
    });
    let chat = axum::routing::post(async |headers: axum::http::HeaderMap| {
        Json(json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": { "role": "assistant", "content": key(&headers) },
            }],
            "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 },
        }))
    });
    let app = Router::new().route("/v1/models", models).route("/v1/chat/completions", chat);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(base)
}

fn key(headers: &axum::http::HeaderMap) -> String {
    let bearer = headers["authorization"].to_str().unwrap();
    bearer.trim_start_matches("Bearer ").to_owned()
}

/// An endpoint that answers with the key it calls `base` with.
fn telling(name: &str, base: &str) -> String {
    echo(name, "Hello").replace(
        "provider = \"sandbox\"\nname = \"echo\"",
        &format!(
            "provider = \"openai-compatible\"\nname = \"m\"\ncredential = \"default\"\n\
             base_url = \"{base}\"\nmax_tokens = 100"
        ),
    )
}

async fn put(pilot: &Pilot, body: Value) -> Result<(u16, Value), Failure> {
    let (status, body) =
        pilot.request(Method::PUT, "/api/provider-credentials", Some(body)).await?;
    Ok((status.as_u16(), body))
}

fn stored(secret: &str) -> Value {
    json!({ "provider": "openai-compatible", "secret": secret })
}

/// Waits until the deployments of an answer are over, and all of them live.
async fn renewed(pilot: &Pilot, answer: &Value) -> Outcome {
    for id in answer["deployments"].as_array().unwrap() {
        let ended = pilot.until(id.as_str().unwrap(), |found| found.status.is_final()).await?;
        assert_eq!(ended.status, Status::Live, "{ended:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_key_reaches_what_is_live_and_rollback_never_brings_an_old_one_back() -> Outcome {
    let pilot = Pilot::start().await?;
    let base = model().await?;
    let (status, refused) = pilot
        .post(
            "/api/deployments",
            json!({ "definitions": [{ "file": "a.toml", "toml": telling("teller", &base) }] }),
        )
        .await?;
    assert_eq!(status, 422);
    assert_eq!(refused["findings"][0]["code"], "no-credential", "{refused}");

    let (status, first) = put(&pilot, stored("sk-first-0123456789")).await?;
    assert_eq!((status, &first["shown"], &first["version"]), (200, &json!("6789"), &json!(1)));
    assert_eq!(first["deployments"], json!([]));
    let live = pilot.deployed(&telling("teller", &base)).await?;
    let url = live.url.clone().unwrap();
    let says = async || Ok::<_, Failure>(pilot.call(&url, json!({ "word": "x" })).await?.2);
    assert_eq!(says().await?["text"], "sk-first-0123456789");

    // The same key once more changes nothing.
    let (_, same) = put(&pilot, stored("sk-first-0123456789")).await?;
    assert_eq!((&same["version"], &same["deployments"]), (&json!(1), &json!([])));

    let (_, second) = put(&pilot, stored("sk-second-0123456789")).await?;
    assert_eq!(
        (&second["version"], second["deployments"].as_array().unwrap().len()),
        (&json!(2), 1)
    );
    renewed(&pilot, &second).await?;
    assert_eq!(says().await?["text"], "sk-second-0123456789");

    // An older version is brought back with the key of today.
    let edited = telling("teller", &base).replace("Hello", "Good evening");
    assert_eq!(pilot.deployed(&edited).await?.version, 2);
    let (_, third) = put(&pilot, stored("sk-third-0123456789")).await?;
    renewed(&pilot, &third).await?;
    let (status, back) = pilot.post("/api/endpoints/teller/rollback", json!({})).await?;
    assert_eq!((status, &back["to"]), (200, &json!(1)), "{back}");
    renewed(&pilot, &json!({ "deployments": [back["deployment"]] })).await?;
    assert_eq!(says().await?["text"], "sk-third-0123456789");
    let (_, version, _) = pilot.call(&url, json!({ "word": "x" })).await?;
    assert_eq!(version, "1");

    // Nothing was built for any of that but the two versions.
    let mut db = pilot.database.connect().await?;
    let built: i64 =
        sqlx::query_scalar("select count(*) from artifacts").fetch_one(&mut db).await?;
    assert_eq!(built, 2);

    let id = first["id"].as_str().unwrap();
    let path = format!("/api/provider-credentials/{id}");
    let (status, used) = pilot.request(Method::DELETE, &path, None).await?;
    assert_eq!(status, 409);
    assert_eq!(used["users"], json!([{ "endpoint": "teller", "environment": "production" }]));

    // One for the environment alone comes before it, and then the other may go.
    let mut own = stored("sk-own-0123456789");
    own["environment"] = json!("production");
    let (_, own) = put(&pilot, own).await?;
    renewed(&pilot, &own).await?;
    assert_eq!(says().await?["text"], "sk-own-0123456789");
    let (status, _) = pilot.request(Method::DELETE, &path, None).await?;
    assert_eq!(status, 200);

    // The database alone tells no key.
    let kept: Vec<String> = sqlx::query_scalar(
        "select c::text from provider_credentials c union all select encode(sealed, 'escape') from provider_credentials
         union all select a::text from audit_events a union all select d::text from deployments d",
    )
    .fetch_all(&mut db)
    .await?;
    assert!(!kept.is_empty() && kept.iter().all(|row| !row.contains("0123456789")), "{kept:?}");
    let listed = pilot.get("/api/provider-credentials").await?.to_string();
    assert!(!listed.contains("sk-"), "{listed}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_changes_while_its_endpoint_is_deployed_reaches_it_afterwards() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    let base = model().await?;
    put(&pilot, stored("sk-first-0123456789")).await?;
    let batch = pilot.deploy(&[telling("teller", &base)]).await?;
    // The worker stops dead once it has published, so the function has the first key.
    let faults = promptpilot_control_plane::Faults {
        stop_after: Some(Status::Publishing),
        ..Default::default()
    };
    pilot.add_worker(faults).await?;
    let id = batch.deployments[0].id.to_string();
    pilot.until(&id, |found| found.function_version.is_some()).await?;
    let (_, changed) = put(&pilot, stored("sk-second-0123456789")).await?;
    assert_eq!(changed["deployments"], json!([]), "somebody is at it");
    pilot.add_worker(Default::default()).await?;
    let live = pilot.finished(&batch).await?.remove(0);
    assert_eq!(live.status, Status::Live, "{live:?}");
    let started = std::time::Instant::now();
    while pilot.call(live.url.as_deref().unwrap(), json!({ "word": "x" })).await?.2["text"]
        != "sk-second-0123456789"
    {
        assert!(started.elapsed().as_secs() < 60, "the new key never came");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_asked_about_a_key_and_its_words_are_kept() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let base = model().await?;
    let (_, good) = put(&pilot, stored("sk-good-0123456789")).await?;
    let path = format!("/api/provider-credentials/{}/check", good["id"].as_str().unwrap());
    let at = json!({ "base_url": base });
    let (status, result) = pilot.post(&path, at.clone()).await?;
    assert_eq!((status, &result["accepted"], &result["status"]), (200, &json!(true), &json!(200)));
    let (status, _) = pilot.post(&path, json!({})).await?;
    assert_eq!(status, 422);

    put(&pilot, stored("sk-revoked-0123456789")).await?;
    let (_, result) = pilot.post(&path, at).await?;
    assert_eq!(result["accepted"], false);
    assert_eq!(result["refusal"], "the key [key] was revoked");
    let listed = pilot.get("/api/provider-credentials").await?;
    assert_eq!(listed["items"][0]["refusal"], "the key [key] was revoked");
    assert!(listed["items"][0]["checked"].is_string());

    let (_, result) = pilot.post(&path, json!({ "base_url": "http://127.0.0.1:1/v1" })).await?;
    assert_eq!((&result["accepted"], &result["status"]), (&json!(false), &Value::Null));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_key_is_refused_with_a_reason() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    for (body, kind) in [
        (json!({ "provider": "sandbox", "secret": "x" }), "credential-invalid"),
        (json!({ "provider": "openai", "secret": "" }), "credential-invalid"),
        (json!({ "provider": "openai", "secret": "two words" }), "credential-invalid"),
        (json!({ "provider": "openai", "secret": "a\nb" }), "credential-invalid"),
        (
            json!({ "provider": "openai", "name": "compatible", "secret": "x" }),
            "credential-invalid",
        ),
        (json!({ "provider": "openai", "name": "Team", "secret": "x" }), "credential-invalid"),
        (
            json!({ "provider": "openai", "secret": "x", "environment": "no" }),
            "environment-not-found",
        ),
        (json!({ "provider": "nobody", "secret": "x" }), "body-invalid"),
    ] {
        let (_, refused) = put(&pilot, body.clone()).await?;
        let found = refused["type"].as_str().unwrap_or_default();
        assert!(found.ends_with(kind), "{body}: {refused}");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_environment_are_stored_at_start_once() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let adopt = async |keys: &[(&str, &str)]| {
        let keys: BTreeMap<String, Secret> =
            keys.iter().map(|(name, key)| ((*name).to_owned(), Secret::from(*key))).collect();
        pilot.plane.adopt_keys(&keys).await
    };
    adopt(&[("PROMPTPILOT_KEY_OPENAI", "sk-a"), ("PROMPTPILOT_KEY_ANTHROPIC_TEAM_B", "sk-b")])
        .await?;
    adopt(&[("PROMPTPILOT_KEY_OPENAI", "sk-a"), ("PROMPTPILOT_KEY_NOBODY", "sk-c")]).await?;
    let listed = pilot.get("/api/provider-credentials").await?;
    let found: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| format!("{} {} {}", item["provider"], item["name"], item["version"]))
        .collect();
    assert_eq!(found, ["\"anthropic\" \"team-b\" 1", "\"openai\" \"default\" 1"]);
    adopt(&[("PROMPTPILOT_KEY_OPENAI", "sk-new")]).await?;
    let listed = pilot.get("/api/provider-credentials").await?;
    assert_eq!(listed["items"][1]["version"], 2);
    pilot.stop().await
}
