//! All SQL on functions and on what serves. Requests come with a connection that carries their
//! organization (row-level security), the worker names it.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

/// What serves an endpoint in an environment.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    pub(crate) deployment: Uuid,
    pub(crate) version: i32,
    pub(crate) function: String,
    pub(crate) function_version: String,
    pub(crate) fingerprint: Option<String>,
    pub(crate) artifact: Option<String>,
    pub(crate) url: Option<String>,
}

pub(crate) async fn live(
    db: &mut PgConnection,
    endpoint: Uuid,
    environment: Uuid,
) -> sqlx::Result<Option<Live>> {
    sqlx::query_as!(
        Live,
        r#"select d.id as deployment, d.version, f.name as function, f.url, d.fingerprint,
                  d.artifact_id as artifact,
                  coalesce(d.function_version, '') as "function_version!"
             from functions f join deployments d on d.id = f.live_deployment_id
            where f.endpoint_id = $1 and f.environment_id = $2"#,
        endpoint,
        environment
    )
    .fetch_optional(db)
    .await
}

/// Whether a worker is busy with an endpoint.
pub(crate) async fn is_busy(
    db: &mut PgConnection,
    endpoint: Uuid,
    environment: Uuid,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from deployments
             where endpoint_id = $1 and environment_id = $2
               and finished_at is null and status <> 'queued'
           ) as "busy!""#,
        endpoint,
        environment
    )
    .fetch_one(db)
    .await
}

/// Whether a worker is busy with an endpoint in any environment.
pub(crate) async fn is_being_deployed(db: &mut PgConnection, endpoint: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from deployments where endpoint_id = $1 and finished_at is null
           ) as "busy!""#,
        endpoint
    )
    .fetch_one(db)
    .await
}

/// A deployment that served once.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) deployment: Uuid,
    pub(crate) version: i32,
    pub(crate) function_version: String,
}

/// The newest deployment that served: of one version, or of a version before another.
pub(crate) async fn served(
    db: &mut PgConnection,
    endpoint: Uuid,
    environment: Uuid,
    version: Option<i32>,
    before: i32,
) -> sqlx::Result<Option<Served>> {
    sqlx::query_as!(
        Served,
        r#"select d.id as deployment, d.version, d.function_version as "function_version!"
             from releases r join deployments d on d.id = r.deployment_id
            where r.endpoint_id = $1 and r.environment_id = $2
              and d.function_version is not null
              and (d.version = $3 or ($3 is null and d.version < $4))
            order by d.version desc, r.position desc
            limit 1"#,
        endpoint,
        environment,
        version,
        before
    )
    .fetch_optional(db)
    .await
}

/// A deployment that another environment may get.
#[derive(Debug)]
pub(crate) struct Promotable {
    pub(crate) deployment: Uuid,
    pub(crate) version: i32,
    pub(crate) artifact: String,
}

/// What serves in an environment, or the newest deployment of a version that did.
pub(crate) async fn promotable(
    db: &mut PgConnection,
    endpoint: Uuid,
    environment: Uuid,
    version: Option<i32>,
) -> sqlx::Result<Option<Promotable>> {
    sqlx::query_as!(
        Promotable,
        r#"select d.id as deployment, d.version, d.artifact_id as "artifact!"
             from deployments d
            where d.endpoint_id = $1 and d.environment_id = $2 and d.artifact_id is not null
              and case when $3::integer is null
                    then exists (select from functions f where f.live_deployment_id = d.id)
                    else d.version = $3
                     and exists (select from releases r where r.deployment_id = d.id)
                  end
            order by d.id desc limit 1"#,
        endpoint,
        environment,
        version
    )
    .fetch_optional(db)
    .await
}

/// Writes down that an alias now points at another deployment.
pub(crate) async fn release(
    db: &mut PgConnection,
    organization: Uuid,
    deployment: Uuid,
    kind: &str,
    by: Option<Uuid>,
    url: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with released as (
            insert into releases
                (organization_id, endpoint_id, environment_id, deployment_id, kind, by)
            select organization_id, endpoint_id, environment_id, id, $3, $4
              from deployments where organization_id = $1 and id = $2
         returning organization_id, endpoint_id, environment_id
         )
         update functions f set live_deployment_id = $2, url = $5, updated_at = now()
           from released r
          where f.organization_id = r.organization_id and f.endpoint_id = r.endpoint_id
            and f.environment_id = r.environment_id",
        organization,
        deployment,
        kind,
        by,
        url
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What serves with credentials or variables of yesterday.
#[derive(Debug)]
pub(crate) struct Stale {
    pub(crate) endpoint: Uuid,
    pub(crate) environment: Uuid,
    pub(crate) version: i32,
}

/// What is live with other credentials, variables or another token than it would be given now, has all that it
/// needs, and is not being deployed. What was renewed in vain comes `again` or not.
pub(crate) async fn stale(
    db: &mut PgConnection,
    organization: Uuid,
    again: bool,
) -> sqlx::Result<Vec<Stale>> {
    sqlx::query_as!(
        Stale,
        r#"select f.endpoint_id as endpoint, f.environment_id as environment, d.version
             from functions f
             join deployments d
               on d.organization_id = f.organization_id and d.id = f.live_deployment_id
             left join deployment_credentials g
               on g.organization_id = d.organization_id and g.deployment_id = d.id
             left join lateral (
                    select id, version from provider_credentials c
                     where c.organization_id = g.organization_id and c.provider = g.provider
                       and c.name = g.name
                       and (c.environment_id = f.environment_id or c.environment_id is null)
                     order by c.environment_id nulls last limit 1
                  ) now on true
            where f.organization_id = $1
              and not exists (
                    select from deployments u
                     where u.organization_id = f.organization_id and u.endpoint_id = f.endpoint_id
                       and u.environment_id = f.environment_id and u.finished_at is null)
              and ($2 or not coalesce((
                    select l.renewal and l.status <> 'live' from deployments l
                     where l.organization_id = f.organization_id and l.endpoint_id = f.endpoint_id
                       and l.environment_id = f.environment_id
                     order by l.id desc limit 1), false))
            group by f.endpoint_id, f.environment_id, d.organization_id, d.id, d.version,
                     d.variables_hash
           having bool_and(now.id is not null or g.credential_id is null)
              and (bool_or((now.id, now.version) is distinct from (g.credential_id, g.version))
                   or d.variables_hash
                        is distinct from variables_hash(d.organization_id, f.environment_id)
                   or exists (
                    select from earlier_tokens t
                     where t.organization_id = d.organization_id and t.deployment_id = d.id))
            order by f.endpoint_id"#,
        organization,
        again
    )
    .fetch_all(db)
    .await
}

/// Whether a deployment's function has a token of the installation's earlier key.
pub(crate) async fn has_earlier_token(
    db: &mut PgConnection,
    organization: Uuid,
    deployment: Uuid,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from earlier_tokens where organization_id = $1 and deployment_id = $2
           ) as "has!""#,
        organization,
        deployment
    )
    .fetch_one(db)
    .await
}

