//! All SQL on the call log.

use promptpilot_spec::record::CallRecord;
use serde_json::Value;
use sqlx::{PgConnection, PgPool, types::Json};
use uuid::Uuid;

/// Whose function a numbered version is.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) function: String,
    pub(crate) function_version: String,
    pub(crate) organization: Uuid,
    pub(crate) environment: Uuid,
    pub(crate) endpoint: Uuid,
    pub(crate) endpoint_name: String,
    pub(crate) endpoint_version: i32,
    pub(crate) deployment: Uuid,
}

pub(crate) async fn origins(
    system: &PgPool,
    functions: &[String],
    versions: &[String],
) -> sqlx::Result<Vec<Origin>> {
    sqlx::query_as!(
        Origin,
        r#"select wanted.function as "function!", wanted.version as "function_version!",
                  d.organization_id as organization, d.environment_id as environment,
                  d.endpoint_id as endpoint, e.name as endpoint_name,
                  d.version as endpoint_version, d.id as deployment
             from unnest($1::text[], $2::text[]) as wanted (function, version)
             join deployments d
               on d.function_name = wanted.function and d.function_version = wanted.version
             join endpoints e on e.organization_id = d.organization_id and e.id = d.endpoint_id"#,
        functions,
        versions
    )
    .fetch_all(system)
    .await
}

/// Whose a deployment is.
pub(crate) async fn origin(system: &PgPool, deployment: Uuid) -> sqlx::Result<Option<Origin>> {
    sqlx::query_as!(
        Origin,
        r#"select coalesce(d.function_name, '') as "function!",
                  coalesce(d.function_version, '') as "function_version!",
                  d.organization_id as organization, d.environment_id as environment,
                  d.endpoint_id as endpoint, e.name as endpoint_name,
                  d.version as endpoint_version, d.id as deployment
             from deployments d
             join endpoints e on e.organization_id = d.organization_id and e.id = d.endpoint_id
            where d.id = $1"#,
        deployment
    )
    .fetch_optional(system)
    .await
}

/// SQLSTATE of a table that is there already.
const THERE: &str = "42P07";

/// Makes the partition of a month where it is missing.
pub(crate) async fn ensure_partition(system: &PgPool, year: i32, month: u8) -> sqlx::Result<()> {
    sqlx::query!(
        "select ensure_calls_partition(make_timestamptz($1, $2, 1, 0, 0, 0, 'UTC'))",
        year,
        i32::from(month)
    )
    .fetch_one(system)
    .await
    .map(|_| ())
    .or_else(|error| {
        // Two that came at once: one does not see yet what the other has made.
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        if code.as_deref() == Some(THERE) { Ok(()) } else { Err(error) }
    })
}

/// Inserts rows and says how many were new. The members of a row are named as the columns are.
pub(crate) async fn insert(system: &PgPool, rows: &[&Value]) -> sqlx::Result<usize> {
    let done = sqlx::query!(
        r#"insert into calls (
                organization_id, call_id, time, platform_request_id, environment_id, endpoint_id,
                endpoint_name, endpoint_version, deployment_id, key_id, source, provider, model,
                model_answered, attempts, status, error_type, error_detail, finish, cache,
                tokens_in, tokens_out, tokens_cached, tokens_reasoning, estimated, cost_micro_usd,
                saved_micro_usd, total_us, provider_us, first_token_us, overhead_us, backoff_us,
                request, response, repaired, "user", metadata, trace_id, country, cold_start,
                streaming, delivered, state_failed, budget_reached, prompt_id, prompt_version)
           select
                organization_id, call_id, time, platform_request_id, environment_id, endpoint_id,
                endpoint_name, endpoint_version, deployment_id, key_id, source, provider, model,
                model_answered, attempts, status, error_type, error_detail, finish, cache,
                tokens_in, tokens_out, tokens_cached, tokens_reasoning, estimated, cost_micro_usd,
                saved_micro_usd, total_us, provider_us, first_token_us, overhead_us, backoff_us,
                request, response, repaired, "user", metadata, trace_id, country, cold_start,
                streaming, delivered, state_failed, budget_reached, prompt_id, prompt_version
             from jsonb_to_recordset($1) as record (
                organization_id uuid, call_id uuid, time timestamptz, platform_request_id text,
                environment_id uuid, endpoint_id uuid, endpoint_name text,
                endpoint_version integer, deployment_id uuid, key_id uuid, source text,
                provider text, model text, model_answered text, attempts jsonb, status integer,
                error_type text, error_detail text, finish text, cache text, tokens_in bigint,
                tokens_out bigint, tokens_cached bigint, tokens_reasoning bigint,
                estimated boolean, cost_micro_usd bigint, saved_micro_usd bigint, total_us bigint,
                provider_us bigint, first_token_us bigint, overhead_us bigint, backoff_us bigint,
                request jsonb, response jsonb, repaired boolean, "user" text, metadata jsonb,
                trace_id text, country text, cold_start boolean, streaming boolean,
                delivered text, state_failed jsonb, budget_reached jsonb, prompt_id uuid,
                prompt_version integer)
           on conflict do nothing"#,
        Json(rows) as _
    )
    .execute(system)
    .await?;
    Ok(usize::try_from(done.rows_affected()).unwrap_or(usize::MAX))
}

