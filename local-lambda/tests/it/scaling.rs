//! Processes come and go with the load and with updates, and no call is lost by it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use local_lambda::Limits;
use serde_json::json;

use crate::common::{Lab, Result, until};

const CLIENTS: usize = 6;
const UPDATES: i32 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn updates_under_load_lose_no_call() -> Result<()> {
    let lab = Arc::new(Lab::start().await?);
    lab.function("loaded").await?;
    let done = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (lab, done) = (Arc::clone(&lab), Arc::clone(&done));
            tokio::spawn(async move {
                let mut answered = 0;
                while !done.load(Ordering::Relaxed) {
                    let answer = lab.invoke("loaded", json!({ "do": "sleep", "ms": 15 })).await?;
                    assert_eq!((answer.error, &answer.payload), (None, &json!({ "slept": true })));
                    answered += 1;
                }
                Ok::<usize, Box<dyn std::error::Error + Send + Sync>>(answered)
            })
        })
        .collect();
    for number in 0..UPDATES {
        let update = lab.client.update_function_configuration().function_name("loaded");
        update.memory_size(128 + number).send().await?;
        // So that calls are under way at the next one, too.
        lab.invoke("loaded", json!({ "do": "sleep", "ms": 30 })).await?;
    }
    done.store(true, Ordering::Relaxed);
    for client in clients {
        assert!(client.await?? > 0);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn provisioned_processes_are_there_before_and_after_calls() -> Result<()> {
    let idle = Duration::from_millis(100);
    let lab = Lab::start_with(Limits { idle, ..Limits::default() }).await?;
    lab.function("kept").await?;
    lab.client.publish_version().function_name("kept").send().await?;
    let provision = lab.client.put_provisioned_concurrency_config().function_name("kept");
    provision.qualifier("1").provisioned_concurrent_executions(2).send().await?;
    let ready = async || {
        let config = lab.client.get_provisioned_concurrency_config().function_name("kept");
        let config = config.qualifier("1").send().await.ok()?;
        (config.available_provisioned_concurrent_executions == Some(2)).then_some(())
    };
    until("both are ready", ready).await?;

    let called = lab.invoke("kept:1", json!({ "do": "environment" })).await?.payload;
    assert_eq!(
        called["variables"]["AWS_LAMBDA_INITIALIZATION_TYPE"],
        json!("provisioned-concurrency")
    );
    let alive = || Path::new(&format!("/proc/{}", called["pid"])).exists();
    // Idle for much longer than others may be.
    tokio::time::sleep(idle * 5).await;
    assert!(alive());

    let withdraw = lab.client.delete_provisioned_concurrency_config().function_name("kept");
    withdraw.qualifier("1").send().await?;
    until("it is ended", async || (!alive()).then_some(())).await
}
