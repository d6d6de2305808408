//! The call log: what functions wrote becomes rows, once each, under the right endpoint.

use promptpilot_control_plane::EnvelopeLine;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Outcome,
    pilot::{Pilot, echo},
};

/// Everything that functions have written so far, as the host keeps it.
async fn lines(pilot: &Pilot, wanted: usize) -> Result<Vec<EnvelopeLine>, crate::support::Failure> {
    let mut subscriber = pilot.host.output().subscribe("test")?;
    let mut lines = Vec::new();
    let is_call = |line: &&EnvelopeLine| line.text.contains("\"promptpilot.call\"");
    while lines.iter().filter(is_call).count() < wanted {
        let next = tokio::time::timeout(std::time::Duration::from_secs(20), subscriber.next());
        lines.extend(next.await??.into_iter().map(|line| EnvelopeLine {
            function: line.function,
            version: line.version,
            text: line.text,
        }));
    }
    Ok(lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_listed_under_their_endpoint_once() -> Outcome {
    let pilot = Pilot::start().await?;
    let live = pilot.deployed(&echo("hello", "Hello")).await?;
    for word in ["one", "two\u{0}three"] {
        let (status, _, body) =
            pilot.call(live.url.as_deref().unwrap(), json!({ "word": word })).await?;
        assert_eq!(status, 200, "{body}");
    }
    let lines = lines(&pilot, 2).await?;
    let first = pilot.plane.ingest(&lines).await?;
    assert!(first.new >= 2, "{first:?}");
    assert_eq!((first.known, &first.refused), (0, &vec![]));
    let again = pilot.plane.ingest(&lines).await?;
    assert_eq!((again.new, again.known), (0, first.new));

    let calls = pilot.get("/api/calls?endpoint=hello&limit=100").await?;
    let calls: Vec<&Value> =
        calls["items"].as_array().unwrap().iter().filter(|call| call["source"] == "call").collect();
    assert_eq!(calls.len(), 2);
    // Newest first, and text that no database keeps is replaced, not lost.
    assert!(calls[0]["request"]["text"].as_str().unwrap().contains("three"));
    assert!(calls[1]["request"]["text"].as_str().unwrap().contains("one"));
    assert_eq!(calls[0]["endpoint_name"], "hello");
    assert_eq!(calls[0]["deployment"], json!(live.id));
    assert_eq!(calls[0]["status"], 200);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_belongs_to_whose_function_wrote_it_whatever_it_says() -> Outcome {
    let pilot = Pilot::start().await?;
    let live = pilot.deployed(&echo("hello", "Hello")).await?;
    pilot.call(live.url.as_deref().unwrap(), json!({ "word": "x" })).await?;
    let lines = lines(&pilot, 1).await?;
    let honest = lines.iter().find(|line| line.text.contains("\"promptpilot.call\"")).unwrap();
    let mut record: Value = serde_json::from_str(&honest.text)?;
    record["organization"] = json!(Uuid::now_v7());
    record["endpoint"] = json!(Uuid::now_v7());
    record["endpoint_name"] = json!("somebody-elses");
    record["call_id"] = json!(Uuid::now_v7());
    let forged = EnvelopeLine { text: record.to_string(), ..honest.clone() };
    assert_eq!(pilot.plane.ingest(&[forged]).await?.new, 1);
    let newest = &pilot.get("/api/calls?limit=1").await?["items"][0];
    assert_eq!(newest["call_id"], record["call_id"]);
    assert_eq!(newest["endpoint_name"], "hello");
    assert_ne!(newest["organization"], record["organization"]);

    // What cannot be read or belongs to nobody is counted, and the rest is kept.
    let with = |change: fn(&mut Value)| {
        let mut record = record.clone();
        record["call_id"] = json!(Uuid::now_v7());
        change(&mut record);
        EnvelopeLine { text: record.to_string(), ..honest.clone() }
    };
    let stranger = EnvelopeLine { function: "stranger".to_owned(), ..with(|_| {}) };
    let odd = [
        with(|record| record["call_id"] = json!(Uuid::new_v4())),
        with(|record| record["tokens_in"] = json!(u64::MAX)),
        with(|record| record["status"] = json!("fine")),
        with(|record| record["v"] = json!(2)),
        stranger,
        EnvelopeLine { text: "hello".to_owned(), ..honest.clone() },
        with(|_| {}),
    ];
    let outcome = pilot.plane.ingest(&odd).await?;
    let refused: Vec<usize> = outcome.refused.iter().map(|refused| refused.index).collect();
    assert_eq!((outcome.new, outcome.known, outcome.other), (1, 0, 1));
    assert_eq!(refused, [0, 1, 2, 3, 4], "{outcome:?}");
    pilot.stop().await
}
