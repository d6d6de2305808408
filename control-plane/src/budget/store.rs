//! All SQL on organizations' budgets. The connection carries the organization (row-level security), but
//! where the system looks at all of them.

use promptpilot_spec::{
    state::ORGANIZATION,
    units::{Money, Period},
};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::model::Budget;

/// An organization and what it may spend, as a row.
#[derive(Debug)]
struct Row {
    id: Uuid,
    budget_micro_usd: Option<i64>,
    budget_per: Option<String>,
    budget_soft: Option<f64>,
    budget_hard: bool,
}

/// An organization and what it may spend.
#[derive(Debug)]
pub(crate) struct Spender {
    pub(crate) organization: Uuid,
    pub(crate) budget: Option<Budget>,
}

impl From<Row> for Spender {
    fn from(row: Row) -> Self {
        let limit = money(row.budget_micro_usd, row.budget_per.as_deref());
        let budget = |limit| Budget { limit, soft: row.budget_soft, hard: row.budget_hard };
        Self { organization: row.id, budget: limit.map(budget) }
    }
}

/// The budget, where there is one.
pub(crate) async fn get(db: &mut PgConnection) -> sqlx::Result<Option<Budget>> {
    let row = sqlx::query_as!(
        Row,
        "select id, budget_micro_usd, budget_per, budget_soft, budget_hard from organizations"
    )
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(|row| Spender::from(row).budget))
}

/// What an organization may spend. Nobody else changes it before this transaction ends.
pub(crate) async fn hold(
    db: &mut PgConnection,
    organization: Uuid,
) -> sqlx::Result<Option<Spender>> {
    let row = sqlx::query_as!(
        Row,
        "select id, budget_micro_usd, budget_per, budget_soft, budget_hard
           from organizations
          where id = $1
            for no key update",
        organization
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Spender::from))
}

/// Of all organizations, those that come after one.
pub(crate) async fn spenders(
    system: &PgPool,
    after: Uuid,
    limit: i64,
) -> sqlx::Result<Vec<Spender>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, budget_micro_usd, budget_per, budget_soft, budget_hard
           from organizations
          where id > $1
          order by id
          limit $2",
        after,
        limit
    )
    .fetch_all(system)
    .await?;
    Ok(rows.into_iter().map(Spender::from).collect())
}

/// Money per time, from the two columns that it is kept in.
pub(crate) fn money(micro_usd: Option<i64>, per: Option<&str>) -> Option<Money> {
    Some(Money { micro_usd: micro_usd?.unsigned_abs(), per: Period::parse(per?)? })
}

/// Money per time as the two columns that it is kept in, the other way round.
pub(crate) fn columns(limit: Option<Money>) -> (Option<i64>, Option<String>) {
    let micro_usd = limit.map(|it| i64::try_from(it.micro_usd).unwrap_or(i64::MAX));
    (micro_usd, limit.map(|it| it.per.to_string()))
}

/// Sets the budget, or takes it away.
pub(super) async fn set(db: &mut PgConnection, budget: Option<&Budget>) -> sqlx::Result<()> {
    let (micro_usd, per) = columns(budget.map(|budget| budget.limit));
    sqlx::query!(
        "update organizations
            set budget_micro_usd = $1, budget_per = $2, budget_soft = $3, budget_hard = $4
          where (budget_micro_usd, budget_per, budget_soft, budget_hard)
             is distinct from ($1::bigint, $2::text, $3::float8, $4::boolean)",
        micro_usd,
        per,
        budget.and_then(|budget| budget.soft),
        budget.is_none_or(|budget| budget.hard)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What was taken of the budget in the window that begins then, in micro-USD.
pub(super) async fn taken(db: &mut PgConnection, begins: i64) -> sqlx::Result<i64> {
    let taken = sqlx::query_scalar!(
        "select taken from budget_windows where bucket = $1 and begins = $2",
        ORGANIZATION,
        begins
    )
    .fetch_optional(db)
    .await?;
    Ok(taken.unwrap_or_default())
}
