//! From a definition to a live URL, against a real host and a real database.
#![allow(clippy::unwrap_used)]

mod support;

use promptpilot_control_plane::deploy::model::Status;
use serde_json::json;
use support::{
    Outcome,
    pilot::{Pilot, echo},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_becomes_a_url_and_an_edit_is_answered_there() -> Outcome {
    let pilot = Pilot::start().await?;
    let first = pilot.deployed(&echo("hello", "Hello")).await?;
    assert_eq!(first.status, Status::Live, "{first:?} {:?}", pilot.log(&first).await?);
    let url = first.url.clone().unwrap();
    let (status, version, body) = pilot.call(&url, json!({ "word": "world" })).await?;
    assert_eq!((status, &*version), (200, "1"), "{body}");
    assert!(body["text"].as_str().unwrap().contains("Hello world"), "{body}");

    let second = pilot.deployed(&echo("hello", "Good evening")).await?;
    assert_eq!((second.status, second.version), (Status::Live, 2));
    assert_eq!(second.url.as_deref(), Some(&*url));
    let (_, version, body) = pilot.call(&url, json!({ "word": "world" })).await?;
    assert_eq!(version, "2");
    assert!(body["text"].as_str().unwrap().contains("Good evening world"), "{body}");

    let passed: Vec<Status> = second.stages.iter().map(|stage| stage.status).collect();
    assert_eq!(passed, Status::ALL[..7]);
    pilot.stop().await
}
