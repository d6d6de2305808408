//! All SQL on API keys. The connection carries the organization (row-level security), so no
//! statement here compares it.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{ApiKey, KeyLimits, PromptScope};
use crate::budget::store as budget;

/// A key to save.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) organization: Uuid,
    pub(super) id: Uuid,
    pub(super) name: &'a str,
    pub(super) test: bool,
    pub(super) hash: &'a str,
    pub(super) shown: &'a str,
    pub(super) endpoints: Option<Vec<Uuid>>,
    pub(super) environments: Option<Vec<Uuid>>,
    pub(super) prompts: Option<Vec<Uuid>>,
    pub(super) expires: Option<OffsetDateTime>,
    pub(super) limits: KeyLimits,
    pub(super) by: Uuid,
}

/// Saves a key; false if one of that name is there.
pub(super) async fn add(db: &mut PgConnection, row: Row<'_>) -> sqlx::Result<bool> {
    let (micro_usd, per, rate) = columns(&row.limits);
    let done = sqlx::query!(
        "insert into api_keys
            (organization_id, id, name, test, hash, shown, endpoints, environments, prompts,
             expires_at, created_by, budget_micro_usd, budget_per, rate)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         on conflict (organization_id, name) where revoked_at is null do nothing",
        row.organization,
        row.id,
        row.name,
        row.test,
        row.hash,
        row.shown,
        row.endpoints.as_deref(),
        row.environments.as_deref(),
        row.prompts.as_deref(),
        row.expires,
        row.by,
        micro_usd,
        per,
        rate
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Limits, as they are kept.
fn columns(limits: &KeyLimits) -> (Option<i64>, Option<String>, Option<i32>) {
    let (micro_usd, per) = budget::columns(limits.budget);
    let rate = limits.rate.map(|rate| i32::try_from(rate).unwrap_or(i32::MAX));
    (micro_usd, per, rate)
}

/// Gives a key other limits.
pub(super) async fn limit(db: &mut PgConnection, id: Uuid, to: &KeyLimits) -> sqlx::Result<()> {
    let (micro_usd, per, rate) = columns(to);
    sqlx::query!(
        "update api_keys set budget_micro_usd = $2, budget_per = $3, rate = $4 where id = $1",
        id,
        micro_usd,
        per,
        rate
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A key, with the names of what it opens.
#[derive(Debug)]
struct Listed {
    id: Uuid,
    name: String,
    shown: String,
    test: bool,
    endpoints: Option<Vec<String>>,
    environments: Option<Vec<String>>,
    prompts: Option<Vec<String>>,
    budget_micro_usd: Option<i64>,
    budget_per: Option<String>,
    rate: Option<i32>,
    created: OffsetDateTime,
    expires: Option<OffsetDateTime>,
    revoked: Option<OffsetDateTime>,
    rotated: Option<OffsetDateTime>,
    earlier_until: Option<OffsetDateTime>,
}

impl From<Listed> for ApiKey {
    fn from(key: Listed) -> Self {
        Self {
            id: key.id,
            name: key.name,
            shown: key.shown,
            test: key.test,
            endpoints: key.endpoints,
            environments: key.environments,
            prompts: PromptScope::from(key.prompts),
            limits: KeyLimits {
                budget: budget::money(key.budget_micro_usd, key.budget_per.as_deref()),
                rate: key.rate.map(i32::unsigned_abs),
            },
            created: key.created,
            expires: key.expires,
            revoked: key.revoked,
            rotated: key.rotated,
            earlier_until: key.earlier_until,
        }
    }
}

/// One key, or all, the newest first.
pub(super) async fn list(db: &mut PgConnection, id: Option<Uuid>) -> sqlx::Result<Vec<ApiKey>> {
    let keys = sqlx::query_as!(
        Listed,
        r#"select id, name, shown, test,
                  case when endpoints is not null then array(
                      select e.name from endpoints e where e.id = any(k.endpoints) order by 1
                  ) end as "endpoints: Vec<String>",
                  case when environments is not null then array(
                      select e.name from environments e where e.id = any(k.environments) order by 1
                  ) end as "environments: Vec<String>",
                  case when k.prompts is not null then array(
                      select p.name from prompts p
                       where p.id = any(k.prompts) and p.deleted_at is null order by 1
                  ) end as "prompts: Vec<String>",
                  budget_micro_usd, budget_per, rate,
                  created_at as created, expires_at as expires, revoked_at as revoked,
                  rotated_at as rotated, earlier_until
             from api_keys k
            where $1::uuid is null or id = $1
            order by id desc"#,
        id
    )
    .fetch_all(db)
    .await?;
    Ok(keys.into_iter().map(ApiKey::from).collect())
}

/// Ids of prompts by their names; those that are not there are left out.
pub(super) async fn prompts(
    db: &mut PgConnection,
    names: &[String],
) -> sqlx::Result<Vec<(String, Uuid)>> {
    let rows = sqlx::query!(
        "select name, id from prompts where name = any($1) and deleted_at is null",
        names
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

/// Ids of endpoints by their names; those that are not there are left out.
pub(super) async fn endpoints(
    db: &mut PgConnection,
    names: &[String],
) -> sqlx::Result<Vec<(String, Uuid)>> {
    let rows = sqlx::query!(
        "select name, id from endpoints where name = any($1) and deleted_at is null",
        names
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

/// Ids of environments by their names; those that are not there are left out.
pub(super) async fn environments(
    db: &mut PgConnection,
    names: &[String],
) -> sqlx::Result<Vec<(String, Uuid)>> {
    let rows = sqlx::query!(
        "select name, id from environments where name = any($1) and deleted_at is null",
        names
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

/// Ends the key with this id, or the one that is called so and still opens something; its id, and
/// `None` if there is none. Ending one twice leaves the first time.
pub(super) async fn revoke(db: &mut PgConnection, named: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "update api_keys set revoked_at = coalesce(revoked_at, now())
          where id = $1 or ($1 is null and name = $2 and revoked_at is null)
         returning id",
        named.parse::<Uuid>().ok(),
        named
    )
    .fetch_optional(db)
    .await
}

/// A key that is to get another secret, held until the transaction ends.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) test: bool,
    pub(super) revoked: bool,
    pub(super) expires: Option<OffsetDateTime>,
}

/// The key with this id, or the one that is called so and still opens something.
pub(super) async fn hold(db: &mut PgConnection, named: &str) -> sqlx::Result<Option<Held>> {
    sqlx::query_as!(
        Held,
        r#"select id, name, test, revoked_at is not null as "revoked!", expires_at as expires
             from api_keys
            where id = $1 or ($1 is null and name = $2 and revoked_at is null)
              for update"#,
        named.parse::<Uuid>().ok(),
        named
    )
    .fetch_optional(db)
    .await
}

/// A key's next secret.
#[derive(Debug)]
pub(super) struct Secret<'a> {
    pub(super) hash: &'a str,
    pub(super) shown: &'a str,
    /// How long those before it are still good, in seconds.
    pub(super) grace: f64,
}

/// Gives a key another secret. Those that it had before end when the grace does, or as they would have.
pub(super) async fn rotate(
    db: &mut PgConnection,
    id: Uuid,
    secret: Secret<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update earlier_key_secrets
            set ends_at = least(ends_at, now() + make_interval(secs => $2)) where key_id = $1",
        id,
        secret.grace
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into earlier_key_secrets (organization_id, key_id, hash, ends_at)
         select organization_id, id, hash, now() + make_interval(secs => $2)
           from api_keys where id = $1",
        id,
        secret.grace
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update api_keys set hash = $2, shown = $3, rotated_at = now(),
                earlier_until = now() + make_interval(secs => $4)
          where id = $1",
        id,
        secret.hash,
        secret.shown,
        secret.grace
    )
    .execute(db)
    .await?;
    Ok(())
}
