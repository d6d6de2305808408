//! What an organization may spend, whichever of its endpoints asks.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures::{StreamExt, TryStreamExt, stream};
use promptpilot_control_plane::{SecretKey, SignUps};
use promptpilot_runtime::{
    Secret,
    state::{HTTP, Place, StateKind, StateStore},
};
use promptpilot_spec::state::{ORGANIZATION, Reserve, Returned, UNLIMITED_LIFE};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    state::{judge, spending::take},
    support::{
        Failure, Outcome,
        person::{Person, kind},
        pilot::{Pilot, echo},
    },
};

/// A system with two endpoints of one organization and one of another, each as it asks.
struct World {
    pilot: Pilot,
    path: String,
    ours: [Arc<dyn StateStore>; 2],
    theirs: Arc<dyn StateStore>,
}

impl World {
    async fn new() -> Result<Self, Failure> {
        let open = |settings: &mut promptpilot_control_plane::Settings| {
            settings.sign_ups = SignUps::Open;
        };
        let pilot = Pilot::without_worker_with(open).await?;
        let batch = pilot.deploy(&[echo("one", "Hello"), echo("two", "Hello")]).await?;
        let [one, two] = [0, 1].map(|place| batch.deployments[place].id);
        let stranger = Person::sign_up(&pilot, "stranger").await?;
        let definition = json!({ "file": "a.toml", "toml": echo("one", "Hello") });
        let body = json!({ "definitions": [definition] });
        let (_, batch) = stranger.post("/api/deployments", body).await?;
        let third = batch["deployments"][0]["id"].as_str().ok_or("no deployment")?.parse()?;
        let organization = pilot.plane.ensure_local_owner().await?.organization;
        let (ours, theirs) = ([store(&pilot, one)?, store(&pilot, two)?], store(&pilot, third)?);
        let path = format!("/api/organizations/{organization}/budget");
        Ok(Self { path, ours, theirs, pilot })
    }

    async fn set(&self, budget: Value) -> Result<(u16, Value), Failure> {
        let (status, body) = self.pilot.request(Method::PUT, &self.path, Some(budget)).await?;
        Ok((status.as_u16(), body))
    }
}

fn store(pilot: &Pilot, deployment: Uuid) -> Result<Arc<dyn StateStore>, Failure> {
    let token = SecretKey::new([7; 32]).deployment_token(deployment);
    let place = Place {
        address: pilot.settings.state.as_deref().ok_or("no state")?.parse()?,
        organization: Uuid::nil(),
        deployment,
        token: Secret::from(token.expose()),
        aws: judge::keys(),
    };
    HTTP.open(&place).ok_or_else(|| "no store".into())
}

/// 10,000 micro-USD in pieces of 70 at least.
#[tokio::test(flavor = "multi_thread")]
async fn of_what_an_organization_may_spend_a_thousand_callers_get_no_more_than_there_is() -> Outcome
{
    let world = World::new().await?;
    assert_eq!(world.set(json!({ "limit": "0.01 USD/month" })).await?.0, 200);
    let held = AtomicU64::new(0);
    let round = async |number: usize| {
        let store = &world.ours[number % 2];
        let Some(block) = take(store, 70).await? else { return Ok(()) };
        let now = held.fetch_add(block.amount, Ordering::SeqCst) + block.amount;
        assert!(now <= 10_000 && block.amount >= 70 && !block.unlimited, "{now} {block:?}");
        if number.is_multiple_of(3) {
            held.fetch_sub(30, Ordering::SeqCst);
            let (bucket, window) = (ORGANIZATION.to_owned(), block.window);
            let returned = vec![Returned { bucket, window, amount: 30 }];
            store.reserve(&Reserve { budgets: Vec::new(), returned }).await?;
        }
        Ok::<_, Failure>(())
    };
    stream::iter(0..1000).map(round).buffer_unordered(1000).try_collect::<()>().await?;
    let held = held.load(Ordering::SeqCst);
    // What comes back after the last of them has asked stays there: 30 from each third of some 120.
    assert!((8_700..=10_000).contains(&held), "{held}");
    let state = world.pilot.get(&world.path).await?;
    assert_eq!(state["spent_usd"], format!("0.{held:06}"), "{state}");
    assert_eq!(state["budget"], json!({ "limit": "0.01 USD/month", "hard": true }));
    assert_eq!(state["holds_endpoints"], true);

    // Nobody else's is touched by it.
    assert!(take(&world.theirs, 70).await?.is_some_and(|block| block.unlimited));
    // A budget of another amount is seen at once, and what was taken stays so.
    assert!(take(&world.ours[0], 5_000).await?.is_none());
    world.set(json!({ "limit": "0.02 USD/month" })).await?;
    assert!(take(&world.ours[0], 5_000).await?.is_some());
    world.set(json!({ "limit": "0.01 USD/month" })).await?;
    assert!(take(&world.ours[1], 1).await?.is_none());
    world.pilot.request(Method::DELETE, &world.path, None).await?;
    let block = take(&world.ours[1], u64::MAX / 2).await?.ok_or("refused")?;
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    assert!(block.unlimited && (now..=now + UNLIMITED_LIFE).contains(&block.ends), "{block:?}");
    assert_eq!(world.pilot.get(&world.path).await?["budget"], Value::Null);
    world.pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_is_set_by_whoever_may_and_every_change_is_written_down() -> Outcome {
    let world = World::new().await?;
    for (budget, problem) in [
        (json!({ "limit": "0 USD/day" }), (422, "budget-invalid")),
        (json!({ "limit": "9300000000000 USD/day" }), (422, "budget-invalid")),
        (json!({ "limit": "1 USD/day", "soft": 0.0 }), (422, "budget-invalid")),
        (json!({ "limit": "1 USD/day", "soft": 1.1 }), (422, "budget-invalid")),
        (json!({ "limit": "1 EUR/day" }), (400, "body-invalid")),
        (json!({ "limit": "1 USD/day", "hart": true }), (400, "body-invalid")),
    ] {
        assert_eq!(kind(&world.set(budget).await?), problem);
    }
    let (status, state) = world.set(json!({ "limit": "1.5 USD/day", "soft": 0.8 })).await?;
    assert_eq!((status, &state["spent_usd"]), (200, &json!("0.000000")), "{state}");
    let resets = state["resets"].as_str().ok_or("it never ends")?;
    assert!(resets.ends_with("T00:00:00Z"), "{resets}");
    // The same again is no change.
    world.set(json!({ "limit": "1.5 USD/day", "soft": 0.8 })).await?;
    world.pilot.request(Method::DELETE, &world.path, None).await?;
    let audit = world.pilot.get("/api/audit").await?;
    let changes = audit["items"].as_array().ok_or("no list")?.iter();
    let amounts: Vec<_> = changes
        .filter(|event| event["subject"] == "organization" && event["action"] == "changed")
        .map(|event| event["after"]["budget_micro_usd"].clone())
        .collect();
    assert_eq!(amounts, [Value::Null, json!(1_500_000)]);
    world.pilot.stop().await
}

/// `echo` is public and asks for nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_without_guards_asks_a_store_once_its_organization_has_a_budget() -> Outcome {
    let world = World::new().await?;
    let asks = async || {
        let source = world.pilot.get("/api/endpoints/one/source").await?;
        let main = source["files"]["src/main.rs"].as_str().ok_or("no sources")?.to_owned();
        Ok::<_, Failure>(main.contains("HTTP"))
    };
    assert!(!asks().await?);
    world.set(json!({ "limit": "1 USD/day" })).await?;
    assert!(asks().await?);
    world.pilot.stop().await
}
