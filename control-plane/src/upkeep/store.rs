//! All SQL of upkeep. It sees all organizations.

use sqlx::PgConnection;
use uuid::Uuid;

pub(super) async fn deploy_progress(db: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        r#"select concat_ws('/', (select max(position) from batches),
                                (select max(position) from deployment_transitions),
                                (select max(position) from releases),
                                (select max(swept_at) from functions)) as "progress!""#
    )
    .fetch_one(db)
    .await
}

/// Keeps everybody else from reading or writing what is sealed, until the transaction ends.
pub(super) async fn hold_sealed(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "lock table data_keys, authenticators, idempotent_requests in access exclusive mode"
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An organization's key, as it is kept.
#[derive(Debug)]
pub(super) struct DataKey {
    pub(super) organization: Uuid,
    pub(super) sealed: Vec<u8>,
}

pub(super) async fn data_keys(db: &mut PgConnection) -> sqlx::Result<Vec<DataKey>> {
    sqlx::query_as!(
        DataKey,
        "select organization_id as organization, sealed from data_keys order by organization_id"
    )
    .fetch_all(db)
    .await
}

pub(super) async fn set_data_key(
    db: &mut PgConnection,
    organization: Uuid,
    sealed: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update data_keys set sealed = $2 where organization_id = $1",
        organization,
        sealed
    )
    .execute(db)
    .await?;
    Ok(())
}

/// An authenticator's secret, as it is kept.
#[derive(Debug)]
pub(super) struct Authenticator {
    pub(super) user: Uuid,
    pub(super) sealed: Vec<u8>,
}

pub(super) async fn authenticators(db: &mut PgConnection) -> sqlx::Result<Vec<Authenticator>> {
    sqlx::query_as!(
        Authenticator,
        r#"select user_id as "user", sealed from authenticators order by user_id"#
    )
    .fetch_all(db)
    .await
}

pub(super) async fn set_authenticator(
    db: &mut PgConnection,
    user: Uuid,
    sealed: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!("update authenticators set sealed = $2 where user_id = $1", user, sealed)
        .execute(db)
        .await?;
    Ok(())
}

/// An answer that is kept for a repeated request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) organization: Uuid,
    pub(super) user: Uuid,
    pub(super) key: String,
    pub(super) sealed: Vec<u8>,
}

pub(super) async fn answers(db: &mut PgConnection) -> sqlx::Result<Vec<Answer>> {
    sqlx::query_as!(
        Answer,
        r#"select organization_id as organization, user_id as "user", key, answer as "sealed!"
             from idempotent_requests where answer is not null"#
    )
    .fetch_all(db)
    .await
}

pub(super) async fn set_answer(
    db: &mut PgConnection,
    of: &Answer,
    sealed: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update idempotent_requests set answer = $4
          where organization_id = $1 and user_id = $2 and key = $3",
        of.organization,
        of.user,
        of.key,
        sealed
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A deployment whose function has a token.
#[derive(Debug)]
pub(super) struct WithToken {
    pub(super) organization: Uuid,
    pub(super) deployment: Uuid,
}

/// Deployments that serve or may be gone back to.
pub(super) async fn with_tokens(db: &mut PgConnection) -> sqlx::Result<Vec<WithToken>> {
    sqlx::query_as!(
        WithToken,
        "select organization_id as organization, id as deployment from deployments
          where function_version is not null"
    )
    .fetch_all(db)
    .await
}

/// Remembers the hash of the token that a deployment's function was given; one that is remembered
/// already is the one that it has.
pub(super) async fn add_earlier_token(
    db: &mut PgConnection,
    of: &WithToken,
    hash: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into earlier_tokens (organization_id, deployment_id, hash) values ($1, $2, $3)
         on conflict do nothing",
        of.organization,
        of.deployment,
        hash
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn organizations(db: &mut PgConnection) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar!("select id from organizations order by id").fetch_all(db).await
}
