//! All SQL that writes the call log.

use serde_json::Value;
use sqlx::{PgExecutor, PgPool, types::Json};
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
pub(crate) async fn insert(db: impl PgExecutor<'_>, rows: &[&Value]) -> sqlx::Result<usize> {
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
    .execute(db)
    .await?;
    Ok(usize::try_from(done.rows_affected()).unwrap_or(usize::MAX))
}
