//! All SQL on variables of environments. Requests come with a connection that carries their organization,
//! the worker names it.

use std::collections::BTreeMap;

use sqlx::{PgConnection, PgPool, types::Json};
use uuid::Uuid;

use super::model::Variable;

/// An environment's variables, by name.
pub(super) async fn list(db: &mut PgConnection, environment: Uuid) -> sqlx::Result<Vec<Variable>> {
    sqlx::query_as!(
        Variable,
        "select name, value, changed_at as changed from environment_variables
          where environment_id = $1 order by name",
        environment
    )
    .fetch_all(db)
    .await
}

/// Sets a variable, if it is another than it was.
pub(super) async fn set(
    db: &mut PgConnection,
    organization: Uuid,
    environment: Uuid,
    name: &str,
    value: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into environment_variables (organization_id, environment_id, name, value)
         values ($1, $2, $3, $4)
         on conflict (organization_id, environment_id, name)
         do update set value = excluded.value, changed_at = now()
          where environment_variables.value <> excluded.value",
        organization,
        environment,
        name,
        value
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes a variable away; whether it was there.
pub(super) async fn remove(
    db: &mut PgConnection,
    environment: Uuid,
    name: &str,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from environment_variables where environment_id = $1 and name = $2",
        environment,
        name
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What names and values have together, in bytes.
pub(super) async fn size(db: &mut PgConnection, environment: Uuid) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce(sum(octet_length(name) + octet_length(value)), 0)::bigint as "size!"
             from environment_variables where environment_id = $1"#,
        environment
    )
    .fetch_one(db)
    .await
}

/// What a deployment's function is given; written down with it, before it has them.
pub(crate) async fn give(
    system: &PgPool,
    organization: Uuid,
    deployment: Uuid,
) -> sqlx::Result<BTreeMap<String, String>> {
    let given = sqlx::query_scalar!(
        r#"update deployments set variables_hash = variables_hash(organization_id, environment_id)
            where organization_id = $1 and id = $2
        returning variables_of(organization_id, environment_id)
               as "given: Json<BTreeMap<String, String>>""#,
        organization,
        deployment
    )
    .fetch_one(system)
    .await?;
    Ok(given.map(|given| given.0).unwrap_or_default())
}

/// Whether a deployment's function has other variables than it would be given today.
pub(crate) async fn are_others(db: &mut PgConnection, deployment: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select variables_hash is distinct from variables_hash(organization_id, environment_id)
               as "are!"
             from deployments where id = $1"#,
        deployment
    )
    .fetch_one(db)
    .await
}
