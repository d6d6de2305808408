//! What guards calls, by the real state service on a real database, and through deployed functions.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt, stream};
use promptpilot_control_plane::SecretKey;
use promptpilot_spec::state::{
    Admit, Admitted, BudgetAsk, Finish, RateAsk, RepeatAsk, Reserve, Reserved, Returned, Verdict,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use support::{
    Failure, Outcome,
    pilot::{Pilot, echo},
};
use uuid::Uuid;

/// A function's side of the state service.
struct Service<'a> {
    pilot: &'a Pilot,
    deployment: Uuid,
    token: String,
}

impl<'a> Service<'a> {
    async fn new(pilot: &'a Pilot) -> Result<Self, Failure> {
        let batch = pilot.deploy(&[echo("one", "Hello")]).await?;
        let deployment = batch.deployments[0].id;
        let token = SecretKey::new([7; 32]).deployment_token(deployment).expose().to_owned();
        Ok(Self { pilot, deployment, token })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let url = format!("{}/v1/{path}", self.pilot.settings.state.as_deref().unwrap());
        let request = self.pilot.client.post(url).json(body).bearer_auth(&self.token);
        let request = request.header("x-promptpilot-deployment", self.deployment.to_string());
        let response = request.send().await?;
        let (status, text) = (response.status(), response.text().await?);
        if status != 200 {
            return Err(format!("{path}: {status} {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }

    async fn verdict(&self, ask: &Admit) -> Result<Verdict, Failure> {
        Ok(self.ask::<Admitted>("admit", ask).await?.verdict)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_callers_at_once_get_no_call_more_than_their_rate() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let service = Service::new(&pilot).await?;
    let rate = RateAsk { bucket: "k".to_owned(), capacity: 100, step_us: 3_600_000_000 };
    let ask = Admit { rate: Some(rate), ..Admit::default() };
    let answers: Vec<_> = stream::iter(0..1000)
        .map(|_| service.ask::<Admitted>("admit", &ask))
        .buffer_unordered(1000)
        .collect()
        .await;
    let mut allowed = Vec::new();
    for answer in answers {
        let left = answer?.rate.unwrap();
        if left.allowed {
            allowed.push(left.remaining);
        } else {
            assert!(left.remaining == 0 && left.retry_after_us > 3_000_000_000, "{left:?}");
        }
    }
    allowed.sort_unstable();
    assert_eq!(allowed, (0..100).collect::<Vec<_>>());
    // Another bucket is another's.
    let other = RateAsk { bucket: "l".to_owned(), ..ask.rate.unwrap() };
    let ask = Admit { rate: Some(other), ..Admit::default() };
    assert!(service.ask::<Admitted>("admit", &ask).await?.rate.unwrap().allowed);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_budget_no_more_is_given_than_there_is_and_what_comes_back_is_given_again() -> Outcome
{
    let pilot = Pilot::without_worker().await?;
    let service = Service::new(&pilot).await?;
    let limit = "0.01 USD/month".parse()?;
    let asks = |names: &[&str], amount| Reserve {
        budgets: names
            .iter()
            .map(|name| BudgetAsk { bucket: (*name).to_owned(), limit, amount })
            .collect(),
        returned: Vec::new(),
    };
    // 10,000 micro-USD in pieces of 70 at least, for many at once who give back some.
    let held = AtomicU64::new(0);
    let round = async |number: u64| {
        let names = if number.is_multiple_of(2) { ["a", "b"] } else { ["b", "a"] };
        match service.ask("reserve", &asks(&names, 70)).await? {
            Reserved::Spent { .. } => {}
            Reserved::Blocks(blocks) => {
                let place = names.iter().position(|name| *name == "a").unwrap();
                let block = blocks[place];
                let now = held.fetch_add(block.amount, Ordering::SeqCst) + block.amount;
                assert!(now <= 10_000 && block.amount >= 70, "{now}");
                if number.is_multiple_of(3) {
                    held.fetch_sub(30, Ordering::SeqCst);
                    let returned = ["a", "b"].map(|name| Returned {
                        bucket: name.to_owned(),
                        window: block.window,
                        amount: 30,
                    });
                    let back = Reserve { budgets: Vec::new(), returned: returned.to_vec() };
                    service.ask::<Reserved>("reserve", &back).await?;
                }
            }
        }
        Ok::<_, Failure>(())
    };
    let rounds: Vec<_> = stream::iter(0..1000).map(round).buffer_unordered(64).collect().await;
    rounds.into_iter().collect::<Result<Vec<_>, _>>()?;
    let held = held.load(Ordering::SeqCst);
    assert!((9_900..=10_000).contains(&held), "{held}");

    // Where one of two has nothing left, the other keeps what it has.
    let spent: Reserved = service.ask("reserve", &asks(&["c", "a"], 200)).await?;
    let Reserved::Spent { place: 1, retry_after_ms } = spent else { panic!("{spent:?}") };
    assert!(retry_after_ms <= 31 * 86_400_000);
    let all: Reserved = service.ask("reserve", &asks(&["c"], 10_000)).await?;
    assert!(matches!(all, Reserved::Blocks(_)), "{all:?}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_one_calls_until_it_has_an_answer_or_has_died() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let service = Service::new(&pilot).await?;
    let ask = |request: &str, lease_ms| {
        let (key, request) = ("k".to_owned(), request.to_owned());
        Admit { repeat: Some(RepeatAsk { key, request, lease_ms }), ..Admit::default() }
    };
    // The first has died: its lease is over at once.
    assert_eq!(service.verdict(&ask("r", 0)).await?, Verdict::Go);
    let many: Vec<_> = stream::iter(0..50)
        .map(|_| async { service.verdict(&ask("r", 60_000)).await })
        .buffer_unordered(50)
        .collect()
        .await;
    let verdicts = many.into_iter().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(verdicts.iter().filter(|it| **it == Verdict::Go).count(), 1);
    assert_eq!(verdicts.iter().filter(|it| **it == Verdict::Running).count(), 49);
    assert_eq!(service.verdict(&ask("other", 60_000)).await?, Verdict::Mismatch);
    let answer = "\\u0000 is no letter, \u{1F600} is".to_owned();
    let kept = Some(answer.clone());
    let finish = Finish { repeat: Some("k".to_owned()), answer: kept, ..Finish::default() };
    service.ask::<()>("finish", &finish).await?;
    assert_eq!(service.verdict(&ask("r", 60_000)).await?, Verdict::Repeat(answer));
    pilot.stop().await
}

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
