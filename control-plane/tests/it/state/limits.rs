//! What organizations may spend finds its way to where functions look it up in a table, and what they spend
//! there finds its way back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use promptpilot_control_plane::{Faults, SignUps};
use promptpilot_runtime::state::{
    StateStore,
    dynamodb::{
        self,
        limits::{self, StoredLimit},
    },
};
use promptpilot_spec::state::{ORGANIZATION, Reserve, Returned, Terms};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor;
use uuid::Uuid;

use crate::{
    state::{judge::Judge, spending::take},
    support::{
        Failure, Outcome,
        person::{Person, kind},
        pilot::Pilot,
    },
};

/// How long the worker has to tell the table of all budgets.
const PATIENCE: Duration = Duration::from_secs(60);

/// A system whose functions ask a table.
struct World {
    pilot: Pilot,
    judge: Judge,
    organization: Uuid,
    path: String,
    store: Arc<dyn StateStore>,
}

impl World {
    async fn new() -> Result<Self, Failure> {
        let judge = Judge::dynalite().await?;
        let pilot = Pilot::without_worker_with(|settings| {
            settings.state = Some(judge.address.clone());
            settings.sign_ups = SignUps::Open;
        })
        .await?;
        let organization = pilot.plane.ensure_local_owner().await?.organization;
        let path = format!("/api/organizations/{organization}/budget");
        let store = dynamodb::open(judge.table()?, organization);
        Ok(Self { pilot, judge, organization, path, store })
    }

    async fn ask(&self, method: Method, body: Option<Value>) -> Result<(u16, Value), Failure> {
        let (status, body) = self.pilot.request(method, &self.path, body).await?;
        Ok((status.as_u16(), body))
    }

    async fn set(&self, limit: &str) -> Result<(u16, Value), Failure> {
        self.ask(Method::PUT, Some(json!({ "limit": limit, "soft": 0.5 }))).await
    }

    async fn spent(&self) -> Result<Value, Failure> {
        Ok(self.pilot.get(&self.path).await?["spent_usd"].take())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_spent_is_copied_as_it_changes_and_whole_when_a_worker_starts() -> Outcome {
    let mut world = World::new().await?;
    let stranger = Person::sign_up(&world.pilot, "stranger").await?;
    let theirs: Uuid =
        stranger.me["organizations"][0]["id"].as_str().ok_or("no organization")?.parse()?;
    assert!(take(&world.store, 70).await?.is_some_and(|block| block.unlimited));
    let (status, state) = world.set("0.01 USD/month").await?;
    assert_eq!((status, &state["holds_endpoints"]), (200, &json!(true)), "{state}");
    assert!(take(&world.store, 70).await?.is_some_and(|block| block.amount == 100));
    assert_eq!(world.spent().await?, "0.000100");
    let others = dynamodb::open(world.judge.table()?, theirs);
    assert!(take(&others, 70).await?.is_some_and(|block| block.unlimited));
    assert_eq!(world.ask(Method::DELETE, None).await?.0, 204);
    assert!(take(&world.store, 70).await?.is_some_and(|block| block.unlimited));
    world.set("0.02 USD/month").await?;
    assert!(take(&world.store, 9_900).await?.is_some_and(|block| !block.unlimited));

    // Another table knows one that was removed, and not the one that there is.
    let other = Judge::dynalite().await?;
    let terms = Some(Terms { limit: "0.01 USD/day".parse()?, soft: None, hard: true });
    let removed = StoredLimit { organization: theirs, terms };
    limits::put(&other.table()?, &removed).await?;
    let mut settings = world.pilot.settings.clone();
    settings.state = Some(other.address.clone());
    settings.worker.faults = Faults::default();
    world.pilot.add_worker_with(settings).await?;
    let stores = [world.organization, theirs].map(|organization| {
        Ok::<_, Failure>((organization, dynamodb::open(other.table()?, organization)))
    });
    let until = Instant::now() + PATIENCE;
    for store in stores {
        let (organization, store) = store?;
        let is_held = organization == world.organization;
        while take(&store, 0).await?.is_none_or(|block| block.unlimited == is_held) {
            assert!(Instant::now() < until, "the worker does not tell of {organization}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    world.pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_where_no_function_can_be_told() -> Outcome {
    let World { pilot, judge, organization, path, store } = World::new().await?;
    drop(store);
    let budget = async |method: Method, body: Option<Value>| {
        let (status, body) = pilot.request(method, &path, body).await?;
        Ok::<_, Failure>((status.as_u16(), body))
    };
    let set = |limit: &str| budget(Method::PUT, Some(json!({ "limit": limit })));
    assert_eq!(set("1 USD/day").await?.0, 200);
    drop(judge);
    let away = (503, "state-unavailable");
    assert_eq!(kind(&set("2 USD/day").await?), away);
    assert_eq!(kind(&budget(Method::DELETE, None).await?), away);
    assert_eq!(kind(&budget(Method::GET, None).await?), away);
    let mut db = pilot.database.connect().await?;
    let kept: Option<i64> =
        sqlx::query_scalar("select budget_micro_usd from organizations where id = $1")
            .bind(organization)
            .fetch_one(&mut db)
            .await?;
    assert_eq!(kept, Some(1_000_000));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_killed_processes_held_in_a_table_comes_back_by_the_records_of_calls() -> Outcome {
    let world = World::new().await?;
    let pilot = &world.pilot;
    let run = json!({ "variants": [{
        "prompt": { "template": "Hi" }, "model": { "provider": "sandbox", "name": "echo" },
    }] });
    pilot.post("/api/llm/execute", run).await?;
    let mut db = pilot.database.connect().await?;
    db.execute("update calls set cost_micro_usd = 40").await?;
    world.set("1 USD/month").await?;
    let block = take(&world.store, 70).await?.ok_or("refused")?;
    pilot.plane.reconcile_budgets().await;
    assert_eq!(world.spent().await?, "0.010000", "somebody may still hold the block");

    let grow_old = async |seconds: u32| {
        let key = format!("ORG#{}#BUDGET#{ORGANIZATION}#{}", world.organization, block.window);
        let table = world.judge.table()?;
        let body = json!({
            "TableName": table.name(),
            "Key": { "pk": { "S": key } },
            "UpdateExpression": "SET given = given - :by",
            "ExpressionAttributeValues": { ":by": { "N": seconds.to_string() } },
        });
        table.ask("UpdateItem", &body).await?;
        Ok::<_, Failure>(())
    };
    grow_old(7200).await?;
    pilot.plane.reconcile_budgets().await;
    assert_eq!(world.spent().await?, "0.000040");
    // What comes back so late was counted already.
    let returned =
        vec![Returned { bucket: ORGANIZATION.to_owned(), window: block.window, amount: 30 }];
    world.store.reserve(&Reserve { budgets: Vec::new(), returned }).await?;
    assert_eq!(world.spent().await?, "0.000040");
    // And it is looked at again only after it has given another block.
    db.execute("update calls set cost_micro_usd = 30").await?;
    pilot.plane.reconcile_budgets().await;
    assert_eq!(world.spent().await?, "0.000040");
    take(&world.store, 70).await?.ok_or("refused")?;
    // Not as old as the first one, should both be of one second.
    grow_old(7100).await?;
    pilot.plane.reconcile_budgets().await;
    assert_eq!(world.spent().await?, "0.000030");
    world.pilot.stop().await
}
