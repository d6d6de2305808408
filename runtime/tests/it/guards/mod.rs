//! What holds calls back and what is remembered of them, with a store that says what a test wants.

mod budgets;
mod memory;
mod world;

use promptpilot_spec::{
    key::{self, KeyKind},
    state::RateLeft,
};
use serde_json::json;
use world::{World, kind};

use crate::support::Result;

#[tokio::test]
async fn what_is_left_of_a_rate_is_told_and_an_empty_one_holds_back() -> Result<()> {
    let rate = json!({ "rate": { "capacity": 10, "step_us": 6_000_000, "per": "address" } });
    let world = World::new(rate, "1").await?;
    let left = RateLeft { allowed: true, remaining: 9, reset_us: 6_000_000, retry_after_us: 0 };
    *world.store.rate.lock().unwrap() = Some(left);
    let answer = world.call("Hi", &[]).await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=10;w=60");
    assert_eq!(answer.header("ratelimit"), "\"default\";r=9;t=6");

    let none = RateLeft { allowed: false, remaining: 0, retry_after_us: 2_000_001, ..left };
    *world.store.rate.lock().unwrap() = Some(none);
    let answer = world.call("Hi", &[]).await?;
    assert_eq!(kind(&answer), (429, "rate-limited".to_owned()));
    assert_eq!(
        (answer.header("retry-after"), answer.header("ratelimit")),
        ("3", "\"default\";r=0;t=6")
    );
    assert_eq!(world.calls(), 1);
    Ok(())
}

#[tokio::test]
async fn a_store_that_is_away_holds_nobody_back_by_rate_and_the_record_says_so() -> Result<()> {
    let more = json!({ "rate": { "capacity": 1, "step_us": 1 }, "cache_ms": 60_000 });
    for world in World::away(&more).await? {
        assert_eq!(world.call("Hi", &[]).await?.status, 200);
        assert_eq!(world.function.record().await?["state_failed"], json!(["rate", "cache"]));
    }
    Ok(())
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_another_request_none() -> Result<()> {
    let world = World::new(json!({ "auth": "api-key" }), "4").await?;
    let bearer = format!("Bearer {}", key::write(KeyKind::Live, &[1; key::RANDOM]));
    let with =
        |key: &'static str| [("authorization", bearer.clone()), ("idempotency-key", key.into())];
    let call = async |text: &str, key: &'static str| {
        let headers = with(key);
        let headers: Vec<_> = headers.iter().map(|(name, it)| (*name, it.as_str())).collect();
        world.call(text, &headers).await
    };
    world.let_answer(false);
    let (first, meanwhile) = tokio::join!(call("Hi", "k"), async {
        world.until_asked(1).await;
        let meanwhile = call("Hi", "k").await;
        world.let_answer(true);
        meanwhile
    });
    let meanwhile = meanwhile?;
    assert_eq!(kind(&meanwhile), (409, "idempotency-key-busy".to_owned()));
    assert_eq!(meanwhile.header("retry-after"), "2");

    let again = call("Hi", "k").await?;
    assert_eq!((again.json(), world.calls()), (first?.json(), 1));
    assert_eq!(again.header("x-promptpilot-idempotency"), "replayed");
    assert_eq!(kind(&call("Ho", "k").await?), (422, "idempotency-key-reused".to_owned()));
    assert_eq!(call("Ho", "l").await?.json(), json!({ "text": "Ho 1" }));
    // After a failure the key is free, and whoever fails to ask the store is told.
    assert_eq!(call("fail", "m").await?.status, 502);
    assert_eq!(call("Hu", "m").await?.status, 200);
    *world.store.fails.lock().unwrap() = true;
    assert_eq!(kind(&call("Hi", "n").await?), (503, "state-unavailable".to_owned()));
    Ok(())
}
