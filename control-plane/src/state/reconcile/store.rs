//! All SQL that compares what was taken of budgets with what calls cost. It runs as the system, for all
//! organizations.

use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

/// A window of a budget of which nobody holds a block any more.
#[derive(Debug)]
pub(super) struct Quiet {
    pub(super) organization: Uuid,
    pub(super) bucket: String,
    pub(super) begins: i64,
    pub(super) ends: i64,
    pub(super) taken: i64,
    pub(super) given_at: OffsetDateTime,
}

/// Windows that are not over and gave their last block so many seconds ago, unless they have been
/// looked at since.
pub(super) async fn quiet_windows(
    system: &PgPool,
    seconds: i64,
    limit: i64,
) -> sqlx::Result<Vec<Quiet>> {
    sqlx::query_as!(
        Quiet,
        "select organization_id as organization, bucket, begins, ends, taken, given_at
           from budget_windows
          where given_at < now() - make_interval(secs => $1)
            and ends > extract(epoch from now())::bigint
            and (reconciled_at is null or reconciled_at < given_at)
          order by given_at
          limit $2",
        seconds as f64,
        limit
    )
    .fetch_all(system)
    .await
}

/// Whose calls count towards a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    /// Some of an endpoint's.
    Endpoint(Callers<'a>),
    /// What one key has prompts executed for.
    PromptsOf(Uuid),
    /// All of the organization's.
    Organization,
}

/// Calls of an endpoint, in one of its environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Callers<'a> {
    pub(super) endpoint: Uuid,
    pub(super) environment: &'a str,
    pub(super) key: Option<Uuid>,
    /// The beginning of the SHA-256 of `x-promptpilot-user`, in hexadecimal.
    pub(super) user: Option<&'a str>,
}

/// What calls of one version cost.
#[derive(Debug)]
pub(super) struct Spent {
    /// Absent where no endpoint was called.
    pub(super) endpoint: Option<Uuid>,
    pub(super) version: Option<i32>,
    /// In micro-USD, of those whose cost is known.
    pub(super) known: i64,
    /// How many there are of which nobody knows the cost.
    pub(super) unknown: i64,
}

/// What the records say of a window of an endpoint's, by its versions. Calls that name no user may be of
/// any.
pub(super) async fn spent_by_callers(
    system: &PgPool,
    window: &Quiet,
    whose: Callers<'_>,
    since: i64,
) -> sqlx::Result<Vec<Spent>> {
    sqlx::query_as!(
        Spent,
        r#"select endpoint_id as endpoint, endpoint_version as version,
                  coalesce(sum(cost_micro_usd), 0)::bigint as "known!",
                  count(*) filter (where cost_micro_usd is null) as "unknown!"
             from calls c
             join environments n
               on n.organization_id = c.organization_id and n.id = c.environment_id
            where c.organization_id = $1 and c.endpoint_id = $2 and n.name = $3
              and c.call_id >= uuid_v7_floor(to_timestamp($4::bigint))
              and c.call_id < uuid_v7_floor(to_timestamp($5::bigint))
              and c.source = 'call'
              and ($6::uuid is null or c.key_id = $6)
              and ($7::text is null or c."user" is null
                   or left(encode(sha256(convert_to(c."user", 'UTF8')), 'hex'), 32) = $7)
            group by endpoint_id, endpoint_version"#,
        window.organization,
        whose.endpoint,
        whose.environment,
        since,
        window.ends,
        whose.key,
        whose.user
    )
    .fetch_all(system)
    .await
}

/// What the records say of a window of the organization's, or of one key's prompts, by the versions of
/// endpoints. Runs of prompts are written down whole: where one has no cost, its model has no price.
pub(super) async fn spent_by_all(
    system: &PgPool,
    window: &Quiet,
    key: Option<Uuid>,
    since: i64,
) -> sqlx::Result<Vec<Spent>> {
    sqlx::query_as!(
        Spent,
        r#"select endpoint_id as endpoint, endpoint_version as version,
                  coalesce(sum(cost_micro_usd), 0)::bigint as "known!",
                  count(*) filter (where cost_micro_usd is null and source = 'call') as "unknown!"
             from calls
            where organization_id = $1
              and call_id >= uuid_v7_floor(to_timestamp($2::bigint))
              and call_id < uuid_v7_floor(to_timestamp($3::bigint))
              and case when $4::uuid is null then source in ('call', 'prompt', 'studio')
                       else source = 'prompt' and key_id = $4 end
            group by endpoint_id, endpoint_version"#,
        window.organization,
        since,
        window.ends,
        key
    )
    .fetch_all(system)
    .await
}

/// Whether calls of an endpoint, or of any, have begun of whose end nothing is known yet.
pub(super) async fn is_at_work(
    system: &PgPool,
    organization: Uuid,
    endpoint: Option<Uuid>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from calls_begun b
                 join deployments d
                   on d.organization_id = b.organization_id and d.id = b.deployment_id
                where b.organization_id = $1
                  and ($2::uuid is null or d.endpoint_id = $2)) as "is!""#,
        organization,
        endpoint
    )
    .fetch_one(system)
    .await
}

/// The definition of a version.
pub(super) async fn definition(
    system: &PgPool,
    organization: Uuid,
    endpoint: Uuid,
    version: i32,
) -> sqlx::Result<Option<serde_json::Value>> {
    sqlx::query_scalar!(
        "select definition from endpoint_versions
          where organization_id = $1 and endpoint_id = $2 and number = $3",
        organization,
        endpoint,
        version
    )
    .fetch_optional(system)
    .await
}

/// Lowers what was taken in a window to what was spent, unless a block has been given meanwhile.
pub(super) async fn reconcile(
    system: &PgPool,
    window: &Quiet,
    spent: Option<i64>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update budget_windows
            set taken = least(taken, coalesce($4::bigint, taken)), reconciled_at = now()
          where organization_id = $1 and bucket = $2 and begins = $3 and given_at = $5",
        window.organization,
        window.bucket,
        window.begins,
        spent,
        window.given_at
    )
    .execute(system)
    .await?;
    Ok(done.rows_affected() == 1)
}
