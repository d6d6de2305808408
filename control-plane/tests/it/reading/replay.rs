//! A recorded call is made again, or it is said why it cannot be.

use promptpilot_control_plane::EnvelopeLine;
use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;

use crate::{
    reading::Failure,
    reading::Outcome,
    reading::with_calls,
    support::{
        pilot::{Pilot, echo},
        records::{body, ingest, record},
    },
};

async fn replay(pilot: &Pilot, call: &str) -> Result<(u16, Value), Failure> {
    pilot.post(&format!("/api/calls/{call}/replay"), json!({})).await
}

/// The calls that functions wrote down, taken in.
async fn take_in(pilot: &Pilot) -> Result<Value, Failure> {
    let mut output = pilot.host.output().subscribe("test")?;
    loop {
        let next = tokio::time::timeout(std::time::Duration::from_secs(20), output.next());
        let lines: Vec<EnvelopeLine> = next
            .await??
            .into_iter()
            .map(|line| EnvelopeLine {
                function: line.function,
                version: line.version,
                text: line.text,
            })
            .collect();
        pilot.plane.ingest(&lines).await?;
        let calls = pilot.get("/api/calls?source=call").await?;
        if let Some(call) = calls["items"].as_array().and_then(|calls| calls.first()) {
            return Ok(call.clone());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_made_again_to_what_is_live_now() -> Outcome {
    let pilot = Pilot::start().await?;
    let live = pilot.deployed(&echo("hello", "Hello")).await?;
    pilot.call(live.url.as_deref().unwrap(), json!({ "word": "you" })).await?;
    let call = take_in(&pilot).await?;
    let id = call["call_id"].as_str().unwrap();
    pilot.deployed(&echo("hello", "Good evening")).await?;
    let (status, again) = replay(&pilot, id).await?;
    assert_eq!(status, 200, "{again}");
    assert_eq!((&again["of"], &again["status_before"]), (&json!(id), &json!(200)));
    assert_eq!((&again["version_before"], &again["version"]), (&json!(1), &json!(2)));
    assert_eq!(again["body"]["text"], "Good evening you");

    assert_eq!(pilot.request(Method::DELETE, "/api/endpoints/hello", None).await?.0, 200);
    let (status, problem) = replay(&pilot, id).await?;
    assert_eq!(status, 409);
    assert!(problem["type"].as_str().unwrap().ends_with(":endpoint-deleted"), "{problem}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_whole_is_not_made_again_and_the_call_says_why() -> Outcome {
    let pilot = with_calls(&[]).await?;
    let mut without = record(Duration::seconds(1));
    without.request = None;
    let mut cut = record(Duration::seconds(2));
    cut.request.as_mut().unwrap().cut = true;
    let mut hidden = record(Duration::seconds(3));
    hidden.request = Some(body(r#"{"word":"[sensitive]"}"#));
    let nothing_live = record(Duration::seconds(4));
    ingest(&pilot, &[without.clone(), cut.clone(), hidden.clone(), nothing_live.clone()]).await?;
    for (call, kind, reason) in [
        (without, "call-not-replayable", json!("body-not-kept")),
        (cut, "call-not-replayable", json!("body-not-kept")),
        (hidden, "call-not-replayable", json!("body-sensitive")),
        (nothing_live, "nothing-live", Value::Null),
    ] {
        let (status, problem) = replay(&pilot, &call.call_id.to_string()).await?;
        assert_eq!(status, 409);
        assert!(problem["type"].as_str().unwrap().ends_with(kind), "{problem}");
        assert_eq!(problem["reason"], reason);
        let shown = pilot.get(&format!("/api/calls/{}", call.call_id)).await?;
        assert_eq!(shown["not_replayable"], reason);
    }
    let (status, _) = replay(&pilot, &uuid::Uuid::now_v7().to_string()).await?;
    assert_eq!(status, 404);
    pilot.stop().await
}
