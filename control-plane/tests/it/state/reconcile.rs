//! What processes held of budgets when they were killed.

use promptpilot_codegen::{Bound, Facts, examine};
use promptpilot_control_plane::EnvelopeLine;
use promptpilot_spec::{
    deployment::Identity,
    record::{CallRecord, START_KIND, Served, Source, StartRecord, VERSION},
    state::{BudgetAsk, ORGANIZATION, Reserve, Reserved, Returned},
};
use serde::Serialize;
use sqlx::{Executor, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    state::subject::Subject,
    support::{Failure, Outcome, pilot::echo},
};

const FUNCTION: &str = "pp-000000000000-one";

fn paid() -> String {
    echo("one", "Hello").replace(
        "provider = \"sandbox\"\nname = \"echo\"",
        "provider = \"openai-compatible\"\nname = \"m\"\nbase_url = \"http://127.0.0.1:1\"\n\
         max_tokens = 10\nretries = 0\nprice = { input = 3, output = 15 }",
    )
}

/// Whose calls are records: the subject's deployment, as if its function were published.
async fn published(subject: &Subject, db: &mut PgConnection) -> Result<Identity, Failure> {
    let published = sqlx::query_scalar(
        "update deployments set function_name = $1, function_version = '1' returning endpoint_id",
    );
    let endpoint: Uuid = published.bind(FUNCTION).fetch_one(db).await?;
    Ok(Identity { endpoint, ..subject.identity.clone() })
}

struct Budget<'a> {
    subject: &'a Subject,
    identity: Identity,
    bucket: String,
}

impl Budget<'_> {
    /// Takes a block of a hundredth of 1 USD.
    async fn take(&self) -> Result<i64, Failure> {
        let bucket = self.bucket.clone();
        let limit = (bucket != ORGANIZATION).then(|| "1 USD/month".parse()).transpose()?;
        let budgets = vec![BudgetAsk { bucket, limit, amount: 70, soft: None }];
        let ask = Reserve { budgets, returned: Vec::new() };
        match self.subject.store.reserve(&ask).await? {
            Reserved::Blocks(blocks) => Ok(blocks[0].window),
            spent @ Reserved::Spent { .. } => Err(format!("{spent:?}").into()),
        }
    }

    async fn taken(&self) -> Result<i64, Failure> {
        let mut db = self.subject.pilot()?.database.connect().await?;
        let taken = sqlx::query_scalar("select taken from budget_windows where bucket = $1");
        Ok(taken.bind(&self.bucket).fetch_one(&mut db).await?)
    }

    /// Nobody can hold a block any more.
    async fn grow_old(&self) -> Outcome {
        let mut db = self.subject.pilot()?.database.connect().await?;
        db.execute(
            "update budget_windows
                set given_at = given_at - interval '2 hours',
                    reconciled_at = reconciled_at - interval '2 hours'",
        )
        .await?;
        Ok(())
    }

    async fn ingest(&self, line: &impl Serialize) -> Outcome {
        let (function, version) = (FUNCTION.to_owned(), "1".to_owned());
        let line = EnvelopeLine { function, version, text: serde_json::to_string(line)? };
        let told = self.subject.pilot()?.plane.ingest(&[line]).await?;
        assert!(told.refused.is_empty(), "{told:?}");
        Ok(())
    }

    fn call(&self, cost: Option<u64>, source: Source) -> CallRecord {
        let (identity, endpoint_name) = (self.identity.clone(), "one".to_owned());
        let by = Served { identity, endpoint_name };
        let call = CallRecord::begun(Uuid::now_v7(), OffsetDateTime::now_utc(), source, by);
        CallRecord { cost_micro_usd: cost, ..call }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_organization_may_spend_comes_back_by_the_records_of_all_of_its_calls() -> Outcome {
    let subject = Subject::service_of(&paid()).await?;
    let pilot = subject.pilot()?;
    let mut db = pilot.database.connect().await?;
    let identity = published(&subject, &mut db).await?;
    let path = format!("/api/organizations/{}/budget", identity.organization);
    let set = Some(serde_json::json!({ "limit": "1 USD/month" }));
    pilot.request(reqwest::Method::PUT, &path, set).await?;
    let budget = Budget { subject: &subject, identity, bucket: ORGANIZATION.to_owned() };

    budget.take().await?;
    budget.ingest(&budget.call(Some(360), Source::Call)).await?;
    budget.ingest(&budget.call(Some(5_000), Source::Verify)).await?;
    let run = serde_json::json!({ "variants": [{
        "prompt": { "template": "Hi" }, "model": { "provider": "sandbox", "name": "echo" },
    }] });
    pilot.post("/api/llm/execute", run).await?;
    db.execute("update calls set cost_micro_usd = 40 where source = 'studio'").await?;
    pilot.plane.reconcile_budgets().await;
    assert_eq!(budget.taken().await?, 10_000, "somebody may still hold the block");
    budget.grow_old().await?;
    pilot.plane.reconcile_budgets().await;
    assert_eq!(budget.taken().await?, 400);
    subject.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_killed_processes_held_comes_back_as_far_as_records_tell_that_it_was_not_spent()
-> Outcome {
    let subject = Subject::service_of(&paid()).await?;
    let pilot = subject.pilot()?;
    let mut db = pilot.database.connect().await?;
    let identity = published(&subject, &mut db).await?;
    let bucket = format!("{}/production/month", identity.endpoint);
    let budget = Budget { subject: &subject, identity, bucket };

    let window = budget.take().await?;
    budget.ingest(&budget.call(Some(360), Source::Call)).await?;
    budget.ingest(&budget.call(Some(360), Source::Call)).await?;
    budget.ingest(&budget.call(Some(5_000), Source::Verify)).await?;
    pilot.plane.reconcile_budgets().await;
    assert_eq!(budget.taken().await?, 10_000, "somebody may still hold the block");

    budget.grow_old().await?;
    let begun = budget.call(None, Source::Call);
    let start = StartRecord {
        kind: START_KIND.to_owned(),
        v: VERSION,
        call_id: begun.call_id,
        time: begun.time,
        platform_request_id: Some("r".to_owned()),
        source: Source::Call,
    };
    budget.ingest(&start).await?;
    pilot.plane.reconcile_budgets().await;
    assert_eq!(budget.taken().await?, 10_000, "a call is at work");

    // Nobody knows what it cost; it counts for the most that it can have.
    budget.ingest(&begun).await?;
    let plan = examine(&paid(), "one.toml", &Facts::default()).plan.ok_or("no plan")?;
    let Bound::AtMost(most) = plan.ceiling.micro_usd else { panic!("{:?}", plan.ceiling) };
    assert!((1..9_000).contains(&most), "{most}");
    pilot.plane.reconcile_budgets().await;
    let spent = 720 + i64::try_from(most)?;
    assert_eq!(budget.taken().await?, spent);

    // What comes back so late was counted already.
    let returned = vec![Returned { bucket: budget.bucket.clone(), window, amount: 500 }];
    subject.store.reserve(&Reserve { budgets: Vec::new(), returned }).await?;
    assert_eq!(budget.taken().await?, spent);
    // And it is looked at again only after it has given another block.
    budget.ingest(&budget.call(Some(1), Source::Call)).await?;
    pilot.plane.reconcile_budgets().await;
    assert_eq!(budget.taken().await?, spent);
    budget.take().await?;
    budget.grow_old().await?;
    pilot.plane.reconcile_budgets().await;
    assert_eq!(budget.taken().await?, spent + 1);
    subject.stop().await
}