/// A call with its place in the order of arrival.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) xact: i64,
    pub(crate) record: CallRecord,
}

/// A place in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) xact: i64,
    pub(crate) call: Uuid,
}

/// Which calls.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted {
    pub(crate) endpoint: Option<Uuid>,
    /// The least and the greatest status.
    pub(crate) statuses: Option<(i32, i32)>,
    /// The least call id.
    pub(crate) least: Option<Uuid>,
}

/// The newest calls, or the newest before a call.
pub(crate) async fn before(
    db: &mut PgConnection,
    wanted: Wanted,
    before: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<CallRecord>> {
    let (least_status, greatest_status) = wanted.statuses.unzip();
    let rows = sqlx::query!(
        r#"select to_jsonb(c) || jsonb_build_object(
                    'kind', 'promptpilot.call', 'v', 1, 'organization', c.organization_id,
                    'environment', coalesce(n.name, c.source),
                    'endpoint', coalesce(c.endpoint_id, '00000000-0000-0000-0000-000000000000'::uuid),
                    'endpoint_version', coalesce(c.endpoint_version, 0),
                    'deployment', coalesce(c.deployment_id, '00000000-0000-0000-0000-000000000000'::uuid)
                  ) as "record!: Json<CallRecord>"
             from calls c
             left join environments n on n.id = c.environment_id
            where ($1::uuid is null or c.endpoint_id = $1)
              and ($2::uuid is null or c.call_id < $2)
              and ($3::uuid is null or c.call_id >= $3)
              and ($4::integer is null or c.status between $4 and $5)
            order by c.call_id desc
            limit $6"#,
        wanted.endpoint,
        before,
        wanted.least,
        least_status,
        greatest_status,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.record.0).collect())
}

/// Calls that arrived after a place in the order of arrival, oldest first, as far as nothing can
/// come in between any more.
pub(crate) async fn since(
    db: &mut PgConnection,
    wanted: Wanted,
    place: Place,
    limit: i64,
) -> sqlx::Result<Vec<Arrived>> {
    let (least_status, greatest_status) = wanted.statuses.unzip();
    let rows = sqlx::query!(
        r#"select c.arrived_xact as xact,
                  to_jsonb(c) || jsonb_build_object(
                    'kind', 'promptpilot.call', 'v', 1, 'organization', c.organization_id,
                    'environment', coalesce(n.name, c.source),
                    'endpoint', coalesce(c.endpoint_id, '00000000-0000-0000-0000-000000000000'::uuid),
                    'endpoint_version', coalesce(c.endpoint_version, 0),
                    'deployment', coalesce(c.deployment_id, '00000000-0000-0000-0000-000000000000'::uuid)
                  ) as "record!: Json<CallRecord>"
             from calls c
             left join environments n on n.id = c.environment_id
            where ($1::uuid is null or c.endpoint_id = $1)
              and (c.arrived_xact, c.call_id) > ($2, $3)
              and c.arrived_xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
              and ($4::uuid is null or c.call_id >= $4)
              and ($5::integer is null or c.status between $5 and $6)
            order by c.arrived_xact, c.call_id
            limit $7"#,
        wanted.endpoint,
        place.xact,
        place.call,
        wanted.least,
        least_status,
        greatest_status,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| Arrived { xact: row.xact, record: row.record.0 }).collect())
}

/// The end of the order of arrival: who follows from here sees only what is new.
pub(crate) async fn end(db: &mut PgConnection) -> sqlx::Result<Place> {
    let xact = sqlx::query_scalar!(
        r#"select (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1) as "xact!""#
    )
    .fetch_one(db)
    .await?;
    Ok(Place { xact, call: Uuid::max() })
}
