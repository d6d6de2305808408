//! All SQL on calls that have begun and of whose end nothing is known yet.

use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::calls::store::Origin;

/// A call that has begun.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub(crate) origin: Origin,
    pub(crate) call: Uuid,
    pub(crate) request: Option<String>,
    pub(crate) time: OffsetDateTime,
    pub(crate) source: String,
}

/// Remembers calls, but for those whose record is there already.
pub(crate) async fn begin(system: &PgPool, calls: &[&Begun]) -> sqlx::Result<()> {
    let organizations: Vec<Uuid> = calls.iter().map(|begun| begun.origin.organization).collect();
    let deployments: Vec<Uuid> = calls.iter().map(|begun| begun.origin.deployment).collect();
    let ids: Vec<Uuid> = calls.iter().map(|begun| begun.call).collect();
    let requests: Vec<Option<String>> = calls.iter().map(|begun| begun.request.clone()).collect();
    let times: Vec<OffsetDateTime> = calls.iter().map(|begun| begun.time).collect();
    let sources: Vec<String> = calls.iter().map(|begun| begun.source.clone()).collect();
    sqlx::query!(
        r#"insert into calls_begun
               (organization_id, deployment_id, call_id, platform_request_id, time, source)
           select * from unnest(
               $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[]
           ) as begun (organization_id, deployment_id, call_id, platform_request_id, time, source)
            where not exists (
               select from calls c
                where c.organization_id = begun.organization_id and c.call_id = begun.call_id)
           on conflict do nothing"#,
        &organizations,
        &deployments,
        &ids,
        &requests as &[Option<String>],
        &times,
        &sources
    )
    .execute(system)
    .await?;
    Ok(())
}

/// Forgets calls whose end is known.
pub(crate) async fn forget(
    system: &PgPool,
    organizations: &[Uuid],
    calls: &[Uuid],
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"delete from calls_begun b
            using unnest($1::uuid[], $2::uuid[]) as ended (organization_id, call_id)
            where b.organization_id = ended.organization_id and b.call_id = ended.call_id"#,
        organizations,
        calls
    )
    .execute(system)
    .await?;
    Ok(())
}

#[derive(Debug)]
struct Row {
    function: Option<String>,
    function_version: Option<String>,
    organization: Uuid,
    environment: Uuid,
    endpoint: Uuid,
    endpoint_name: String,
    endpoint_version: i32,
    deployment: Uuid,
    call: Uuid,
    request: Option<String>,
    time: OffsetDateTime,
    source: String,
}

impl From<Row> for Begun {
    fn from(row: Row) -> Self {
        Self {
            origin: Origin {
                function: row.function.unwrap_or_default(),
                function_version: row.function_version.unwrap_or_default(),
                organization: row.organization,
                environment: row.environment,
                endpoint: row.endpoint,
                endpoint_name: row.endpoint_name,
                endpoint_version: row.endpoint_version,
                deployment: row.deployment,
            },
            call: row.call,
            request: row.request,
            time: row.time,
            source: row.source,
        }
    }
}

/// Calls of deployments by the platform's ids of their requests.
pub(crate) async fn begun(
    system: &PgPool,
    deployments: &[Uuid],
    requests: &[String],
) -> sqlx::Result<Vec<Begun>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select d.function_name as function, d.function_version, d.organization_id as organization,
                  d.environment_id as environment, d.endpoint_id as endpoint,
                  e.name as endpoint_name, d.version as endpoint_version, d.id as deployment,
                  b.call_id as call, b.platform_request_id as request, b.time, b.source
             from unnest($1::uuid[], $2::text[]) as wanted (deployment, request)
             join calls_begun b
               on b.deployment_id = wanted.deployment and b.platform_request_id = wanted.request
             join deployments d
               on d.organization_id = b.organization_id and d.id = b.deployment_id
             join endpoints e on e.organization_id = d.organization_id and e.id = d.endpoint_id"#,
        deployments,
        requests
    )
    .fetch_all(system)
    .await?;
    Ok(rows.into_iter().map(Begun::from).collect())
}

/// Calls that began so long ago that their platform must have ended them, whoever should have told.
pub(crate) async fn lost(system: &PgPool, minutes: i32, limit: i64) -> sqlx::Result<Vec<Begun>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select d.function_name as function, d.function_version, d.organization_id as organization,
                  d.environment_id as environment, d.endpoint_id as endpoint,
                  e.name as endpoint_name, d.version as endpoint_version, d.id as deployment,
                  b.call_id as call, b.platform_request_id as request, b.time, b.source
             from calls_begun b
             join deployments d
               on d.organization_id = b.organization_id and d.id = b.deployment_id
             join endpoints e on e.organization_id = d.organization_id and e.id = d.endpoint_id
            where b.arrived_at < now() - make_interval(mins => $1)
            order by b.arrived_at
            limit $2"#,
        minutes,
        limit
    )
    .fetch_all(system)
    .await?;
    Ok(rows.into_iter().map(Begun::from).collect())
}
