//! Answers that are remembered.

use serde_json::{Value, json};

use crate::{
    guards::world::{COST, World},
    support::Result,
};

#[tokio::test]
async fn the_same_question_is_answered_from_memory_whole_or_as_a_stream() -> Result<()> {
    let world = World::new(json!({ "cache_ms": 60_000 }), "1").await?;
    let first = world.call("Hi", &[]).await?;
    assert_eq!(
        (first.header("x-promptpilot-cache"), first.json()),
        ("miss", json!({ "text": "Hi 0" }))
    );
    let record = world.function.record().await?;
    assert_eq!((&record["cache"], &record["cost_micro_usd"]), (&json!("miss"), &json!(COST)));

    let second = world.call("Hi", &[]).await?;
    assert_eq!((second.header("x-promptpilot-cache"), second.json()), ("hit", first.json()));
    assert_eq!(second.header("x-promptpilot-model"), "m-1");
    let record = world.function.record().await?;
    assert_eq!((&record["cache"], &record["cost_micro_usd"]), (&json!("hit"), &json!(0)));
    assert_eq!((&record["saved_micro_usd"], &record["attempts"]), (&json!(COST), &json!([])));

    let streamed = world.call("Hi", &[("accept", "text/event-stream")]).await?;
    let events = streamed.events();
    assert_eq!(streamed.header("x-promptpilot-cache"), "hit");
    assert_eq!(events[0], ("delta".to_owned(), json!({ "text": "Hi 0" })));
    assert_eq!((events[1].0.as_str(), &events[1].1["model"]), ("done", &json!("m-1")));
    assert_eq!(world.calls(), 1);

    // Another question, another model's answer, or a caller who wants a new one.
    assert_eq!(world.call("Ho", &[]).await?.header("x-promptpilot-cache"), "miss");
    let fresh = world.call("Hi", &[("cache-control", "max-age=0, no-cache")]).await?;
    assert_eq!(
        (fresh.header("x-promptpilot-cache"), fresh.json()),
        ("bypass", json!({ "text": "Hi 2" }))
    );
    assert_eq!(world.call("Hi", &[]).await?.json(), json!({ "text": "Hi 2" }));
    world.call("Hi", &[("cache-control", "no-store")]).await?;
    assert_eq!(world.call("Hi", &[]).await?.json(), json!({ "text": "Hi 2" }));
    Ok(())
}

#[tokio::test]
async fn a_failure_is_not_remembered() -> Result<()> {
    let world = World::new(json!({ "cache_ms": 60_000 }), "1").await?;
    for _ in 0..2 {
        assert_eq!(world.call("fail", &[]).await?.status, 502);
    }
    assert_eq!((world.calls(), world.store.answers.lock().unwrap().len()), (2, 0));
    Ok(())
}

#[tokio::test]
async fn users_share_no_answers_where_each_has_their_own() -> Result<()> {
    let world = World::new(json!({ "cache_ms": 60_000, "cache_per": "user" }), "1").await?;
    for user in ["ann", "bob"] {
        let answer = world.call("Hi", &[("x-promptpilot-user", user)]).await?;
        assert_eq!(answer.header("x-promptpilot-cache"), "miss", "{user}");
    }
    Ok(())
}

#[tokio::test]
async fn callers_who_ask_the_same_at_once_are_answered_by_one_call() -> Result<()> {
    let world = World::new(json!({ "cache_ms": 60_000 }), "32").await?;
    world.let_answer(false);
    let calls = futures::future::try_join_all((0..32).map(|_| world.call("Hi", &[])));
    let all_here = async {
        // Each asks for an answer, and the first for what may be spent.
        world.until_asked(33).await;
        world.let_answer(true);
    };
    let (answers, ()) = tokio::join!(calls, all_here);
    let answers = answers?;
    assert!(answers.iter().all(|it| it.json() == json!({ "text": "Hi 0" })));
    assert_eq!(world.calls(), 1);
    let saved = answers.iter().filter(|it| it.header("x-promptpilot-cache") == "hit").count();
    assert_eq!(saved, 31);
    Ok(())
}

/// How an answer is kept that is good for a millisecond and may be used for an hour.
fn quickly_stale() -> Value {
    json!({ "cache_ms": 1, "stale_ms": 3_600_000 })
}

#[tokio::test]
async fn an_old_answer_is_given_at_once_and_made_anew_behind_it() -> Result<()> {
    let world = World::new(quickly_stale(), "1").await?;
    assert_eq!(world.call("Hi", &[]).await?.header("x-promptpilot-cache"), "miss");
    world.function.record().await?;
    assert_eq!(*world.store.kept_for.lock().unwrap(), [3_600_001]);

    world.let_answer(false);
    let old = world.call("Hi", &[]).await?;
    assert_eq!(
        (old.header("x-promptpilot-cache"), old.json()),
        ("stale", json!({ "text": "Hi 0" }))
    );
    assert_eq!(old.header("x-promptpilot-cost-usd"), "0.000000");
    world.let_answer(true);
    let record = world.function.record().await?;
    assert_eq!((&record["cache"], &record["status"]), (&json!("stale"), &json!(200)));
    let money = (&record["saved_micro_usd"], &record["cost_micro_usd"]);
    assert_eq!(money, (&json!(COST), &json!(COST)));
    assert_eq!(record["response"]["text"], "{\"text\":\"Hi 0\"}");
    assert_eq!(record["attempts"].as_array().map(Vec::len), Some(1));

    let streamed = world.call("Hi", &[("accept", "text/event-stream")]).await?;
    assert_eq!(streamed.header("x-promptpilot-cache"), "stale");
    assert_eq!(streamed.events()[0].1, json!({ "text": "Hi 1" }));
    world.function.record().await?;
    assert_eq!(world.calls(), 3);
    Ok(())
}

#[tokio::test]
async fn of_many_who_get_an_old_answer_one_makes_it_anew() -> Result<()> {
    let world = World::new(quickly_stale(), "32").await?;
    world.call("Hi", &[]).await?;
    world.function.record().await?;
    world.let_answer(false);
    let calls = (0..31).map(|_| world.call("Hi", &[]));
    for answer in futures::future::try_join_all(calls).await? {
        assert_eq!(answer.json(), json!({ "text": "Hi 0" }));
    }
    world.let_answer(true);
    let mut paid = 0;
    for _ in 0..31 {
        paid += world.function.record().await?["cost_micro_usd"].as_u64().unwrap();
    }
    assert_eq!((paid, world.calls()), (COST, 2));
    Ok(())
}

#[tokio::test]
async fn where_an_old_answer_cannot_be_made_anew_it_stays() -> Result<()> {
    let world = World::new(quickly_stale(), "1").await?;
    // An old answer, put where that to a question lies at which the provider fails.
    world.call("Hi", &[]).await?;
    world.function.record().await?;
    let answers: Vec<_> = world.store.answers.lock().unwrap().values().cloned().collect();
    world.call("fail", &[]).await?;
    world.function.record().await?;
    let failing = world.store.asked_for.lock().unwrap().clone().unwrap();
    world.store.answers.lock().unwrap().insert(failing, answers[0].clone());
    for _ in 0..2 {
        let answer = world.call("fail", &[]).await?;
        assert_eq!((answer.status, answer.json()), (200, json!({ "text": "Hi 0" })));
        let record = world.function.record().await?;
        assert_eq!((&record["status"], &record["error_type"]), (&json!(200), &Value::Null));
        assert_eq!(record["attempts"][0]["status"], 400);
    }
    Ok(())
}
