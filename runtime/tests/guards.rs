//! What holds calls back and what is remembered of them, with a store that says what a test wants.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use promptpilot_spec::{
    key::{self, KeyKind},
    state::{Admit, Admitted, Block, Finish, RateLeft, Reserve, Reserved, Verdict},
};
use serde_json::{Value, json};
use support::{Function, Result, post_event};

/// A store of one window and one organization, in memory. It can be told to fail.
#[derive(Debug, Default)]
struct Store {
    fails: Mutex<bool>,
    rate: Mutex<Option<RateLeft>>,
    repeats: Mutex<HashMap<String, (String, Option<String>)>>,
    answers: Mutex<HashMap<String, String>>,
    /// What was taken of each budget.
    taken: Mutex<HashMap<String, u64>>,
    asked: AtomicU64,
}

const WINDOW: (i64, i64) = (0, i64::MAX / 2);

async fn store() -> Result<(String, Arc<Store>)> {
    let store = Arc::new(Store::default());
    let router = Router::new()
        .route(
            "/v1/key",
            post(async || {
                Json(json!({
                    "id": "018f0000-0000-7000-8000-00000000000a",
                    "endpoints": null, "environments": null, "expires": null, "revoked": false,
                }))
            }),
        )
        .route("/v1/admit", post(admit))
        .route("/v1/finish", post(finish))
        .route("/v1/reserve", post(reserve))
        .with_state(Arc::clone(&store));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((address, store))
}

impl Store {
    fn answer<T>(&self, value: T) -> std::result::Result<Json<T>, StatusCode> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match *self.fails.lock().unwrap() {
            true => Err(StatusCode::INTERNAL_SERVER_ERROR),
            false => Ok(Json(value)),
        }
    }
}

type Said<T> = std::result::Result<Json<T>, StatusCode>;

async fn admit(State(store): State<Arc<Store>>, Json(ask): Json<Admit>) -> Said<Admitted> {
    let remembered = ask.cache.and_then(|key| store.answers.lock().unwrap().get(&key).cloned());
    let mut verdict = remembered.map_or(Verdict::Go, Verdict::Hit);
    if let Some(repeat) = ask.repeat {
        let mut repeats = store.repeats.lock().unwrap();
        match repeats.get(&repeat.key) {
            Some((request, _)) if *request != repeat.request => verdict = Verdict::Mismatch,
            Some((_, Some(answer))) => verdict = Verdict::Repeat(answer.clone()),
            Some((_, None)) => verdict = Verdict::Running,
            None => drop(repeats.insert(repeat.key, (repeat.request, None))),
        }
    }
    store.answer(Admitted { rate: *store.rate.lock().unwrap(), verdict })
}

async fn finish(State(store): State<Arc<Store>>, Json(finish): Json<Finish>) -> Said<()> {
    let Finish { repeat, cache, answer } = finish;
    if let Some(key) = repeat {
        let mut repeats = store.repeats.lock().unwrap();
        match &answer {
            Some(answer) => repeats.get_mut(&key).unwrap().1 = Some(answer.clone()),
            None => drop(repeats.remove(&key)),
        }
    }
    if let (Some((key, _)), Some(answer)) = (cache, answer) {
        store.answers.lock().unwrap().insert(key, answer);
    }
    store.answer(())
}

async fn reserve(State(store): State<Arc<Store>>, Json(ask): Json<Reserve>) -> Said<Reserved> {
    let mut taken = store.taken.lock().unwrap();
    for returned in ask.returned {
        let kept = taken.get_mut(&returned.bucket).unwrap();
        *kept = kept.checked_add_signed(-returned.amount).unwrap();
    }
    let mut blocks = Vec::new();
    for (place, budget) in ask.budgets.iter().enumerate() {
        let left = budget.limit.micro_usd - taken.get(&budget.bucket).copied().unwrap_or_default();
        let Some(amount) = budget.block(left) else {
            return store.answer(Reserved::Spent { place, retry_after_ms: 90_000 });
        };
        blocks.push(Block { window: WINDOW.0, ends: WINDOW.1, amount });
    }
    for (budget, block) in ask.budgets.into_iter().zip(&blocks) {
        *taken.entry(budget.bucket).or_default() += block.amount;
    }
    store.answer(Reserved::Blocks(blocks))
}

