//! Environments: places of their own, that come and go.

use std::collections::BTreeMap;

use promptpilot_control_plane::deploy::model::Status;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
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
async fn what_serves_in_one_environment_goes_to_another_without_a_build() -> Outcome {
    let pilot = Pilot::start().await?;
    for name in ["staging", "bare"] {
        pilot.post("/api/environments", json!({ "name": name })).await?;
    }
    let promote = async |body: Value| pilot.post("/api/endpoints/hello/promote", body).await;
    let ours = json!({ "from": "staging", "to": "production", "message": "tried for a week" });
    assert_eq!(promote(ours.clone()).await?.0, 404);
    let first = deploy_to(&pilot, "staging", "Hello").await?;
    deploy_to(&pilot, "staging", "Good evening").await?;

    // A version that served; then what serves, which is not there yet.
    let (status, batch) =
        promote(json!({ "from": "staging", "to": "production", "version": 1 })).await?;
    assert_eq!(status, 202, "{batch}");
    let live = pilot.finished(&serde_json::from_value(batch)?).await?.pop().unwrap();
    assert_eq!((live.status, live.version), (Status::Live, 1), "{:?}", pilot.log(&live).await?);
    let (status, batch) = promote(ours.clone()).await?;
    assert_eq!(status, 202, "{batch}");
    let live = pilot.finished(&serde_json::from_value(batch)?).await?.pop().unwrap();
    assert_eq!((live.status, live.version), (Status::Live, 2), "{:?}", pilot.log(&live).await?);
    assert_eq!(live.promoted_from.as_deref(), Some("staging"));
    assert_eq!(live.message.as_deref(), Some("tried for a week"));
    assert!(live.by.is_some());
    let (_, version, body) = pilot.call(&live.url.clone().unwrap(), json!({ "word": "x" })).await?;
    assert!(version == "2" && body["text"].as_str().unwrap().contains("Good evening x"), "{body}");
    let log = pilot.log(&live).await?;
    let told = "brought from `staging`: nothing to compile";
    assert!(log.iter().any(|line| line.text == told), "{log:?}");
    assert!(!log.iter().any(|line| line.text.starts_with("built in")), "{log:?}");
    let mut db = pilot.database.connect().await?;
    let artifacts: Vec<(i32, i64, i64)> = sqlx::query_as(
        "select version, count(*), count(distinct artifact_id) from deployments
          group by version order by version",
    )
    .fetch_all(&mut db)
    .await?;
    assert_eq!(artifacts, [(1, 2, 1), (2, 2, 1)], "each version is one artifact in both");

    // Once more there is nothing to do.
    let (status, again) = promote(ours.clone()).await?;
    assert_eq!((status, &again["batch"]), (200, &Value::Null), "{again}");
    assert_eq!(again["deployments"][0]["id"], json!(live.id));
    for (body, status, kind) in [
        (json!({ "from": "staging", "to": "staging" }), 422, "environment-invalid"),
        (json!({ "from": "bare", "to": "production" }), 409, "nothing-live"),
        (json!({ "from": "bare", "to": "staging", "version": 1 }), 409, "nothing-to-promote"),
        (json!({ "from": "staging", "to": "nowhere" }), 404, "environment-not-found"),
    ] {
        let (refused, problem) = promote(body).await?;
        assert_eq!(refused, status, "{problem}");
        assert_eq!(problem["type"], format!("urn:promptpilot:problem:{kind}"));
    }
    assert_ne!(first["url"], json!(live.url));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lacks_a_key_in_an_environment_does_not_go_there() -> Outcome {
    let pilot = Pilot::start().await?;
    pilot.post("/api/environments", json!({ "name": "staging" })).await?;
    let key = json!({ "provider": "openai", "name": "team-b", "environment": "staging",
        "secret": "sk-0123456789" });
    pilot.request(Method::PUT, "/api/provider-credentials", Some(key)).await?;
    let toml = echo("hello", "Hello").replace(
        "[request.word]",
        "[[model.fallback]]\nprovider = \"openai\"\nname = \"gpt-4o-mini\"\n\
         credential = \"team-b\"\n[request.word]",
    );
    let definitions = json!([{ "file": "a.toml", "toml": toml }]);
    let body = json!({ "definitions": definitions, "environment": "staging" });
    let (_, batch) = pilot.post("/api/deployments", body).await?;
    let ended = pilot.finished(&serde_json::from_value(batch)?).await?;
    assert_eq!(ended[0].status, Status::Live, "{ended:?}");
    let body = json!({ "from": "staging", "to": "production" });
    let (status, problem) = pilot.post("/api/endpoints/hello/promote", body).await?;
    assert_eq!(
        (status, problem["type"].as_str()),
        (409, Some("urn:promptpilot:problem:credentials-missing"))
    );
    assert_eq!(problem["missing"], json!([{ "provider": "openai", "name": "team-b" }]));
    let hint = "store it with `promptpilot credentials set openai --name team-b --env production`";
    assert_eq!(problem["hint"], hint);
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

/// What the function that serves finds in its environment.
async fn environment_of(
    pilot: &Pilot,
    function: &str,
) -> Result<BTreeMap<String, String>, Failure> {
    let target = &pilot.settings.lambda;
    let key = aws_credential_types::Credentials::new(
        &target.access_key_id,
        target.secret_access_key.expose(),
        None,
        None,
        "test",
    );
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(aws_sdk_lambda::config::BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(aws_sdk_lambda::config::Region::new(target.region.clone()))
        .credentials_provider(key)
        .endpoint_url(target.endpoint_url.clone().unwrap_or_default());
    let client = aws_sdk_lambda::Client::from_conf(config.build());
    let found = client
        .get_function_configuration()
        .function_name(function)
        .qualifier("live")
        .send()
        .await?;
    let variables = found.environment().and_then(|environment| environment.variables());
    Ok(variables.cloned().unwrap_or_default().into_iter().collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_reach_what_is_live_in_their_environment_and_leave_it() -> Outcome {
    let pilot = Pilot::start().await?;
    let path = "/api/environments/production/variables";
    let change = async |variables: Value| {
        let body = json!({ "variables": variables });
        let (status, changed) = pilot.request(Method::PATCH, path, Some(body)).await?;
        for id in changed["deployments"].as_array().into_iter().flatten() {
            let ended = pilot.until(id.as_str().unwrap(), |found| found.status.is_final()).await?;
            assert_eq!(ended.status, Status::Live, "{ended:?}");
        }
        Ok::<_, Failure>((status.as_u16(), changed))
    };
    let (_, set) = change(json!({ "LOG_LEVEL": "debug" })).await?;
    assert_eq!(set["deployments"], json!([]), "nothing is live yet");
    deploy_to(&pilot, "production", "Hello").await?;
    let mut db = pilot.database.connect().await?;
    let function: String =
        sqlx::query_scalar("select name from functions").fetch_one(&mut db).await?;
    assert_eq!(environment_of(&pilot, &function).await?["LOG_LEVEL"], "debug");

    let (_, same) = change(json!({ "LOG_LEVEL": "debug" })).await?;
    assert_eq!(same["deployments"], json!([]), "it has it already");
    let (_, changed) = change(json!({ "LOG_LEVEL": null, "MODE": "a=b" })).await?;
    assert_eq!(changed["deployments"].as_array().map(Vec::len), Some(1));
    let found = environment_of(&pilot, &function).await?;
    assert_eq!((found.get("LOG_LEVEL"), found["MODE"].as_str()), (None, "a=b"));
    let listed = pilot.get(path).await?;
    assert_eq!(listed["items"][0]["name"], "MODE");

    for (variables, status, kind) in [
        (json!({ "MODE": "c", "NOBODY": null }), 404, "variable-not-found"),
        (json!({ "AWS_REGION": "eu-west-1" }), 422, "variable-invalid"),
        (json!({ "MODE": "c", "LONG": "x".repeat(2048) }), 422, "variable-invalid"),
    ] {
        let (found, problem) = change(variables).await?;
        let wanted = format!("urn:promptpilot:problem:{kind}");
        assert_eq!((found, problem["type"].as_str()), (status, Some(&*wanted)), "{problem}");
    }
    assert_eq!(pilot.get(path).await?, listed, "what is refused changes nothing");
    let audit = pilot.get("/api/audit?subject=variable").await?;
    let told: Vec<_> = audit["items"].as_array().unwrap().iter().map(|e| &e["action"]).collect();
    assert_eq!(told, ["created", "deleted", "created"]);
    pilot.stop().await
}
