//! What opens prompts: keys with their scopes, and how often.

use std::num::NonZeroU32;

use promptpilot_control_plane::SignUps;
use promptpilot_spec::key as keys;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor;

use crate::{
    execution::ask,
    execution::calls,
    execution::greet,
    execution::key,
    execution::prompt,
    execution::send,
    support::{
        Outcome,
        person::{Person, kind},
        pilot::{Pilot, TOKEN},
    },
};

const GREET: &str = "/v1/prompts/chat%2Fgreet/execute";

fn ada() -> Value {
    json!({ "variables": { "name": "Ada" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_what_it_is_for_and_says_so_as_at_an_endpoint() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    greet(&pilot).await?;
    let echo = json!({ "provider": "sandbox", "name": "echo" });
    let content = json!({ "prompt": { "template": "Hi" }, "model": echo });
    prompt(&pilot, "other", content).await?;
    pilot.post("/api/environments", json!({ "name": "staging" })).await?;

    let mut db = pilot.database.connect().await?;
    let expired = key(&pilot, json!({ "name": "expired" })).await?;
    db.execute("update api_keys set expires_at = now() - interval '1 second'").await?;
    let revoked = key(&pilot, json!({ "name": "revoked" })).await?;
    pilot.request(Method::DELETE, "/api/api-keys/revoked", None).await?;
    let live = keys::KeyKind::Live;
    for (opens, path, expected) in [
        (key(&pilot, json!({})).await?, GREET, (200, "")),
        (key(&pilot, json!({ "endpoints": [] })).await?, GREET, (200, "")),
        (key(&pilot, json!({ "prompts": ["chat/greet"] })).await?, GREET, (200, "")),
        (key(&pilot, json!({ "prompts": ["other"] })).await?, GREET, (403, "key-denied")),
        (key(&pilot, json!({ "prompts": [] })).await?, GREET, (403, "key-denied")),
        (key(&pilot, json!({ "environments": ["staging"] })).await?, GREET, (403, "key-denied")),
        (expired, GREET, (401, "key-unknown")),
        (revoked, GREET, (401, "key-unknown")),
    ] {
        let answer = ask(&pilot, &opens, path, ada()).await?;
        assert_eq!(kind(&answer), expected, "{}", answer.1);
        // Whatever becomes of it, one record: the organization is known by the key.
        let call = calls(&pilot).await?.remove(0);
        assert_eq!((&call["call_id"], &call["status"]), (&answer.1["call_id"], &json!(expected.0)));
    }
    let written = calls(&pilot).await?.len();
    let unknown = keys::write(live, &[9; keys::RANDOM]);
    for opens in [unknown.as_str(), TOKEN, "sk-something"] {
        let answer = ask(&pilot, opens, GREET, ada()).await?;
        assert_eq!(kind(&answer), (401, "key-unknown"), "{}", answer.1);
    }
    let request = pilot.client.post(format!("{}{GREET}", pilot.url)).json(&ada());
    let missing: Value = request.send().await?.json().await?;
    assert_eq!(kind(&(401, missing)), (401, "key-missing"));
    // Nobody knows whose these would be.
    assert_eq!(calls(&pilot).await?.len(), written);

    let by_header = pilot.client.post(format!("{}{GREET}?env=staging", pilot.url));
    let by_header = by_header.header("x-api-key", key(&pilot, json!({})).await?);
    assert_eq!(by_header.json(&ada()).send().await?.status(), 200);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_all_prompts_is_not_told_their_names() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    greet(&pilot).await?;
    let path = "/v1/prompts/chat%2Fgreeet/execute";
    let told = ask(&pilot, &key(&pilot, json!({})).await?, path, ada()).await?;
    assert_eq!(told.1["hint"], "did you mean `chat/greet`?");
    let narrow = key(&pilot, json!({ "prompts": ["chat/greet"] })).await?;
    let told = ask(&pilot, &narrow, path, ada()).await?;
    assert_eq!((kind(&told), told.1.get("hint")), ((404, "prompt-not-found"), None));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_prompts_of_its_own_organization_only() -> Outcome {
    let pilot = Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await?;
    greet(&pilot).await?;
    let stranger = Person::sign_up(&pilot, "stranger").await?;
    let new = json!({ "name": "theirs", "prompts": "all" });
    let (_, theirs) = stranger.post("/api/api-keys", new).await?;
    let theirs = theirs["key"].as_str().unwrap();
    let id = pilot.get("/api/prompts/chat%2Fgreet").await?["id"].as_str().unwrap().to_owned();
    for path in [GREET.to_owned(), format!("/v1/prompts/{id}/execute")] {
        let refused = ask(&pilot, theirs, &path, ada()).await?;
        assert_eq!(kind(&refused), (404, "prompt-not-found"), "{}", refused.1);
        assert!(!refused.1.to_string().contains("did you mean"), "{}", refused.1);
    }
    // It is written down with those whose key it was.
    assert_eq!(calls(&pilot).await?, Vec::<Value>::new());
    let (_, log) = stranger.get("/api/calls").await?;
    assert_eq!(log["items"].as_array().unwrap().len(), 2);

    let ours = key(&pilot, json!({})).await?;
    let slug = stranger.organization();
    let elsewhere = ask(&pilot, &ours, &format!("{GREET}?org={slug}"), ada()).await?;
    assert_eq!(kind(&elsewhere), (403, "key-denied"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_key_is_answered_by_the_sandbox() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    // There is no key of that provider's.
    let model = json!({ "provider": "openai", "name": "gpt-4o-mini" });
    prompt(&pilot, "greet", json!({ "prompt": { "template": "Hi" }, "model": model })).await?;
    prompt(&pilot, "bare", json!({ "prompt": { "template": "Hi" } })).await?;
    let path = "/v1/prompts/greet/execute";
    let live = key(&pilot, json!({})).await?;
    let refused = ask(&pilot, &live, path, json!({})).await?;
    assert_eq!(kind(&refused), (422, "run-invalid"), "{}", refused.1);
    let test = key(&pilot, json!({ "test": true })).await?;
    for path in [path, "/v1/prompts/bare/execute"] {
        let (status, answer) = ask(&pilot, &test, path, json!({})).await?;
        assert_eq!(
            (status, &answer["text"], &answer["model"]),
            (200, &json!("Hi"), &json!("echo"))
        );
        assert_eq!(calls(&pilot).await?[0]["provider"], "sandbox");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_so_many_requests_a_minute() -> Outcome {
    let two = NonZeroU32::new(2).unwrap();
    let pilot = Pilot::without_worker_with(|settings| settings.prompt_rate = two).await?;
    greet(&pilot).await?;
    let first = key(&pilot, json!({})).await?;
    for _ in 0..2 {
        assert_eq!(send(&pilot, &first, GREET, &ada()).await?.status(), 200);
    }
    let refused = send(&pilot, &first, GREET, &ada()).await?;
    let headers = refused.headers().clone();
    assert_eq!(headers["ratelimit-policy"], "\"key\";q=2;w=60");
    assert!(headers["ratelimit"].to_str()?.starts_with("\"key\";r=0;t="), "{headers:?}");
    let wait: u64 = headers["retry-after"].to_str()?.parse()?;
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(kind(&(429, refused.json().await?)), (429, "rate-limited"));
    assert_eq!(calls(&pilot).await?[0]["error_type"], "rate-limited");

    // In the words that a client of OpenAI knows, and counted together.
    let chat = json!({ "model": "prompt:chat/greet", "variables": { "name": "Ada" } });
    let refused = send(&pilot, &first, "/v1/chat/completions", &chat).await?;
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(refused.status(), 429);
    let error: Value = refused.json().await?;
    assert_eq!(error["error"]["code"], "rate_limit_exceeded", "{error}");
    // Another key has its own.
    let second = key(&pilot, json!({})).await?;
    assert_eq!(send(&pilot, &second, GREET, &ada()).await?.status(), 200);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scope_of_a_key_is_shown_as_it_was_given() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    greet(&pilot).await?;
    for (given, shown) in [
        (json!({ "name": "a" }), json!([])),
        (json!({ "name": "b", "prompts": "all" }), json!("all")),
        (json!({ "name": "c", "prompts": ["chat/greet"] }), json!(["chat/greet"])),
    ] {
        let (status, made) = pilot.post("/api/api-keys", given).await?;
        assert_eq!((status, &made["prompts"]), (201, &shown), "{made}");
    }
    for (given, status, problem) in [
        (json!({ "name": "d", "prompts": ["nowhere"] }), 404, "prompt-not-found"),
        (json!({ "name": "d", "prompts": "some" }), 400, "body-invalid"),
        (json!({ "name": "d", "endpoints": [], "prompts": [] }), 422, "key-invalid"),
    ] {
        assert_eq!(kind(&pilot.post("/api/api-keys", given).await?), (status, problem));
    }
    pilot.stop().await
}

/// An endpoint that answers with a version of the prompt.
fn endpoint(name: &str) -> String {
    format!(
        "name = \"{name}\"\n[prompt]\nuse = \"chat/greet@1\"\n[model]\nprovider = \"sandbox\"\n\
         name = \"echo\"\n[request.name]\ntype = \"string\"\nmax_length = 100\n[auth]\n\
         mode = \"public\"\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_endpoint_that_serves_the_same_is_named() -> Outcome {
    let pilot = Pilot::start().await?;
    greet(&pilot).await?;
    let key = key(&pilot, json!({})).await?;
    let link = async || {
        let response = send(&pilot, &key, GREET, &ada()).await?;
        let link = response.headers().get("link").and_then(|link| link.to_str().ok());
        Ok::<_, crate::execution::Failure>(link.map(str::to_owned))
    };
    assert_eq!(link().await?, None);
    let live = pilot.deployed(&endpoint("one")).await?;
    let url = live.url.as_deref().unwrap();
    assert_eq!(link().await?, Some(format!("<{url}>; rel=\"alternate\"")));
    pilot.deployed(&endpoint("two")).await?;
    assert_eq!(link().await?, None);
    pilot.stop().await
}
