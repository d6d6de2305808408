//! All SQL on provider credentials. Statements name the organization, since the worker, which sees
//! all, runs some of them.

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::model::{Credential, User};

/// One version of a credential, as deployments remember it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) provider: String,
    pub(crate) name: String,
    pub(crate) id: Uuid,
    pub(crate) version: i32,
}

/// A credential with its sealed secret.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) version: Version,
    pub(crate) sealed: Vec<u8>,
}

/// The organization's own sealed key; `None` before its first use.
pub(super) async fn data_key(
    db: &mut PgConnection,
    organization: Uuid,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("select sealed from data_keys where organization_id = $1", organization)
        .fetch_optional(db)
        .await
}

/// Keeps a first key; the one that is there, where somebody else was first.
pub(super) async fn first_data_key(
    db: &mut PgConnection,
    organization: Uuid,
    fresh: &[u8],
) -> sqlx::Result<Vec<u8>> {
    sqlx::query_scalar!(
        "insert into data_keys (organization_id, sealed) values ($1, $2)
         on conflict (organization_id) do update set sealed = data_keys.sealed
         returning sealed",
        organization,
        fresh
    )
    .fetch_one(db)
    .await
}

/// What an environment's functions are given: its own, before those of all environments.
pub(super) async fn kept(
    db: &mut PgConnection,
    organization: Uuid,
    environment: Uuid,
) -> sqlx::Result<Vec<Kept>> {
    let rows = sqlx::query!(
        "select distinct on (provider, name) provider, name, id, version, sealed
           from provider_credentials
          where organization_id = $1 and (environment_id = $2 or environment_id is null)
          order by provider, name, environment_id nulls last",
        organization,
        environment
    )
    .fetch_all(db)
    .await?;
    let kept = rows.into_iter().map(|row| Kept {
        version: Version {
            provider: row.provider,
            name: row.name,
            id: row.id,
            version: row.version,
        },
        sealed: row.sealed,
    });
    Ok(kept.collect())
}

/// One credential, or all.
pub(super) async fn list(
    db: &mut PgConnection,
    organization: Uuid,
    id: Option<Uuid>,
) -> sqlx::Result<Vec<Credential>> {
    sqlx::query_as!(
        Credential,
        r#"select c.id, c.provider, c.name, e.name as "environment?", c.shown, c.version,
                  c.created_at as created, c.changed_at as changed, u.name as "changed_by?",
                  c.used_at as used, c.checked_at as checked, c.refusal
             from provider_credentials c
             left join environments e
                    on e.organization_id = c.organization_id and e.id = c.environment_id
             left join users u on u.id = c.changed_by
            where c.organization_id = $1 and ($2::uuid is null or c.id = $2)
            order by c.provider, c.name, e.name nulls first"#,
        organization,
        id
    )
    .fetch_all(db)
    .await
}

/// What a credential is told apart by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) organization: Uuid,
    pub(super) provider: &'a str,
    pub(super) name: &'a str,
    pub(super) environment: Option<Uuid>,
}

/// What is there in a place.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) id: Uuid,
    pub(super) version: i32,
    pub(super) sealed: Vec<u8>,
}

/// The credential of a place, held until the transaction ends.
pub(super) async fn hold(db: &mut PgConnection, place: Place<'_>) -> sqlx::Result<Option<Found>> {
    sqlx::query_as!(
        Found,
        "select id, version, sealed from provider_credentials
          where organization_id = $1 and provider = $2 and name = $3
            and environment_id is not distinct from $4
            for update",
        place.organization,
        place.provider,
        place.name,
        place.environment
    )
    .fetch_optional(db)
    .await
}

/// A secret to save.
#[derive(Debug)]
pub(super) struct NewVersion<'a> {
    pub(super) id: Uuid,
    pub(super) version: i32,
    pub(super) sealed: &'a [u8],
    pub(super) shown: &'a str,
    pub(super) by: Option<Uuid>,
}

/// Saves a version of a place's credential; false where somebody else was first.
pub(super) async fn save(
    db: &mut PgConnection,
    place: Place<'_>,
    new: NewVersion<'_>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into provider_credentials
            (organization_id, id, provider, name, environment_id, version, sealed, shown, changed_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (organization_id, id) do update
            set version = $6, sealed = $7, shown = $8, changed_by = $9, changed_at = now(),
                checked_at = null, refusal = null",
        place.organization,
        new.id,
        place.provider,
        place.name,
        place.environment,
        new.version,
        new.sealed,
        new.shown,
        new.by
    )
    .execute(db)
    .await;
    match done {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        done => done.map(|_| true),
    }
}

