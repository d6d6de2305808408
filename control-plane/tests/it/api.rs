//! The API's manners: who may ask, what is refused and how, and that refusals change nothing.

use std::time::{Duration, Instant};

use futures::StreamExt;
use promptpilot_control_plane::deploy::model::Status;
use serde_json::{Value, json};

use crate::support::{
    Failure, Outcome,
    pilot::{Pilot, TOKEN, echo},
};

#[tokio::test(flavor = "multi_thread")]
async fn without_the_token_nothing_is_told() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    for token in [None, Some("wrong"), Some("")] {
        for path in ["/api/status", "/api/endpoints", "/api/deployments", "/api/calls"] {
            let mut request = pilot.client.get(format!("{}{path}", pilot.url));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let response = request.send().await?;
            assert_eq!(response.status(), 401, "{path}");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            assert!(response.headers().contains_key("x-request-id"));
            let problem: Value = response.json().await?;
            assert_eq!(problem["type"], "urn:promptpilot:problem:unauthorized");
        }
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(pilot.client.get(format!("{}{path}", pilot.url)).send().await?.status(), 204);
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_for_other_hosts_and_from_other_sites_are_refused() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let ask = |header: &'static str, value: &'static str| {
        let request = pilot.client.get(format!("{}/api/status", pilot.url)).bearer_auth(TOKEN);
        request.header(header, value).send()
    };
    assert_eq!(ask("host", "evil.example.com").await?.status(), 421);
    assert_eq!(ask("origin", "https://evil.example.com").await?.status(), 403);
    assert_eq!(ask("origin", "null").await?.status(), 403);
    assert_eq!(ask("x-other", "x").await?.status(), 200);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_with_errors_is_refused_whole_and_nothing_is_saved() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let broken = echo("broken", "Hello {{ nobody }}");
    let body = json!({ "definitions": [
        { "file": "good.toml", "toml": echo("good", "Hello") },
        { "file": "broken.toml", "toml": broken },
    ]});
    let (status, problem) = pilot.post("/api/deployments", body.clone()).await?;
    assert_eq!(
        (status, &problem["type"]),
        (422, &json!("urn:promptpilot:problem:definition-invalid"))
    );
    let finding = &problem["findings"][0];
    assert_eq!(finding["location"]["file"], "broken.toml");
    assert!(finding["message"].as_str().unwrap().contains("nobody"), "{finding}");
    assert_eq!(pilot.get("/api/endpoints").await?["items"], json!([]));
    assert_eq!(pilot.get("/api/deployments").await?["items"], json!([]));

    let (status, checked) = pilot.post("/api/endpoints/check", body).await?;
    assert_eq!((status, &checked["results"][0]["name"]), (200, &json!("good")));
    assert!(checked["results"][0]["plan"].is_object());
    assert!(checked["results"][1].get("plan").is_none());
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_takes_toml_json_and_patches_and_gives_both_back() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let toml = format!("# mine\n{}", echo("greet", "Hello"));
    let check = async |definition: Value| {
        let body = json!({ "definitions": [definition] });
        let (status, answer) = pilot.post("/api/endpoints/check", body).await?;
        Ok::<_, Failure>((status, answer["results"][0].clone(), answer))
    };
    let patch = json!([{ "op": "add", "path": "/description", "value": "Greets" }]);
    let (_, edited, _) = check(json!({ "file": "a.toml", "toml": toml, "patch": patch })).await?;
    let text = edited["toml"].as_str().unwrap();
    assert!(text.starts_with("# mine\n") && text.contains("description = \"Greets\""), "{text}");
    assert_eq!(edited["json"]["description"], "Greets");
    let line = edited["places"]["/description"]["line"].as_u64().unwrap() as usize;
    assert!(text.lines().nth(line - 1).unwrap().starts_with("description"));

    let (_, of_json, _) = check(json!({ "file": "a.toml", "json": edited["json"] })).await?;
    assert!(of_json["plan"].is_object(), "{of_json}");
    assert_eq!(of_json["json"], edited["json"]);

    let patch = json!([
        { "op": "add", "path": "/description", "value": "Greets" },
        { "op": "remove", "path": "/model/nme" },
    ]);
    let (_, refused, _) = check(json!({ "file": "a.toml", "toml": toml, "patch": patch })).await?;
    assert_eq!(refused["findings"][0]["code"], "patch-refused");
    assert_eq!(refused["findings"][0]["pointer"], "/model/nme");
    assert_eq!(refused["toml"], json!(toml), "all of a patch is done, or none");

    let (_, broken, _) =
        check(json!({ "file": "a.toml", "toml": "name = \"a\"\n[model", "patch": patch })).await?;
    assert_eq!(broken["findings"].as_array().unwrap().len(), 1);
    assert_eq!(broken["findings"][0]["location"]["line"], 2);
    assert!(broken.get("json").is_none());

    for (definition, words) in [
        (json!({ "file": "a" }), "neither `toml` nor `json`"),
        (json!({ "file": "a", "toml": "", "json": {} }), "both `toml` and `json`"),
        (json!({ "file": "a", "json": {}, "patch": patch }), "patches are for `toml`"),
    ] {
        let (status, _, problem) = check(definition).await?;
        assert_eq!(status, 400, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_requests_get_problems_and_not_panics() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let none = uuid::Uuid::now_v7();
    for (path, body, status, kind) in [
        ("/api/deployments", json!({ "definitions": [] }), 400, "definitions-missing"),
        ("/api/deployments", json!({ "definition": [] }), 400, "body-invalid"),
        ("/api/deployments", json!([]), 400, "body-invalid"),
        (
            "/api/deployments",
            json!({ "environment": "moon", "definitions": [{ "file": "a", "toml": echo("a", "x") }] }),
            404,
            "environment-not-found",
        ),
        ("/api/endpoints/nobody/rollback", json!({}), 404, "endpoint-not-found"),
        (&*format!("/api/deployments/{none}/cancel"), json!({}), 404, "deployment-not-found"),
        (&*format!("/api/deployments/{none}/retry"), json!({}), 404, "deployment-not-found"),
        ("/api/nowhere", json!({}), 404, "route-not-found"),
        ("/api/status", json!({}), 405, "method-not-allowed"),
    ] {
        let (code, problem) = pilot.post(path, body).await?;
        assert_eq!(code, status, "{path} {problem}");
        assert_eq!(problem["type"], format!("urn:promptpilot:problem:{kind}"), "{path}");
    }
    for (path, kind) in [
        ("/api/deployments/17", "path-invalid"),
        ("/api/deployments?limit=many", "query-invalid"),
        ("/api/calls?after=x", "query-invalid"),
    ] {
        let (status, problem) = pilot.request(reqwest::Method::GET, path, None).await?;
        assert_eq!(
            (status.as_u16(), &problem["type"]),
            (400, &json!(format!("urn:promptpilot:problem:{kind}")))
        );
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    for index in 0..5 {
        pilot.deploy(&[echo(&format!("e{index}"), "x")]).await?;
    }
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = pilot.get(&format!("/api/deployments?limit=2{after}")).await?;
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["endpoint"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["e4", "e3", "e2", "e1", "e0"]);
    let only = pilot.get("/api/deployments?endpoint=e3").await?;
    assert_eq!(only["items"].as_array().unwrap().len(), 1);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn known_models_come_in_pages_and_say_whether_there_is_a_key() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    pilot.post("/api/environments", json!({ "name": "staging" })).await?;
    let key = json!({ "provider": "openai", "environment": "staging", "secret": "sk-0123456789" });
    let put = reqwest::Method::PUT;
    let (status, kept) = pilot.request(put, "/api/provider-credentials", Some(key)).await?;
    assert_eq!(status, 200, "{kept}");

    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = pilot.get(&format!("/api/models?limit=60{after}")).await?;
        all.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let ids: Vec<_> = all.iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert!(ids.len() > 120 && ids.iter().enumerate().all(|(at, id)| !ids[..at].contains(id)));
    let find = |id: &str| all.iter().find(|model| model["id"] == id).unwrap();
    let echo = find("sandbox/echo");
    assert_eq!((&echo["ready"], &echo["price"]["output"]), (&json!(true), &json!(0.0)));
    let mini = find("openai/gpt-4o-mini");
    assert_eq!(mini["price"], json!({ "input": 0.15, "cached_input": 0.075, "output": 0.6 }));
    assert_eq!((&mini["context"], &mini["abilities"]["images"]), (&json!(128_000), &json!(true)));
    assert_eq!((&mini["ready"], &mini["credentials"]), (&json!(false), &json!([])));

    let found = pilot.get("/api/models?provider=openai&q=GPT-4O-MINI&env=staging").await?;
    let found = found["items"].as_array().unwrap();
    assert!(found.iter().all(|it| it["name"].as_str().unwrap().contains("gpt-4o-mini")));
    assert_eq!((&found[0]["ready"], &found[0]["credentials"]), (&json!(true), &json!(["default"])));
    for (query, status) in [("provider=nobody", 400), ("after=nobody", 400), ("env=nowhere", 404)] {
        let path = format!("/api/models?{query}");
        let (refused, problem) = pilot.request(reqwest::Method::GET, &path, None).await?;
        assert_eq!(refused, status, "{problem}");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_can_be_cancelled_and_tried_again() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let batch = pilot.deploy(&[echo("hello", "Hello")]).await?;
    let id = batch.deployments[0].id;
    let (status, stands) = pilot.post(&format!("/api/deployments/{id}/cancel"), json!({})).await?;
    assert_eq!((status, &stands["status"]), (202, &json!("cancelled")));
    let (status, again) = pilot.post(&format!("/api/deployments/{id}/retry"), json!({})).await?;
    assert_eq!(status, 202, "{again}");
    assert_eq!(pilot.get("/api/status").await?["queued"], 1);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_followed_to_its_end_and_resumed_without_a_gap() -> Outcome {
    let pilot = Pilot::start().await?;
    let batch = pilot.deploy(&[echo("hello", "Hello")]).await?;
    let path = format!("/api/deployments/{}/logs", batch.deployments[0].id);
    let events = follow(&pilot, &path, None).await?;
    let ids: Vec<u64> = events.iter().filter_map(|event| event.id).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    let last = events.last().unwrap();
    assert_eq!(last.name, "status");
    assert_eq!(last.data["status"], "live");
    assert!(last.data["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));

    let rest = follow(&pilot, &path, Some(2)).await?;
    let rest: Vec<u64> = rest.iter().filter_map(|event| event.id).collect();
    assert_eq!(rest, ids[2..]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn unchanged_deploys_and_rollbacks_are_answered_at_once() -> Outcome {
    let pilot = Pilot::start().await?;
    let toml = echo("hello", "two");
    pilot.deployed(&echo("hello", "one")).await?;
    pilot.deployed(&toml).await?;
    let mut unchanged = Vec::new();
    let mut moved = Vec::new();
    for _ in 0..5 {
        let started = Instant::now();
        assert_eq!(
            pilot.deploy(std::slice::from_ref(&toml)).await?.deployments[0].status,
            Status::Live
        );
        unchanged.push(started.elapsed());
        for version in [1, 2] {
            let started = Instant::now();
            let body = json!({ "version": version });
            let (status, back) = pilot.post("/api/endpoints/hello/rollback", body).await?;
            assert_eq!(status, 200, "{back}");
            moved.push(started.elapsed());
        }
    }
    for mut times in [unchanged, moved] {
        times.sort();
        let median = times[times.len() / 2];
        // Generous, since tests share the machine; the bench has the figure.
        assert!(median < Duration::from_millis(300), "{times:?}");
    }
    pilot.stop().await
}

struct Event {
    name: String,
    id: Option<u64>,
    data: Value,
}

/// Reads a stream of events to its end.
async fn follow(pilot: &Pilot, path: &str, after: Option<u64>) -> Result<Vec<Event>, Failure> {
    let mut request = pilot.client.get(format!("{}{path}", pilot.url)).bearer_auth(TOKEN);
    request = request.header("accept", "text/event-stream");
    if let Some(after) = after {
        request = request.header("last-event-id", after.to_string());
    }
    let response = request.send().await?;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        text.push_str(std::str::from_utf8(&chunk?)?);
    }
    let field = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.map(ToOwned::to_owned)
    };
    text.split("\n\n")
        .filter(|block| block.contains("event: "))
        .map(|block| {
            Ok(Event {
                name: field(block, "event").unwrap_or_default(),
                id: field(block, "id").and_then(|id| id.parse().ok()),
                data: serde_json::from_str(&field(block, "data").unwrap_or_default())?,
            })
        })
        .collect()
}
