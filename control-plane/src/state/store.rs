//! SQL of the state service. The connection carries the organization (row-level security), so no
//! statement here compares it.

use promptpilot_runtime::state::dynamodb::keys::StoredKey;
use promptpilot_spec::state::KeyRecord;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

/// Whose deployment this is. The one look-up before the organization is known.
pub(super) async fn organization(
    db: &mut PgConnection,
    deployment: Uuid,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select deployment_organization($1)", deployment).fetch_one(db).await
}

/// What is known of a key.
pub(super) async fn key(db: &mut PgConnection, hash: &str) -> sqlx::Result<Option<KeyRecord>> {
    sqlx::query_as!(
        KeyRecord,
        r#"select id, endpoints,
                  case when environments is not null then array(
                      select e.name from environments e where e.id = any(k.environments)
                  ) end as "environments: Vec<String>",
                  expires_at as expires, revoked_at is not null as "revoked!"
             from api_keys k where hash = $1"#,
        hash
    )
    .fetch_optional(db)
    .await
}

/// A key of any organization, as a row.
#[derive(Debug)]
struct KeyRow {
    organization: Uuid,
    hash: String,
    id: Uuid,
    endpoints: Option<Vec<Uuid>>,
    environments: Option<Vec<String>>,
    expires: Option<OffsetDateTime>,
    revoked: Option<OffsetDateTime>,
}

impl From<KeyRow> for StoredKey {
    fn from(row: KeyRow) -> Self {
        let KeyRow { organization, hash, id, endpoints, environments, expires, revoked } = row;
        let record = KeyRecord { id, endpoints, environments, expires, revoked: revoked.is_some() };
        Self { organization, hash, record, revoked }
    }
}

/// A key as it is copied to where functions look it up.
pub(super) async fn stored_key(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<StoredKey>> {
    let row = sqlx::query_as!(
        KeyRow,
        r#"select organization_id as organization, hash, id, endpoints,
                  case when environments is not null then array(
                      select e.name from environments e where e.id = any(k.environments) order by 1
                  ) end as "environments: Vec<String>",
                  expires_at as expires, revoked_at as revoked
             from api_keys k where id = $1"#,
        id
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(StoredKey::from))
}

/// The keys of all organizations that come after an organization's key.
pub(super) async fn stored_keys(
    system: &PgPool,
    (organization, id): (Uuid, Uuid),
    limit: i64,
) -> sqlx::Result<Vec<StoredKey>> {
    let rows = sqlx::query_as!(
        KeyRow,
        r#"select organization_id as organization, hash, id, endpoints,
                  case when environments is not null then array(
                      select e.name from environments e
                       where e.organization_id = k.organization_id and e.id = any(k.environments)
                       order by 1
                  ) end as "environments: Vec<String>",
                  expires_at as expires, revoked_at as revoked
             from api_keys k
            where (organization_id, id) > ($1, $2)
            order by organization_id, id
            limit $3"#,
        organization,
        id,
        limit
    )
    .fetch_all(system)
    .await?;
    Ok(rows.into_iter().map(StoredKey::from).collect())
}

/// Lets this transaction end before it is on disk: should the machine lose its power, a few calls are
/// not counted. Waiting would cost every call more than all the rest of this.
pub(super) async fn forgive_loss(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select set_config('synchronous_commit', 'off', true)").fetch_one(db).await?;
    Ok(())
}

/// Takes a place in a bucket, where there is one, and says when it will be full again; times and
/// spans in microseconds.
pub(super) async fn take_rate(
    db: &mut PgConnection,
    bucket: &str,
    now: i64,
    step: i64,
    capacity: i64,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "insert into rate_buckets as kept (organization_id, bucket, full_at)
         values (app_org(), $1, $2 + $3::bigint)
         on conflict (organization_id, bucket) do update
            set full_at = greatest(kept.full_at, $2) + $3
          where greatest(kept.full_at, $2) + $3 - $2 <= $4::bigint
         returning full_at",
        bucket,
        now,
        step,
        capacity
    )
    .fetch_optional(db)
    .await
}

