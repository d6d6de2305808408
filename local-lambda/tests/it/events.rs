//! Asynchronous calls: tried again, given up, kept across a restart.

use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{DestinationConfig, InvocationType, OnFailure};
use local_lambda::Limits;
use serde_json::{Value, json};

use crate::common::{self, Lab, Result};

const QUEUE: &str = "arn:aws:sqs:eu-central-1:000000000000:failed";

async fn send(lab: &Lab, name: &str, event: Value) -> Result<()> {
    let call = lab.client.invoke().function_name(name).invocation_type(InvocationType::Event);
    let sent = call.payload(Blob::new(event.to_string())).send().await?;
    assert_eq!(sent.status_code, 202);
    Ok(())
}

fn quick() -> Limits {
    Limits { retry_after: vec![Duration::from_millis(50)], ..Limits::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_fails_is_tried_three_times_and_then_told() -> Result<()> {
    let lab = Lab::start_with(quick()).await?;
    lab.function("failing").await?;
    let failed = OnFailure::builder().destination(QUEUE).build();
    let configure = lab.client.put_function_event_invoke_config().function_name("failing");
    configure
        .destination_config(DestinationConfig::builder().on_failure(failed).build())
        .send()
        .await?;
    let mut subscriber = lab.host().output().subscribe("test")?;
    send(&lab, "failing", json!({ "do": "fail" })).await?;
    let ids = common::started(&mut subscriber, 3).await?;
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");

    let file = lab.dir.path().join("data/output/destinations/failing.jsonl");
    let told = common::until("the destination is told", async || {
        std::fs::read_to_string(&file).ok().filter(|it| it.ends_with('\n'))
    });
    let mut told: Value = serde_json::from_str(&told.await?)?;
    assert_eq!(told["destination"], QUEUE);
    let record = &mut told["record"];
    assert_eq!(record["requestContext"]["requestId"], ids[0].as_str());
    assert_eq!(record["requestContext"]["condition"], "RetriesExhausted");
    assert_eq!(record["requestContext"]["approximateInvokeCount"], 3);
    let arn = record["requestContext"]["functionArn"].as_str().unwrap();
    assert!(arn.ends_with(":function:failing:$LATEST"), "{arn}");
    assert_eq!(record["requestPayload"], json!({ "do": "fail" }));
    assert_eq!(record["responseContext"]["functionError"], "Unhandled");
    assert_eq!(record["responsePayload"]["errorMessage"], "the handler fails");
    left(&lab, 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_tried_as_often_as_its_owner_says() -> Result<()> {
    let lab = Lab::start_with(quick()).await?;
    lab.function("once").await?;
    let configure = lab.client.put_function_event_invoke_config().function_name("once");
    configure.maximum_retry_attempts(0).send().await?;
    let mut subscriber = lab.host().output().subscribe("test")?;
    send(&lab, "once", json!({ "do": "fail" })).await?;
    let first = common::started(&mut subscriber, 1).await?;
    left(&lab, 0).await?;
    send(&lab, "once", json!({})).await?;
    assert_ne!(common::started(&mut subscriber, 1).await?, first, "that was the next event");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_outlives_the_host() -> Result<()> {
    let mut lab = Lab::start().await?;
    lab.function("lasting").await?;
    let mut subscriber = lab.host().output().subscribe("before")?;
    send(&lab, "lasting", json!({ "do": "fail" })).await?;
    let first = common::started(&mut subscriber, 1).await?;
    left(&lab, 1).await?;
    subscriber.commit()?;
    drop(subscriber);
    lab.restart().await?;
    let mut subscriber = lab.host().output().subscribe("before")?;
    assert_eq!(common::started(&mut subscriber, 1).await?, first);
    Ok(())
}

/// Waits until so many events are in the queue.
async fn left(lab: &Lab, count: usize) -> Result<()> {
    let folder = lab.dir.path().join("data/events");
    let counted = async || {
        let files = std::fs::read_dir(&folder).ok()?.count();
        (files == count).then_some(())
    };
    common::until("the queue is as expected", counted).await
}
