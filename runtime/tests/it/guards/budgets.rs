//! Money.

use std::sync::atomic::Ordering;

use serde_json::json;

use crate::{
    guards::world::{COST, World, kind},
    support::Result,
};

#[tokio::test]
async fn budgets_hold_and_what_is_taken_is_what_calls_cost() -> Result<()> {
    // Each call sets aside some 0.002 USD, for 100 tokens out, and costs 0.00036.
    let limit = json!({ "budgets": [
        { "per": "endpoint", "limit": "1 USD/day" },
        { "per": "user", "limit": "0.01 USD/hour" },
    ] });
    let world = World::new(limit, "8").await?;
    let mut sum = 0;
    let (mut good, mut refused) = (0, 0);
    for _ in 0..10 {
        let calls = (0..8).map(|_| world.call("Hi", &[("x-promptpilot-user", "ann")]));
        for answer in futures::future::try_join_all(calls).await? {
            match kind(&answer) {
                (200, _) => good += 1,
                (429, problem) => {
                    assert_eq!(
                        (problem.as_str(), answer.header("retry-after")),
                        ("budget-spent", "90")
                    );
                    assert!(answer.body.contains("0.01 USD/hour"), "{}", answer.body);
                    refused += 1;
                }
                other => panic!("{other:?}"),
            }
            sum += world.function.record().await?["cost_micro_usd"].as_u64().unwrap();
        }
    }
    assert_eq!((good + refused, sum), (80, good * COST));
    assert!((20..=27).contains(&good) && world.calls() == good, "{good}");
    assert!(sum <= 10_000, "{sum}");
    // What nobody uses goes back: then the store knows what was spent, to the last micro-USD.
    let settled = || world.store.taken.lock().unwrap().values().all(|taken| *taken == sum);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !settled() {
        assert!(std::time::Instant::now() < until, "{sum} {:?}", world.store.taken);
        tokio::task::yield_now().await;
    }
    Ok(())
}

#[tokio::test]
async fn a_budget_that_comes_to_its_share_is_told_in_the_record_of_the_call() -> Result<()> {
    // The first block takes a hundredth of both.
    let budgets = json!({ "budgets": [
        { "per": "endpoint", "limit": "1 USD/day", "soft": 9_000 },
        { "per": "user", "limit": "1 USD/hour", "soft": 11_000 },
    ] });
    let world = World::new(budgets, "1").await?;
    for told in [json!(["endpoint"]), json!([])] {
        assert_eq!(world.call("Hi", &[]).await?.status, 200);
        assert_eq!(world.function.record().await?["budget_reached"], told);
    }
    Ok(())
}

#[tokio::test]
async fn without_a_store_a_budgeted_call_is_refused_unless_the_definition_says_otherwise()
-> Result<()> {
    for (unbudgeted, status) in [(false, 503), (true, 200)] {
        let budgets = json!([{ "per": "endpoint", "limit": "1 USD/day" }]);
        let more = json!({ "budgets": budgets, "unbudgeted": unbudgeted });
        for world in World::away(&more).await? {
            assert_eq!(world.call("Hi", &[]).await?.status, status);
            let record = world.function.record().await?;
            let failed = if unbudgeted { json!(["budget"]) } else { json!([]) };
            assert_eq!((&record["state_failed"], world.calls()), (&failed, u64::from(unbudgeted)));
        }
    }
    Ok(())
}

/// Each call sets aside some 0.002 USD and costs 0.00036.
#[tokio::test]
async fn what_the_organization_may_spend_holds_an_endpoint_without_a_budget() -> Result<()> {
    let world = World::new(json!({ "rate": { "capacity": 1, "step_us": 1 } }), "1").await?;
    *world.store.organization.lock().unwrap() = Some(5_000);
    let mut sum = 0;
    let refused = loop {
        let answer = world.call("Hi", &[]).await?;
        sum += world.function.record().await?["cost_micro_usd"].as_u64().unwrap();
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!(kind(&refused), (429, "budget-spent".to_owned()));
    assert!(refused.body.contains("left of the organization's budget"), "{}", refused.body);
    assert!((COST..=5_000).contains(&sum) && sum == world.calls() * COST, "{sum}");
    // As long as it is known that there is a limit, nobody spends of what cannot be asked for.
    *world.store.fails.lock().unwrap() = true;
    assert_eq!(kind(&world.call("Hi", &[]).await?), (503, "state-unavailable".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_budget_is_asked_for_once_and_not_at_every_call() -> Result<()> {
    let budgets = json!([{ "per": "endpoint", "limit": "1000 USD/day" }]);
    let world = World::new(json!({ "budgets": budgets }), "1").await?;
    for _ in 0..5 {
        assert_eq!(world.call("Hi", &[]).await?.status, 200);
    }
    assert_eq!(world.store.asked.load(Ordering::Relaxed), 1);
    Ok(())
}
