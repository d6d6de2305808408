//! What executed prompts may cost.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{Json, Router, routing::post};
use promptpilot_runtime::state::dynamodb;
use promptpilot_spec::state::{BudgetAsk, ORGANIZATION, Reserve, Reserved};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    execution::ask,
    execution::calls,
    execution::key,
    execution::prompt,
    execution::send,
    state::judge::Judge,
    support::{Failure, Outcome, person::kind, pilot::Pilot},
};

const PAID: &str = "/v1/prompts/paid/execute";

/// Of 20 tokens in and 20 out, at 3 USD and 15 USD per million; in micro-USD.
const COST: u64 = 360;

/// A prompt whose model counts its calls. Each sets aside some 0.002 USD.
async fn paid(pilot: &Pilot) -> Result<Arc<AtomicU64>, Failure> {
    let made = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&made);
    let answer = async move || {
        counted.fetch_add(1, Ordering::Relaxed);
        let message = json!({ "role": "assistant", "content": "Hello" });
        Json(json!({
            "id": "1", "model": "m", "choices": [{ "message": message, "finish_reason": "stop" }],
            "usage": { "prompt_tokens": 20, "completion_tokens": 20 },
        }))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let router = Router::new().route("/{*path}", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let model = json!({
        "provider": "openai-compatible", "name": "m", "base_url": address, "max_tokens": 100,
        "price": { "input": 3, "output": 15 },
    });
    prompt(pilot, "paid", json!({ "prompt": { "template": "Hi" }, "model": model })).await?;
    Ok(made)
}

/// Asks until it is refused: what was spent before, and the refusal.
async fn until_refused(
    pilot: &Pilot,
    key: &str,
    made: &AtomicU64,
) -> Result<(u64, Value), Failure> {
    let before = made.load(Ordering::Relaxed);
    for _ in 0..50 {
        let answer = ask(pilot, key, PAID, json!({})).await?;
        if answer.0 != 200 {
            assert_eq!(kind(&answer), (429, "budget-spent"), "{}", answer.1);
            return Ok(((made.load(Ordering::Relaxed) - before) * COST, answer.1));
        }
    }
    Err("nobody is refused".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_organization_may_spend_holds_prompts_and_live_runs() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let made = paid(&pilot).await?;
    let key = key(&pilot, json!({})).await?;
    let organization = pilot.plane.ensure_local_owner().await?.organization;
    let path = format!("/api/organizations/{organization}/budget");
    let set = async |limit: &str| {
        let body = json!({ "limit": limit, "soft": 0.2 });
        pilot.request(Method::PUT, &path, Some(body)).await
    };
    assert_eq!(set("0.005 USD/month").await?.0, 200);
    let (spent, refusal) = until_refused(&pilot, &key, &made).await?;
    assert!((COST..=5_000).contains(&spent), "{spent}");
    let detail = refusal["detail"].as_str().ok_or("no detail")?;
    assert!(detail.contains("left of the organization's budget"), "{detail}");
    let state = pilot.get(&path).await?;
    let taken: f64 = state["spent_usd"].as_str().ok_or("no sum")?.parse()?;
    assert!(taken * 1e6 >= spent as f64 && taken <= 0.005, "{state}");
    let told = calls(&pilot).await?.into_iter().map(|call| call["budget_reached"].clone());
    assert_eq!(told.filter(|it| *it == json!(["organization"])).count(), 1);

    // Nor is it spent by people, or in the words of another API; not even what comes back meanwhile.
    set("0.000001 USD/month").await?;
    let variant = json!({ "prompt": { "use": "paid" } });
    let (_, run) = pilot.post("/api/llm/execute", json!({ "variants": [variant] })).await?;
    assert_eq!(run["results"][0]["error"]["type"], "budget-spent", "{run}");
    let chat = json!({ "model": "prompt:paid" });
    let refused = send(&pilot, &key, "/v1/chat/completions", &chat).await?;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-should-retry"], "false");
    assert!(refused.headers().contains_key("retry-after"));
    let error: Value = refused.json().await?;
    assert_eq!(error["error"]["code"], "insufficient_quota", "{error}");

    set("1 USD/month").await?;
    assert_eq!(ask(&pilot, &key, PAID, json!({})).await?.0, 200);
    pilot.request(Method::DELETE, &path, None).await?;
    assert_eq!(ask(&pilot, &key, PAID, json!({})).await?.0, 200);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_ask_a_table_and_prompts_spend_the_same() -> Outcome {
    let judge = Judge::dynalite().await?;
    let pilot = Pilot::without_worker_with(|settings| {
        settings.state = Some(judge.address.clone());
    })
    .await?;
    let made = paid(&pilot).await?;
    let key = key(&pilot, json!({ "limits": { "budget": "1 USD/month" } })).await?;
    let organization = pilot.plane.ensure_local_owner().await?.organization;
    let path = format!("/api/organizations/{organization}/budget");
    let set = async |limit: &str| {
        pilot.request(Method::PUT, &path, Some(json!({ "limit": limit }))).await
    };
    let function = dynamodb::open(judge.table()?, organization);
    let take = async |amount| {
        let bucket = ORGANIZATION.to_owned();
        let budgets = vec![BudgetAsk { bucket, limit: None, amount, soft: None }];
        function.reserve(&Reserve { budgets, returned: Vec::new() }).await
    };
    set("0.01 USD/month").await?;
    assert!(matches!(take(9_000).await?, Reserved::Blocks(_)));
    let refused = ask(&pilot, &key, PAID, json!({})).await?;
    assert_eq!(kind(&refused), (429, "budget-spent"));
    let detail = refused.1["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("left of the organization's budget"), "{detail}");
    // What the key's own budget had given for it is there again.
    let mut db = pilot.database.connect().await?;
    let windows: Vec<i64> =
        sqlx::query_scalar("select taken from budget_windows").fetch_all(&mut db).await?;
    assert_eq!((windows, made.load(Ordering::Relaxed)), (vec![0], 0));

    set("0.02 USD/month").await?;
    assert_eq!(ask(&pilot, &key, PAID, json!({})).await?.0, 200);
    // Whether or not what the call has left has come back.
    let spent = take(11_000 - COST + 1).await?;
    assert!(matches!(spent, Reserved::Spent { .. }), "{spent:?}");
    let state = pilot.get(&path).await?;
    let taken: f64 = state["spent_usd"].as_str().ok_or("no sum")?.parse()?;
    assert!((0.009..=0.02).contains(&(taken - COST as f64 / 1e6)), "{state}");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_a_budget_and_a_rate_of_its_own_that_can_be_changed() -> Outcome {
    let pilot = Pilot::without_worker().await?;
    let made = paid(&pilot).await?;
    let free = key(&pilot, json!({})).await?;
    let limits = json!({ "budget": "0.005 USD/day", "rate": 100 });
    let bounded = key(&pilot, json!({ "name": "bounded", "limits": limits })).await?;
    let (spent, refusal) = until_refused(&pilot, &bounded, &made).await?;
    assert!((COST..=5_000).contains(&spent), "{spent}");
    let detail = refusal["detail"].as_str().ok_or("no detail")?;
    assert!(detail.contains("left of the key's 0.005 USD/day"), "{detail}");
    assert_eq!(ask(&pilot, &free, PAID, json!({})).await?.0, 200);

    let listed = pilot.get("/api/api-keys").await?;
    assert_eq!(
        (&listed["items"][0]["limits"], &listed["items"][1]["limits"]),
        (&limits, &json!({}))
    );
    let path = "/api/api-keys/bounded/limits";
    for (wrong, problem) in [
        (json!({ "budget": "0 USD/day" }), (422, "key-invalid")),
        (json!({ "rate": 0 }), (422, "key-invalid")),
        (json!({ "budget": 5 }), (400, "body-invalid")),
    ] {
        let (status, body) = pilot.request(Method::PUT, path, Some(wrong)).await?;
        assert_eq!(kind(&(status.as_u16(), body)), problem);
    }
    let (_, changed) = pilot.request(Method::PUT, path, Some(json!({ "rate": 2000 }))).await?;
    assert_eq!(changed["limits"], json!({ "rate": 2000 }));
    let answer = send(&pilot, &bounded, PAID, &json!({})).await?;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["ratelimit-policy"], "\"key\";q=2000;w=60");
    pilot.stop().await
}
