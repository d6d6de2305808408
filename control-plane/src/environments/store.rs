//! All SQL on environments. The connection carries the organization (row-level security), so no
//! statement here compares it.

use sqlx::PgConnection;
use uuid::Uuid;

use super::model::Environment;

/// An environment by its name.
pub(super) async fn id(db: &mut PgConnection, name: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select id from environments where name = $1 and deleted_at is null", name)
        .fetch_optional(db)
        .await
}

/// Keeps an environment from being deleted; false if it has been.
pub(super) async fn share(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "select id from environments where id = $1 and deleted_at is null for share",
        id
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// Keeps others from using an environment; `None` if there is none of the name.
pub(super) async fn hold(db: &mut PgConnection, name: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select id from environments where name = $1 and deleted_at is null for update",
        name
    )
    .fetch_optional(db)
    .await
}

/// Makes an environment; `None` if there is one of the name.
pub(super) async fn add(
    db: &mut PgConnection,
    organization: Uuid,
    name: &str,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "insert into environments (organization_id, name) values ($1, $2)
         on conflict (organization_id, name) where deleted_at is null do nothing
         returning id",
        organization,
        name
    )
    .fetch_optional(db)
    .await
}

/// One environment, or all, `production` first.
pub(super) async fn list(
    db: &mut PgConnection,
    id: Option<Uuid>,
) -> sqlx::Result<Vec<Environment>> {
    sqlx::query_as!(
        Environment,
        r#"select n.id, n.name, n.created_at as created,
                  (select count(*) from functions f
                    where f.environment_id = n.id and f.live_deployment_id is not null) as "live!",
                  (select count(*) from provider_credentials c
                    where c.environment_id = n.id) as "credentials!"
             from environments n
            where n.deleted_at is null and ($1::uuid is null or n.id = $1)
            order by n.name <> 'production', n.name"#,
        id
    )
    .fetch_all(db)
    .await
}

/// A function of an environment.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) endpoint: String,
    pub(super) live: bool,
}

/// The functions of an environment, those that were swept left out.
pub(super) async fn functions(
    db: &mut PgConnection,
    environment: Uuid,
) -> sqlx::Result<Vec<Function>> {
    sqlx::query_as!(
        Function,
        r#"select f.name, e.name as endpoint, f.live_deployment_id is not null as "live!"
             from functions f join endpoints e on e.id = f.endpoint_id
            where f.environment_id = $1 and f.swept_at is null order by e.name"#,
        environment
    )
    .fetch_all(db)
    .await
}

/// Whether a worker is busy in an environment.
pub(super) async fn is_busy(db: &mut PgConnection, environment: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from deployments where environment_id = $1 and finished_at is null
           ) as "busy!""#,
        environment
    )
    .fetch_one(db)
    .await
}

/// Marks an environment as deleted, with what is its alone: nothing serves in it, what waits will not
/// be deployed, its credentials and variables are gone. Its name is free from now on.
pub(super) async fn delete(db: &mut PgConnection, environment: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "with stopped as (
            update deployments set status = 'cancelled', finished_at = now()
             where environment_id = $1 and status = 'queued' returning organization_id, id
         ), closed as (
            update functions set live_deployment_id = null, url = null, updated_at = now()
             where environment_id = $1
         ), forgotten as (
            delete from provider_credentials where environment_id = $1
         ), forgotten_variables as (
            delete from environment_variables where environment_id = $1
         ), deleted as (
            update environments set deleted_at = now() where id = $1
         )
         insert into deployment_transitions (organization_id, deployment_id, status)
         select organization_id, id, 'cancelled' from stopped",
        environment
    )
    .execute(db)
    .await?;
    Ok(())
}