/// Takes a credential away; false if there is none.
pub(super) async fn remove(
    db: &mut PgConnection,
    organization: Uuid,
    id: Uuid,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from provider_credentials where organization_id = $1 and id = $2",
        organization,
        id
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Where a credential is and what is kept of it.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) provider: String,
    pub(super) version: i32,
    pub(super) sealed: Vec<u8>,
}

/// What is kept of one credential.
pub(super) async fn sealed(
    db: &mut PgConnection,
    organization: Uuid,
    id: Uuid,
) -> sqlx::Result<Option<Sealed>> {
    sqlx::query_as!(
        Sealed,
        "select provider, version, sealed from provider_credentials
          where organization_id = $1 and id = $2",
        organization,
        id
    )
    .fetch_optional(db)
    .await
}

/// Writes down what a check of one version came to.
pub(super) async fn checked(
    db: &mut PgConnection,
    organization: Uuid,
    id: Uuid,
    version: i32,
    refusal: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update provider_credentials set checked_at = now(), refusal = $4
          where organization_id = $1 and id = $2 and version = $3",
        organization,
        id,
        version,
        refusal
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What serves with a credential.
pub(super) async fn users(
    db: &mut PgConnection,
    organization: Uuid,
    credential: Uuid,
) -> sqlx::Result<Vec<User>> {
    sqlx::query_as!(
        User,
        "select e.name as endpoint, n.name as environment
           from deployment_credentials c
           join functions f
             on f.organization_id = c.organization_id and f.live_deployment_id = c.deployment_id
           join endpoints e on e.organization_id = f.organization_id and e.id = f.endpoint_id
           join environments n
             on n.organization_id = f.organization_id and n.id = f.environment_id
          where c.organization_id = $1 and c.credential_id = $2
          order by 1, 2",
        organization,
        credential
    )
    .fetch_all(db)
    .await
}

/// Writes down what a deployment's function is given, in place of what was written before.
pub(crate) async fn give(
    db: &mut PgConnection,
    organization: Uuid,
    deployment: Uuid,
    versions: &[Version],
) -> sqlx::Result<()> {
    let providers: Vec<String> = versions.iter().map(|given| given.provider.clone()).collect();
    let names: Vec<String> = versions.iter().map(|given| given.name.clone()).collect();
    let ids: Vec<Uuid> = versions.iter().map(|given| given.id).collect();
    let numbers: Vec<i32> = versions.iter().map(|given| given.version).collect();
    sqlx::query!(
        "with before as (
            delete from deployment_credentials c
             where organization_id = $1 and deployment_id = $2
               and (provider, name) not in (select * from unnest($3::text[], $4::text[]))
         )
         insert into deployment_credentials
            (organization_id, deployment_id, provider, name, credential_id, version)
         select $1, $2, * from unnest($3::text[], $4::text[], $5::uuid[], $6::integer[])
         on conflict (organization_id, deployment_id, provider, name)
         do update set credential_id = excluded.credential_id, version = excluded.version",
        organization,
        deployment,
        &providers,
        &names,
        &ids,
        &numbers
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What a deployment's function was given.
pub(crate) async fn given(
    db: &mut PgConnection,
    organization: Uuid,
    deployment: Uuid,
) -> sqlx::Result<Vec<Version>> {
    sqlx::query_as!(
        Version,
        "select provider, name, credential_id as id, version from deployment_credentials
          where organization_id = $1 and deployment_id = $2 order by provider, name",
        organization,
        deployment
    )
    .fetch_all(db)
    .await
}

/// Calls of these deployments went out to these providers: what they were given was used. Noted once a
/// minute.
pub(crate) async fn used(
    system: &PgPool,
    organizations: &[Uuid],
    deployments: &[Uuid],
    providers: &[String],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update provider_credentials c set used_at = now()
           from deployment_credentials g
           join unnest($1::uuid[], $2::uuid[], $3::text[])
                as u (organization_id, deployment_id, provider)
             on u.organization_id = g.organization_id and u.deployment_id = g.deployment_id
            and u.provider = g.provider
          where c.organization_id = g.organization_id and c.id = g.credential_id
            and (c.used_at is null or c.used_at < now() - interval '1 minute')",
        organizations,
        deployments,
        providers
    )
    .execute(system)
    .await?;
    Ok(())
}

/// The same of one credential.
pub(crate) async fn touch(db: &mut PgConnection, organization: Uuid, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update provider_credentials set used_at = now()
          where organization_id = $1 and id = $2
            and (used_at is null or used_at < now() - interval '1 minute')",
        organization,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}
