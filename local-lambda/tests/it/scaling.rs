//! Processes come and go with the load and with updates, and no call is lost by it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::common::{Lab, Result};

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