/// Whether something live was given a credential in whose place none would come.
pub(crate) async fn without(
    db: &mut PgConnection,
    organization: Uuid,
    credential: Uuid,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from deployment_credentials g
              join functions f
                on f.organization_id = g.organization_id and f.live_deployment_id = g.deployment_id
             where g.organization_id = $1 and g.credential_id = $2
               and not exists (
                    select from provider_credentials c
                     where c.organization_id = g.organization_id and c.provider = g.provider
                       and c.name = g.name
                       and (c.environment_id = f.environment_id or c.environment_id is null))
           ) as "without!""#,
        organization,
        credential
    )
    .fetch_one(db)
    .await
}

/// Lets the URLs of all functions of one host begin with `base`.
pub(crate) async fn move_urls(system: &PgPool, base: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update functions set url = $1 || substring(url from '/e/[^/]+/$')
          where url ~ '/e/[^/]+/$' and url <> $1 || substring(url from '/e/[^/]+/$')",
        base
    )
    .execute(system)
    .await?;
    Ok(())
}

/// Functions of an endpoint, by name.
pub(crate) async fn functions(db: &mut PgConnection, endpoint: Uuid) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select name from functions where endpoint_id = $1", endpoint)
        .fetch_all(db)
        .await
}

/// Holds an endpoint's alias in an environment: whoever else would move it waits for the end of
/// the transaction.
pub(crate) async fn hold_alias(
    db: &mut PgConnection,
    endpoint: Uuid,
    environment: Uuid,
) -> sqlx::Result<()> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))",
        format!("alias {endpoint} {environment}")
    )
    .fetch_one(db)
    .await?;
    Ok(())
}

/// Makes the row of an endpoint's function where it is missing.
pub(crate) async fn ensure_function(
    system: &PgPool,
    organization: Uuid,
    endpoint: Uuid,
    environment: Uuid,
    name: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into functions (organization_id, endpoint_id, environment_id, name)
         values ($1, $2, $3, $4)
         on conflict (organization_id, endpoint_id, environment_id)
         do update set swept_at = null, updated_at = now()",
        organization,
        endpoint,
        environment,
        name
    )
    .execute(system)
    .await?;
    Ok(())
}

/// Numbered versions of a function that a rollback may go to: those that served, newest first.
pub(crate) async fn versions_in_use(
    system: &PgPool,
    function: &str,
    keep: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select d.function_version as "version!"
             from functions f
             join releases r on r.organization_id = f.organization_id
              and r.endpoint_id = f.endpoint_id and r.environment_id = f.environment_id
             join deployments d on d.organization_id = r.organization_id and d.id = r.deployment_id
            where f.name = $1 and d.function_version is not null
            group by d.function_version
            order by max(r.position) desc
            limit $2"#,
        function,
        keep
    )
    .fetch_all(system)
    .await
}

/// Forgets the numbered version of deployments whose version is gone at the target.
pub(crate) async fn version_swept(
    system: &PgPool,
    function: &str,
    version: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update deployments set function_version = null
          where function_name = $1 and function_version = $2
            and not exists (select from functions where live_deployment_id = deployments.id)",
        function,
        version
    )
    .execute(system)
    .await?;
    Ok(())
}

/// Functions that nothing leads to: nothing of them is live, and nothing that is under way will
/// make it so.
pub(crate) async fn orphaned_functions(
    system: &PgPool,
    before: OffsetDateTime,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select f.name from functions f
          where f.live_deployment_id is null and f.swept_at is null and f.updated_at < $1
            and not exists (
                select from deployments d
                 where d.organization_id = f.organization_id and d.endpoint_id = f.endpoint_id
                   and d.environment_id = f.environment_id and d.finished_at is null)",
        before
    )
    .fetch_all(system)
    .await
}

/// Writes down that a function is gone at the target.
pub(crate) async fn function_swept(system: &PgPool, function: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "with gone as (update functions set swept_at = now() where name = $1 returning name)
         update deployments set function_version = null
          where function_name in (select name from gone)",
        function
    )
    .execute(system)
    .await?;
    Ok(())
}