/// When a bucket will be full again.
pub(super) async fn full_at(db: &mut PgConnection, bucket: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!("select full_at from rate_buckets where bucket = $1", bucket)
        .fetch_optional(db)
        .await
}

/// The first call with a key, as far as it came.
#[derive(Debug)]
pub(super) struct Repeat {
    pub(super) request: String,
    pub(super) answer: Option<String>,
}

/// Takes a key for a call; false where another has it.
pub(super) async fn begin_repeat(
    db: &mut PgConnection,
    key: &str,
    request: &str,
    until: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into repeated_calls as kept (organization_id, key, request, expires_at)
         values (app_org(), $1, $2, $3)
         on conflict (organization_id, key) do update
            set request = excluded.request, answer = null, expires_at = excluded.expires_at
          where kept.expires_at <= now()",
        key,
        request,
        until
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn repeat(db: &mut PgConnection, key: &str) -> sqlx::Result<Option<Repeat>> {
    sqlx::query_as!(Repeat, "select request, answer from repeated_calls where key = $1", key)
        .fetch_optional(db)
        .await
}

pub(super) async fn keep_repeat(
    db: &mut PgConnection,
    key: &str,
    answer: &str,
    until: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update repeated_calls set answer = $2, expires_at = $3 where key = $1",
        key,
        answer,
        until
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn forget_repeat(db: &mut PgConnection, key: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from repeated_calls where key = $1 and answer is null", key)
        .execute(db)
        .await?;
    Ok(())
}

/// An answer that is still good.
pub(super) async fn remembered(db: &mut PgConnection, key: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select answer from remembered_answers where key = $1 and expires_at > now()",
        key
    )
    .fetch_optional(db)
    .await
}

pub(super) async fn remember(
    db: &mut PgConnection,
    key: &str,
    answer: &str,
    until: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into remembered_answers (organization_id, key, answer, expires_at)
         values (app_org(), $1, $2, $3)
         on conflict (organization_id, key) do update
            set answer = excluded.answer, expires_at = excluded.expires_at",
        key,
        answer,
        until
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A budget's window of time, in seconds since 1970.
#[derive(Debug)]
pub(super) struct Window<'a> {
    pub(super) bucket: &'a str,
    pub(super) begins: i64,
    pub(super) ends: i64,
}

/// What was taken in a window, in micro-USD; nobody else takes of it until the transaction ends.
pub(super) async fn taken(db: &mut PgConnection, window: &Window<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into budget_windows as kept (organization_id, bucket, begins, ends, taken)
         values (app_org(), $1, $2, $3, 0)
         on conflict (organization_id, bucket, begins) do update set taken = kept.taken
         returning taken",
        window.bucket,
        window.begins,
        window.ends
    )
    .fetch_one(db)
    .await
}

pub(super) async fn take_money(
    db: &mut PgConnection,
    window: &Window<'_>,
    amount: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update budget_windows set taken = taken + $3 where bucket = $1 and begins = $2",
        window.bucket,
        window.begins,
        amount
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Puts money back that nobody spent.
pub(super) async fn give_back(
    db: &mut PgConnection,
    bucket: &str,
    begins: i64,
    amount: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update budget_windows set taken = greatest(taken - $3, 0) where bucket = $1 and begins = $2",
        bucket,
        begins,
        amount
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What is over, of all organizations: buckets that are full, keys and answers past their time, and
/// windows that ended.
pub(crate) async fn forget(system: &PgPool) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from rate_buckets where full_at < (extract(epoch from now()) * 1000000)::bigint"
    )
    .execute(system)
    .await?;
    sqlx::query!("delete from repeated_calls where expires_at < now()").execute(system).await?;
    sqlx::query!("delete from remembered_answers where expires_at < now()").execute(system).await?;
    sqlx::query!("delete from budget_windows where ends < extract(epoch from now())::bigint")
        .execute(system)
        .await?;
    Ok(())
}
