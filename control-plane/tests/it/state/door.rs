//! The same stores through functions: several processes of one endpoint, as a platform runs them.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{Json, Router, extract::State, routing::post};
use futures::{StreamExt, TryStreamExt, stream};
use promptpilot_spec::{
    key::{self, KeyKind},
    state::KeyRecord,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    state::function::{Answer, Function, post_event},
    state::subject::Subject,
    support::{Failure, Outcome},
};

/// At 3 USD per million tokens in and 15 USD per million out, in micro-USD.
pub(super) const COST: u64 = 360;

pub(crate) async fn run(subject: &Subject) -> Outcome {
    what_guards_a_call_is_kept_outside_of_its_process(subject).await?;
    a_thousand_calls_inside_their_budget_are_all_let_in(subject).await?;
    processes_that_die_never_spend_more_than_the_budget(subject).await
}

/// A provider that counts its calls, each of 20 tokens in and 20 out.
pub(super) async fn provider() -> Result<(String, Arc<AtomicU64>), Failure> {
    let calls = Arc::new(AtomicU64::new(0));
    let router = Router::new().route(
        "/{*path}",
        post(async |State(calls): State<Arc<AtomicU64>>| {
            let number = calls.fetch_add(1, Ordering::Relaxed);
            Json(json!({
                "id": number.to_string(),
                "model": "m-1",
                "choices": [{
                    "message": { "role": "assistant", "content": number.to_string() },
                    "finish_reason": "stop",
                }],
                "usage": { "prompt_tokens": 20, "completion_tokens": 20 },
            }))
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let router = router.with_state(Arc::clone(&calls));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok((address, calls))
}

/// Processes of an endpoint.
pub(super) async fn processes(
    subject: &Subject,
    count: usize,
    guards: &Value,
    provider: &str,
) -> Result<Vec<Function>, Failure> {
    let model = json!({ "provider": "openai-compatible", "name": "m", "base_url": provider });
    let mut endpoint = json!({ "models": [model], "retries": 0 });
    endpoint.as_object_mut().unwrap().extend(guards.as_object().unwrap().clone());
    let mut variables = subject.variables()?;
    variables.push(("ENDPOINT", endpoint.to_string()));
    variables.push(("AWS_LAMBDA_MAX_CONCURRENCY", subject.load.held.to_string()));
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let starting = (0..count).map(|_| Function::start("steered", &variables));
    stream::iter(starting).buffered(count).try_collect().await
}

pub(super) async fn call(
    function: &Function,
    text: &str,
    headers: &[(&str, &str)],
) -> Result<Answer, Failure> {
    function.invoke(post_event(headers, &json!({ "text": text }).to_string())).await
}

pub(super) fn kind(answer: &Answer) -> (u16, String) {
    let problem = answer.json()["type"].as_str().unwrap_or_default().to_owned();
    (answer.status, problem.rsplit(':').next().unwrap_or_default().to_owned())
}

/// One process asks, another knows.
async fn what_guards_a_call_is_kept_outside_of_its_process(subject: &Subject) -> Outcome {
    let (address, calls) = provider().await?;
    let guards = json!({
        "auth": "api-key",
        "rate": { "capacity": 4, "step_us": 3_600_000_000_u64, "per": "key" },
        "cache_ms": 60_000,
    });
    let functions = processes(subject, 2, &guards, &address).await?;
    let [one, two] = &functions[..] else { panic!("two processes") };
    let text = key::write(KeyKind::Live, &[7; key::RANDOM]);
    let bearer = format!("Bearer {text}");
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", "k")];
    assert_eq!(kind(&call(one, "Hi", &headers).await?), (401, "key-unknown".to_owned()));
    let (id, expires) = (Uuid::now_v7(), None);
    let (endpoints, environments) = (Some(vec![subject.identity.endpoint]), None);
    let record = KeyRecord { id, endpoints, environments, expires, revoked: false };
    subject.add_key(&key::hash(&text), &record).await?;

    let first = call(one, "Hi", &headers).await?;
    assert_eq!((first.status, first.header("x-promptpilot-cache")), (200, "miss"));
    assert_eq!(first.header("ratelimit").split(';').nth(1), Some("r=3"));
    let again = call(two, "Hi", &headers).await?;
    assert_eq!(again.header("x-promptpilot-idempotency"), "replayed");
    assert_eq!(kind(&call(two, "Ho", &headers).await?), (422, "idempotency-key-reused".to_owned()));
    let hit = call(two, "Hi", &headers[..1]).await?;
    assert_eq!((hit.header("x-promptpilot-cache"), hit.json()), ("hit", first.json()));
    for function in &functions {
        let refused = call(function, "Hi", &headers[..1]).await?;
        assert_eq!(kind(&refused), (429, "rate-limited".to_owned()));
    }
    assert_eq!((again.json(), calls.load(Ordering::Relaxed)), (first.json(), 1));
    Ok(())
}

/// Each call sets aside some 0.002 USD. Beside what all of them cost there is room for what all
/// processes may have set aside at once, and for what they hold of blocks.
async fn a_thousand_calls_inside_their_budget_are_all_let_in(subject: &Subject) -> Outcome {
    let (address, calls) = provider().await?;
    let guards = json!({ "budgets": [{ "per": "user", "limit": "0.5 USD/month" }] });
    let functions = processes(subject, 4, &guards, &address).await?;
    let headers = [("x-promptpilot-user", "ann")];
    let answers = stream::iter(0..1000).map(|number| {
        let function = &functions[number % functions.len()];
        async move { Ok::<_, Failure>(kind(&call(function, "Hi", &headers).await?)) }
    });
    let answers: Vec<_> = answers.buffer_unordered(4 * subject.load.held).try_collect().await?;
    let refused: Vec<_> = answers.iter().filter(|(status, _)| *status != 200).collect();
    assert!(refused.is_empty(), "{} of them: {:?}", refused.len(), refused[0]);
    assert_eq!(calls.load(Ordering::Relaxed), 1000);
    Ok(())
}

/// Two processes after two are killed while they work, with whatever they hold.
async fn processes_that_die_never_spend_more_than_the_budget(subject: &Subject) -> Outcome {
    let (address, calls) = provider().await?;
    let guards = json!({ "budgets": [{ "per": "user", "limit": "0.15 USD/month" }] });
    let headers = [("x-promptpilot-user", "bob")];
    for round in 0..4 {
        let functions = processes(subject, 2, &guards, &address).await?;
        let answered = AtomicU64::new(0);
        let asking = stream::iter(0..500).map(|number| {
            let (function, answered) = (&functions[number % 2], &answered);
            async move {
                let answer = call(function, "Hi", &headers).await?;
                answered.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Failure>(kind(&answer))
            }
        });
        let mut asking = asking.buffer_unordered(2 * subject.load.held);
        let mut refused = 0_u64;
        while let Some(answer) = asking.next().await {
            match answer? {
                (200, _) => {}
                (429, kind) if kind == "budget-spent" => refused += 1,
                other => panic!("{other:?}"),
            }
            // The last ones live on until they have spent what is left.
            let enough =
                if round < 3 { answered.load(Ordering::Relaxed) >= 25 } else { refused > 0 };
            if enough {
                break;
            }
        }
        assert!(round < 3 || refused > 0, "{refused}");
    }
    let spent = calls.load(Ordering::Relaxed) * COST;
    assert!((75 * COST..=150_000).contains(&spent), "{spent}");
    Ok(())
}
