//! Prompts that are given other names: what goes along, and who is told of first.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Failure, Outcome,
    person::kind,
    pilot::{Pilot, TOKEN},
};

/// A prompt that the sandbox echoes, with the label `production`.
async fn make(pilot: &Pilot, name: &str) -> Outcome {
    let content = json!({
        "prompt": { "template": "Greet {{ name }}" },
        "model": { "provider": "sandbox", "name": "echo" },
        "values": { "name": "Ada" },
    });
    let (status, made) =
        pilot.post("/api/prompts", json!({ "name": name, "content": content })).await?;
    assert_eq!(status, 201, "{made}");
    let label = format!("/api/prompts/{name}/labels/production");
    let (status, moved) = pilot.request(Method::PUT, &label, Some(json!({}))).await?;
    assert!(status.is_success(), "{moved}");
    Ok(())
}

async fn change(pilot: &Pilot, path: &str, body: Value) -> Result<(u16, Value), Failure> {
    let (status, body) = pilot.request(Method::PATCH, path, Some(body)).await?;
    Ok((status.as_u16(), body))
}

async fn status(pilot: &Pilot, path: &str) -> Result<u16, Failure> {
    Ok(pilot.request(Method::GET, path, None).await?.0.as_u16())
}

/// Waits until a change of a prompt's is told of: its id and name.
async fn told(pilot: &Pilot, kind: &str) -> Result<(Value, Value), Failure> {
    let began = Instant::now();
    loop {
        let events = pilot.get("/api/events?limit=500").await?;
        let mut changes = events["items"].as_array().unwrap().iter();
        if let Some(change) = changes.rfind(|change| change["type"] == kind) {
            return Ok((change["id"].clone(), change["name"].clone()));
        }
        assert!(began.elapsed() < Duration::from_secs(5), "nothing was told: {events}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_belongs_to_a_prompt_goes_along_and_its_name_is_free() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    make(&pilot, "greet").await?;
    let run = json!({ "variants": [{ "prompt": { "use": "greet@production" } }] });
    let (_, ran) = pilot.post("/api/llm/execute", run).await?;
    let made = pilot.get("/api/prompts/greet").await?;

    let body = json!({ "name": "chat/hello" });
    let (answered, renamed) = change(&pilot, "/api/prompts/greet", body).await?;
    assert_eq!(answered, 200, "{renamed}");
    assert_eq!((&renamed["id"], &renamed["name"]), (&made["id"], &json!("chat/hello")));
    assert_eq!((&renamed["version"], &renamed["labels"]), (&json!(1), &made["labels"]));
    let event = told(&pilot, "prompt.changed").await?;
    assert_eq!(event, (made["id"].clone(), json!("chat/hello")));

    let now = "/api/prompts/chat%2Fhello";
    assert_eq!(pilot.get(&format!("{now}/versions")).await?["items"][0]["version"], 1);
    assert_eq!(pilot.get(&format!("{now}/labels")).await?["items"][0]["label"], "production");
    let call = pilot.get("/api/calls").await?["items"][0].clone();
    assert_eq!(call["call_id"], ran["results"][0]["call"]);
    assert_eq!(call["endpoint_name"], "greet@production", "a record says what was asked for");
    let prompt = json!({ "id": made["id"], "name": "chat/hello", "version": 1 });
    assert_eq!(call["prompt"], prompt);
    let detail = format!("/api/calls/{}", call["call_id"].as_str().unwrap());
    assert_eq!(pilot.get(&detail).await?["prompt"], prompt);

    assert_eq!(status(&pilot, "/api/prompts/greet").await?, 404);
    make(&pilot, "greet").await?;
    let taken = change(&pilot, now, json!({ "name": "greet" })).await?;
    assert_eq!(kind(&taken), (409, "prompt-name-taken"));
    assert_eq!(taken.1["detail"], "a prompt is called `greet` already");
    pilot.request(Method::DELETE, "/api/prompts/greet", Some(json!({}))).await?;
    let (answered, back) = change(&pilot, now, json!({ "name": "greet" })).await?;
    assert_eq!((answered, &back["id"]), (200, &made["id"]), "a deleted prompt holds no name");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_checked_and_nobody_elses_change_is_overwritten() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    for name in ["one", "two"] {
        make(&pilot, name).await?;
    }
    for odd in ["", "Big", "export", "a//b"] {
        let refused = change(&pilot, "/api/prompts/one", json!({ "name": odd })).await?;
        assert_eq!(kind(&refused), (422, "prompt-invalid"), "{odd}");
    }
    let same = change(&pilot, "/api/prompts/one", json!({ "name": "one" })).await?;
    assert_eq!(
        (same.0, &same.1["updated"]),
        (200, &pilot.get("/api/prompts/one").await?["updated"])
    );

    let url = format!("{}/api/prompts/one", pilot.url);
    let seen = pilot.client.get(&url).bearer_auth(TOKEN).send().await?;
    let seen = seen.headers()["etag"].to_str()?.to_owned();
    change(&pilot, "/api/prompts/one", json!({ "description": "Later" })).await?;
    let rename = pilot.client.patch(&url).bearer_auth(TOKEN).header("if-match", seen);
    let refused = rename.json(&json!({ "name": "three" })).send().await?;
    assert_eq!(refused.status(), 412);

    // Of two who want one name, one has it.
    let (a, b) = tokio::try_join!(
        change(&pilot, "/api/prompts/one", json!({ "name": "three" })),
        change(&pilot, "/api/prompts/two", json!({ "name": "three" })),
    )?;
    let mut answers = [a.0, b.0];
    answers.sort_unstable();
    assert_eq!(answers, [200, 409], "{a:?} {b:?}");
    assert_eq!(pilot.get("/api/prompts").await?["items"].as_array().unwrap().len(), 2);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_refers_to_a_prompt_is_told_of_before_it_is_renamed_all_the_same() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    make(&pilot, "greet").await?;
    let toml = "name = \"hello\"\n[prompt]\nuse = \"greet@production\"\n[model]\n\
        provider = \"sandbox\"\nname = \"echo\"\n[request.name]\ntype = \"string\"\n\
        max_length = 100\n[auth]\nmode = \"public\"\n"
        .to_owned();
    pilot.deploy(std::slice::from_ref(&toml)).await?;
    let new = json!({ "name": "chat-app", "prompts": ["greet"], "endpoints": [] });
    let (_, key) = pilot.post("/api/api-keys", new).await?;
    let ended = json!({ "name": "ended", "prompts": ["greet"] });
    pilot.post("/api/api-keys", ended).await?;
    pilot.request(Method::DELETE, "/api/api-keys/ended", Some(json!({}))).await?;

    let refused = change(&pilot, "/api/prompts/greet", json!({ "name": "welcome" })).await?;
    assert_eq!(kind(&refused), (409, "prompt-in-use"));
    let refused = refused.1;
    assert_eq!(
        refused["detail"],
        "`greet` is in use, by endpoint `hello` and by API key `chat-app`"
    );
    assert_eq!(
        (&refused["endpoints"], &refused["keys"]),
        (&json!(["hello"]), &json!(["chat-app"]))
    );
    assert_eq!(pilot.get("/api/prompts/greet").await?["name"], "greet");

    let forced = "/api/prompts/greet?force=true";
    let (answered, renamed) = change(&pilot, forced, json!({ "name": "welcome" })).await?;
    assert_eq!((answered, &renamed["used_by"]), (200, &json!(["hello"])), "{renamed}");
    let uses = pilot.get("/api/prompts/welcome/uses").await?;
    assert_eq!(uses["items"][0]["use"], "greet@production", "as the definition says it");
    let endpoint = pilot.get("/api/endpoints").await?["items"][0]["prompt"].clone();
    assert_eq!(
        (&endpoint["use"], &endpoint["name"]),
        (&json!("greet@production"), &json!("welcome"))
    );
    let body = json!({ "definitions": [{ "file": "a.toml", "toml": toml }] });
    let refused = pilot.post("/api/deployments", body).await?;
    assert_eq!(refused.1["findings"][0]["code"], "no-prompt");

    let key = key["key"].as_str().unwrap();
    let execute = async |name: &str| {
        let url = format!("{}/v1/prompts/{name}/execute", pilot.url);
        let body = json!({ "variables": { "name": "Ada" } });
        let answer = pilot.client.post(url).bearer_auth(key).json(&body).send().await?;
        Ok::<_, Failure>(answer.status().as_u16())
    };
    assert_eq!(execute("welcome").await?, 200, "what the key opens, it opens still");
    assert_eq!(execute("greet").await?, 404);
    pilot.stop().await
}
