//! A function, the store that it asks, and the provider that answers it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use promptpilot_spec::{
    state::{Admit, Admitted, Block, Finish, RateLeft, Reserve, Reserved, Terms, Verdict},
    units::{Money, Period},
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{self, Function, Result, post_event};

/// A store of one window and one organization, in memory. It can be told to fail.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) fails: Mutex<bool>,
    pub(crate) rate: Mutex<Option<RateLeft>>,
    pub(crate) repeats: Mutex<HashMap<String, (String, Option<String>)>>,
    pub(crate) answers: Mutex<HashMap<String, String>>,
    /// The key that was looked for last, and for how many milliseconds answers were kept.
    pub(crate) asked_for: Mutex<Option<String>>,
    pub(crate) kept_for: Mutex<Vec<u64>>,
    /// What the organization may spend, in micro-USD.
    pub(crate) organization: Mutex<Option<u64>>,
    /// What was taken of each budget.
    pub(crate) taken: Mutex<HashMap<String, u64>>,
    pub(crate) asked: AtomicU64,
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
    store.asked_for.lock().unwrap().clone_from(&ask.cache);
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
    if let (Some((key, kept_for)), Some(answer)) = (cache, answer) {
        store.kept_for.lock().unwrap().push(kept_for);
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
        let organization = *store.organization.lock().unwrap();
        let Some(limit) = budget.limit.map(|limit| limit.micro_usd).or(organization) else {
            let unlimited = true;
            blocks.push(Block { ends: WINDOW.1, unlimited, ..Block::unlimited(WINDOW.0) });
            continue;
        };
        let taken = taken.get(&budget.bucket).copied().unwrap_or_default();
        let limit = Money { micro_usd: limit, per: Period::Day };
        let terms = Terms { limit, soft: budget.soft, hard: true };
        let Some(amount) = terms.block(budget.amount, taken) else {
            return store.answer(Reserved::Spent { place, retry_after_ms: 90_000 });
        };
        let reaches_soft =
            budget.soft.is_some_and(|soft| (taken + 1..=taken + amount).contains(&soft));
        let (window, ends, unlimited) = (WINDOW.0, WINDOW.1, false);
        blocks.push(Block { window, ends, amount, reaches_soft, unlimited });
    }
    let limited = ask.budgets.into_iter().zip(&blocks).filter(|(_, block)| !block.unlimited);
    for (budget, block) in limited {
        *taken.entry(budget.bucket).or_default() += block.amount;
    }
    store.answer(Reserved::Blocks(blocks))
}

/// A provider that counts its calls, and says what it was asked: 20 tokens in, 20 out.
#[derive(Debug)]
pub(crate) struct Provider {
    calls: AtomicU64,
    /// Whether it answers; else calls wait until it does.
    answers: watch::Sender<bool>,
}

async fn provider() -> Result<(String, Arc<Provider>)> {
    let provider =
        Arc::new(Provider { calls: AtomicU64::new(0), answers: watch::Sender::new(true) });
    let router = Router::new().route(
        "/{*path}",
        post(async |State(provider): State<Arc<Provider>>, Json(asked): Json<Value>| {
            let number = provider.calls.fetch_add(1, Ordering::Relaxed);
            provider.answers.subscribe().wait_for(|answers| *answers).await.unwrap();
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
    let router = router.with_state(Arc::clone(&provider));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((address, provider))
}

/// At 3 USD per million tokens in and 15 USD per million out.
pub(crate) const COST: u64 = 360;

pub(crate) struct World {
    pub(crate) function: Function,
    pub(crate) store: Arc<Store>,
    provider: Arc<Provider>,
}

impl World {
    pub(crate) async fn new(more: Value, at_once: &str) -> Result<Self> {
        let (address, store) = store().await?;
        Self::at(&address, store, more, at_once).await
    }

    /// One whose store is away: a service that fails, and a table where there is none.
    pub(crate) async fn away(more: &Value) -> Result<[Self; 2]> {
        let (address, store) = store().await?;
        *store.fails.lock().unwrap() = true;
        let table = format!("dynamodb://abc?region=eu-central-1&endpoint={address}");
        let service = Self::at(&address, Arc::clone(&store), more.clone(), "1").await?;
        Ok([service, Self::at(&table, store, more.clone(), "1").await?])
    }

    async fn at(address: &str, store: Arc<Store>, more: Value, at_once: &str) -> Result<Self> {
        let (base, provider) = provider().await?;
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
        Ok(Self { function: Function::start("steered", &variables).await?, store, provider })
    }

    pub(crate) async fn call(
        &self,
        text: &str,
        headers: &[(&str, &str)],
    ) -> Result<support::Answer> {
        self.function.invoke(post_event(headers, &json!({ "text": text }).to_string())).await
    }

    pub(crate) fn calls(&self) -> u64 {
        self.provider.calls.load(Ordering::Relaxed)
    }

    /// Makes calls wait for the provider, or answers those that do.
    pub(crate) fn let_answer(&self, answers: bool) {
        self.provider.answers.send_replace(answers);
    }

    /// Waits until the store was asked so many times.
    pub(crate) async fn until_asked(&self, times: u64) {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while self.store.asked.load(Ordering::Relaxed) < times {
            assert!(std::time::Instant::now() < until, "{:?}", self.store.asked);
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) fn kind(answer: &support::Answer) -> (u16, String) {
    let problem = answer.json()["type"].as_str().unwrap_or_default().to_owned();
    (answer.status, problem.rsplit(':').next().unwrap_or_default().to_owned())
}
