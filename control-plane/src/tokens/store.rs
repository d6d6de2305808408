//! All SQL on access tokens, and on command lines that wait for one.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{AccessToken, PendingLogin};

/// A person's tokens, newest first, those before one.
pub(super) async fn list(
    db: &mut PgConnection,
    user: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<AccessToken>> {
    sqlx::query_as!(
        AccessToken,
        "select id, name, shown, created_at as created, used_at as used, expires_at as expires
           from access_tokens
          where user_id = $1 and ($2::uuid is null or id < $2)
          order by id desc limit $3",
        user,
        after,
        limit
    )
    .fetch_all(db)
    .await
}

/// A token to keep.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) organization: Uuid,
    pub(super) user: Uuid,
    pub(super) name: &'a str,
    pub(super) hash: &'a str,
    pub(super) shown: &'a str,
    pub(super) expires: Option<OffsetDateTime>,
}

/// Keeps a token.
pub(super) async fn add(db: &mut PgConnection, row: Row<'_>) -> sqlx::Result<AccessToken> {
    sqlx::query_as!(
        AccessToken,
        "insert into access_tokens (organization_id, id, user_id, name, hash, shown, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         returning id, name, shown, created_at as created, used_at as used, expires_at as expires",
        row.organization,
        Uuid::now_v7(),
        row.user,
        row.name,
        row.hash,
        row.shown,
        row.expires
    )
    .fetch_one(db)
    .await
}

/// Ends a token of a person's; whether there was one.
pub(super) async fn revoke(db: &mut PgConnection, user: Uuid, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from access_tokens where id = $1 and user_id = $2", id, user)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all tokens of a person's in the transaction's organization.
pub(crate) async fn end_all_of(db: &mut PgConnection, user: Uuid) -> sqlx::Result<()> {
    sqlx::query!("delete from access_tokens where user_id = $1", user).execute(db).await?;
    Ok(())
}

/// A command line that begins to wait.
#[derive(Debug)]
pub(super) struct Pending<'a> {
    pub(super) code: &'a str,
    pub(super) hash: &'a str,
    pub(super) shown: &'a str,
    pub(super) name: &'a str,
    pub(super) address: Option<String>,
    pub(super) expires: OffsetDateTime,
}

/// Remembers a command line that waits, and forgets those that waited in vain.
pub(super) async fn begin_login(db: &mut PgConnection, new: Pending<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "with over as (delete from pending_logins where expires_at < now())
         insert into pending_logins (code, hash, shown, name, address, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
        new.code,
        new.hash,
        new.shown,
        new.name,
        new.address,
        new.expires
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Who waits with a code.
pub(super) async fn pending_login(
    db: &mut PgConnection,
    code: &str,
) -> sqlx::Result<Option<PendingLogin>> {
    sqlx::query_as!(
        PendingLogin,
        "select name, address, expires_at as expires from pending_logins
          where code = $1 and expires_at > now()",
        code
    )
    .fetch_optional(db)
    .await
}

/// Turns what a command line waits with into a token; whether somebody waits with the code.
pub(super) async fn approve_login(
    db: &mut PgConnection,
    code: &str,
    organization: Uuid,
    user: Uuid,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "with waiting as (
             delete from pending_logins where code = $1 and expires_at > now()
             returning hash, shown, name
         )
         insert into access_tokens (organization_id, id, user_id, name, hash, shown)
         select $2, $3, $4, name, hash, shown from waiting",
        code,
        organization,
        Uuid::now_v7(),
        user
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
