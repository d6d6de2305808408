//! SQL of the state service. The connection carries the organization (row-level security), so no
//! statement here compares it, but for those on rates: they are asked without a transaction, too.

use promptpilot_spec::state::{BLOCK_LIFE, KeyRecord};
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

/// The hash of the token that a deployment was given with the installation's earlier key, if it serves or
/// did until an hour ago: calls of then may still go on. For what does not serve an old key is good for
/// nothing.
pub(super) async fn earlier_token(
    db: &mut PgConnection,
    deployment: Uuid,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select t.hash from earlier_tokens t
           join deployments d on d.id = t.deployment_id
           join functions f on f.endpoint_id = d.endpoint_id and f.environment_id = d.environment_id
          where t.deployment_id = $1
            and (f.live_deployment_id = d.id or f.updated_at > now() - interval '1 hour')",
        deployment
    )
    .fetch_optional(db)
    .await
}

/// What is known of a key, by its secret or one that it had before.
pub(super) async fn key(db: &mut PgConnection, hash: &str) -> sqlx::Result<Option<KeyRecord>> {
    sqlx::query_as!(
        KeyRecord,
        r#"select k.id, k.endpoints,
                  case when k.environments is not null then array(
                      select e.name from environments e where e.id = any(k.environments)
                  ) end as "environments: Vec<String>",
                  least(k.expires_at, s.ends_at) as expires, k.revoked_at is not null as "revoked!"
             from (select id, null::timestamptz as ends_at from api_keys where hash = $1
                   union all
                   select key_id, ends_at from earlier_key_secrets where hash = $1) s
             join api_keys k on k.id = s.id"#,
        hash
    )
    .fetch_optional(db)
    .await
}

/// Takes a place in a bucket, where there is one, and says when it will be full again; times and
/// spans in microseconds.
pub(super) async fn take_rate(
    db: &mut PgConnection,
    organization: Uuid,
    bucket: &str,
    now: i64,
    step: i64,
    capacity: i64,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "insert into rate_buckets as kept (organization_id, bucket, full_at)
         values ($1, $2, $3 + $4::bigint)
         on conflict (organization_id, bucket) do update
            set full_at = greatest(kept.full_at, $3) + $4
          where greatest(kept.full_at, $3) + $4 - $3 <= $5::bigint
         returning full_at",
        organization,
        bucket,
        now,
        step,
        capacity
    )
    .fetch_optional(db)
    .await
}

/// When a bucket will be full again.
pub(super) async fn full_at(
    db: &mut PgConnection,
    organization: Uuid,
    bucket: &str,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "select full_at from rate_buckets where organization_id = $1 and bucket = $2",
        organization,
        bucket
    )
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

/// A block that is wanted, of a budget's window of time: in seconds since 1970, and micro-USD.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) bucket: &'a str,
    pub(super) begins: i64,
    pub(super) ends: i64,
    /// How large blocks are goes by what is left of this.
    pub(super) limit: i64,
    /// No more than this is ever taken.
    pub(super) most: i64,
    /// The least that helps.
    pub(super) least: i64,
    /// When so much is taken, it is told.
    pub(super) soft: i64,
}

/// A block that was taken.
#[derive(Debug)]
pub(super) struct Given {
    /// In micro-USD.
    pub(super) amount: i64,
    /// Whether the window came to its soft limit by it, for the first time.
    pub(super) reaches_soft: bool,
}

/// Takes a block, as large as `BudgetAsk::block` says, where there is enough left for the least that
/// helps. A budget that is said to be another one while its window lasts keeps what was taken.
pub(super) async fn take_block(
    db: &mut PgConnection,
    wanted: &Wanted<'_>,
) -> sqlx::Result<Option<Given>> {
    sqlx::query_as!(
        Given,
        r#"insert into budget_windows as kept
                  (organization_id, bucket, begins, ends, taken, given, reached)
           select app_org(), $1, $2, $3, block, block, (block >= $6)::int
             from (select greatest($5::bigint, $4::bigint / 100) as block) first
            where $5 <= $7
           on conflict (organization_id, bucket, begins) do update
              set ends = greatest(kept.ends, excluded.ends),
                  taken = kept.taken + greatest($5, ($4 - kept.taken) / 100),
                  given = greatest($5, ($4 - kept.taken) / 100), given_at = now(),
                  reached = kept.reached + (
                      kept.taken < $6::bigint
                      and kept.taken + greatest($5, ($4 - kept.taken) / 100) >= $6)::int
            where $5 <= $7::bigint - kept.taken
           returning given as amount,
                     (reached = 1 and taken >= $6 and taken - given < $6) as "reaches_soft!""#,
        wanted.bucket,
        wanted.begins,
        wanted.ends,
        wanted.limit,
        wanted.least,
        wanted.soft,
        wanted.most
    )
    .fetch_optional(db)
    .await
}

/// Puts money back that nobody spent. What comes later than any block is good was counted already.
pub(super) async fn give_back(
    db: &mut PgConnection,
    bucket: &str,
    begins: i64,
    amount: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update budget_windows set taken = greatest(taken - $3, 0)
          where bucket = $1 and begins = $2 and given_at > now() - make_interval(secs => $4)",
        bucket,
        begins,
        amount,
        BLOCK_LIFE as f64
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What is over, of all organizations: buckets that are full, keys and answers past their time, and
/// windows that ended. A key's earlier secret is told apart from one that never was for a month.
pub(crate) async fn forget(system: &PgPool) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from rate_buckets where full_at < (extract(epoch from now()) * 1000000)::bigint"
    )
    .execute(system)
    .await?;
    sqlx::query!("delete from repeated_calls where expires_at < now()").execute(system).await?;
    sqlx::query!("delete from remembered_answers where expires_at < now()").execute(system).await?;
    sqlx::query!("delete from earlier_key_secrets where ends_at < now() - interval '30 days'")
        .execute(system)
        .await?;
    sqlx::query!("delete from budget_windows where ends < extract(epoch from now())::bigint")
        .execute(system)
        .await?;
    Ok(())
}