/// A provider that counts its calls, and says what it was asked: 20 tokens in, 20 out.
async fn provider() -> Result<(String, Arc<AtomicU64>)> {
    let calls = Arc::new(AtomicU64::new(0));
    let router = Router::new().route(
        "/{*path}",
        post(async |State(calls): State<Arc<AtomicU64>>, Json(asked): Json<Value>| {
            let number = calls.fetch_add(1, Ordering::Relaxed);
            // Long enough for others to come meanwhile.
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            let said = asked["messages"][1]["content"].as_str().unwrap_or_default().to_owned();
            if said.contains("fail") {
                return Err(StatusCode::BAD_REQUEST);
            }
            Ok(Json(json!({
                "id": number.to_string(),
                "model": "m-1",
                "choices": [{
                    "message": { "role": "assistant", "content": format!("{said} {number}") },
                    "finish_reason": "stop",
                }],
                "usage": { "prompt_tokens": 20, "completion_tokens": 20 },
            })))
        }),
    );
    let router = router.with_state(Arc::clone(&calls));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((address, calls))
}

/// At 3 USD per million tokens in and 15 USD per million out.
const COST: u64 = 360;

struct World {
    function: Function,
    store: Arc<Store>,
    calls: Arc<AtomicU64>,
}

impl World {
    async fn new(more: Value, at_once: &str) -> Result<Self> {
        let (address, store) = store().await?;
        Self::at(&address, store, more, at_once).await
    }

    /// One whose store is away: a service that fails, and a table where there is none.
    async fn away(more: &Value) -> Result<[Self; 2]> {
        let (address, store) = store().await?;
        *store.fails.lock().unwrap() = true;
        let table = format!("dynamodb://abc?region=eu-central-1&endpoint={address}");
        let service = Self::at(&address, Arc::clone(&store), more.clone(), "1").await?;
        Ok([service, Self::at(&table, store, more.clone(), "1").await?])
    }

    async fn at(address: &str, store: Arc<Store>, more: Value, at_once: &str) -> Result<Self> {
        let (base, calls) = provider().await?;
        let model = json!({ "provider": "openai-compatible", "name": "m", "base_url": base });
        let mut endpoint = json!({ "models": [model], "retries": 0 });
        endpoint.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let endpoint = endpoint.to_string();
        let variables = [
            ("ENDPOINT", endpoint.as_str()),
            ("PROMPTPILOT_STATE", address),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_LAMBDA_MAX_CONCURRENCY", at_once),
        ];
        Ok(Self { function: Function::start("steered", &variables).await?, store, calls })
    }

    async fn call(&self, text: &str, headers: &[(&str, &str)]) -> Result<support::Answer> {
        self.function.invoke(post_event(headers, &json!({ "text": text }).to_string())).await
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

fn kind(answer: &support::Answer) -> (u16, String) {
    let problem = answer.json()["type"].as_str().unwrap_or_default().to_owned();
    (answer.status, problem.rsplit(':').next().unwrap_or_default().to_owned())
}

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
    let calls = (0..32).map(|_| world.call("Hi", &[]));
    let answers = futures::future::try_join_all(calls).await?;
    assert!(answers.iter().all(|it| it.json() == json!({ "text": "Hi 0" })));
    assert_eq!(world.calls(), 1);
    let saved = answers.iter().filter(|it| it.header("x-promptpilot-cache") == "hit").count();
    assert_eq!(saved, 31);
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
    let (first, meanwhile) = tokio::join!(call("Hi", "k"), async {
        while world.store.repeats.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        call("Hi", "k").await
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
