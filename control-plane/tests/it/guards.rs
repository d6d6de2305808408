//! What guards calls, through deployed functions. The state store itself is judged in `state`.

use serde_json::{Value, json};

use crate::support::{
    Failure, Outcome,
    pilot::{Pilot, echo},
};

#[tokio::test(flavor = "multi_thread")]
async fn deployed_functions_keep_to_their_definitions_limits() -> Outcome {
    let pilot = Pilot::start().await?;
    let limited = format!("{}[limits]\nrate = \"5/hour\"\n", echo("limited", "Hello"));
    let cached = format!("{}[cache]\nttl = \"1h\"\n", echo("cached", "Hello"));
    let keyed = echo("keyed", "Hello").replace("mode = \"public\"", "mode = \"api-key\"");
    let batch = pilot.deploy(&[limited, cached, keyed]).await?;
    let live = pilot.finished(&batch).await?;
    let url = |place: usize| live[place].url.clone().unwrap();
    let (status, key) = pilot.post("/api/api-keys", json!({ "name": "k" })).await?;
    assert_eq!(status, 201, "{key}");
    let call = async |url: &str, word: &str, repeat: &str| {
        let request = pilot.client.post(url).json(&json!({ "word": word }));
        let request = request.header("idempotency-key", repeat);
        let response = request.bearer_auth(key["key"].as_str().unwrap()).send().await?;
        let headers = response.headers().clone();
        let body: Value = response.json().await?;
        Ok::<_, Failure>((headers, body))
    };
    let mut statuses = Vec::new();
    for _ in 0..7 {
        let (headers, body) = call(&url(0), "x", "-").await?;
        statuses.push((body["status"].as_u64(), headers["ratelimit"].to_str()?[..13].to_owned()));
    }
    let good = statuses.iter().filter(|(status, _)| status.is_none()).count();
    assert_eq!((good, statuses[6].0), (5, Some(429)), "{statuses:?}");
    assert_eq!(statuses[0].1, "\"default\";r=4");

    let outcomes = [call(&url(1), "x", "-").await?, call(&url(1), "x", "-").await?];
    assert_eq!(outcomes[0].1, outcomes[1].1);
    let cache = outcomes.map(|(headers, _)| headers["x-promptpilot-cache"].clone());
    assert_eq!(cache, ["miss", "hit"]);

    let first = call(&url(2), "x", "once").await?;
    let again = call(&url(2), "x", "once").await?;
    assert_eq!(first.1, again.1);
    assert_eq!(again.0["x-promptpilot-idempotency"], "replayed");
    assert!(!first.0.contains_key("x-promptpilot-idempotency"));
    let other = call(&url(2), "y", "once").await?.1;
    assert_eq!(other["type"], "urn:promptpilot:problem:idempotency-key-reused");
    pilot.stop().await
}
