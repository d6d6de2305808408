//! Environments: places of their own, that come and go.
#![allow(clippy::unwrap_used)]

mod support;

use promptpilot_control_plane::deploy::model::Status;
use reqwest::Method;
use serde_json::{Value, json};
use support::{
    Failure, Outcome,
    pilot::{Pilot, echo},
};

async fn deploy_to(pilot: &Pilot, environment: &str, text: &str) -> Result<Value, Failure> {
    let definitions = json!([{ "file": "a.toml", "toml": echo("hello", text) }]);
    let body = json!({ "definitions": definitions, "environment": environment });
    let (status, batch) = pilot.post("/api/deployments", body).await?;
    assert_eq!(status, 202, "{batch}");
    let id = batch["deployments"][0]["id"].as_str().unwrap().to_owned();
    let ended = pilot.until(&id, |found| found.status.is_final()).await?;
    assert_eq!(ended.status, Status::Live, "{ended:?}");
    Ok(serde_json::to_value(ended)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_environment_has_functions_of_its_own_and_takes_them_along() -> Outcome {
    let pilot = Pilot::start().await?;
    let made = || pilot.post("/api/environments", json!({ "name": "staging" }));
    assert_eq!(made().await?.0, 201);
    let (status, taken) = made().await?;
    assert_eq!(
        (status, taken["type"].as_str()),
        (409, Some("urn:promptpilot:problem:environment-taken"))
    );

    let production = deploy_to(&pilot, "production", "Hello").await?;
    let staging = deploy_to(&pilot, "staging", "Good evening").await?;
    let (here, there) = (production["url"].as_str().unwrap(), staging["url"].as_str().unwrap());
    let says = async |url: &str| {
        let (_, _, body) = pilot.call(url, json!({ "word": "you" })).await?;
        Ok::<_, Failure>(body["text"].as_str().unwrap_or_default().to_owned())
    };
    assert!(says(here).await?.contains("Hello") && says(there).await?.contains("Good evening"));
    let listed = pilot.get("/api/environments").await?;
    let live: Vec<_> = listed["items"].as_array().unwrap().iter().map(|e| &e["live"]).collect();
    assert_eq!(live, [&json!(1), &json!(1)]);

    let delete = async |name: &str| {
        pilot.request(Method::DELETE, &format!("/api/environments/{name}"), None).await
    };
    let (status, needed) = delete("production").await?;
    assert_eq!(
        (status.as_u16(), needed["type"].as_str()),
        (409, Some("urn:promptpilot:problem:environment-needed"))
    );
    let (status, gone) = delete("staging").await?;
    assert_eq!((status.as_u16(), &gone["endpoints"]), (200, &json!(["hello"])));
    let (status, _, _) = pilot.call(there, json!({ "word": "you" })).await?;
    assert_eq!(status, 403, "as for any URL that leads nowhere");
    assert!(says(here).await?.contains("Hello"));
    // What happened there stays, and the name is free.
    let history = pilot.get("/api/deployments").await?;
    let places: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|d| d["environment"].clone()).collect();
    assert_eq!(places, [json!("staging"), json!("production")]);
    assert_eq!(made().await?.0, 201);
    deploy_to(&pilot, "staging", "Welcome").await?;
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_that_is_not_there_takes_no_deploy() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let body = json!({
        "definitions": [{ "file": "a.toml", "toml": echo("hello", "Hello") }],
        "environment": "nowhere",
    });
    let (status, refused) = pilot.post("/api/deployments", body).await?;
    assert_eq!(
        (status, refused["type"].as_str()),
        (404, Some("urn:promptpilot:problem:environment-not-found"))
    );
    for name in ["", "Staging", "1st", "a b"] {
        let (status, _) = pilot.post("/api/environments", json!({ "name": name })).await?;
        assert_eq!(status, 422, "{name}");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_is_not_deleted_under_a_deploy() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    pilot.post("/api/environments", json!({ "name": "staging" })).await?;
    let body = json!({
        "definitions": [{ "file": "a.toml", "toml": echo("hello", "Hello") }],
        "environment": "staging",
    });
    let (_, batch) = pilot.post("/api/deployments", body).await?;
    let id = batch["deployments"][0]["id"].as_str().unwrap().to_owned();
    let faults = promptpilot_control_plane::Faults {
        stop_after: Some(Status::Checking),
        ..Default::default()
    };
    pilot.add_worker(faults).await?;
    pilot.until(&id, |found| found.status == Status::Checking).await?;
    let (status, busy) = pilot.request(Method::DELETE, "/api/environments/staging", None).await?;
    assert_eq!(
        (status.as_u16(), busy["type"].as_str()),
        (409, Some("urn:promptpilot:problem:deployment-running"))
    );
    pilot.stop().await
}
