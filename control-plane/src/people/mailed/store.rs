//! All SQL on tokens that are sent by mail. But for the first look-up it runs in a transaction of their
//! person.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Keeps a token, and forgets those of the person that are too old.
pub(super) async fn add(
    db: &mut PgConnection,
    user: Uuid,
    purpose: &str,
    hash: &str,
    lifetime: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with over as (delete from mailed_tokens where user_id = $1 and expires_at < now())
         insert into mailed_tokens (user_id, id, purpose, hash, expires_at)
         values ($1, $2, $3, $4, $5)",
        user,
        Uuid::now_v7(),
        purpose,
        hash,
        OffsetDateTime::now_utc() + lifetime
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whose token it is, if it is still good.
pub(super) async fn user_of(
    db: &mut PgConnection,
    purpose: &str,
    hash: &str,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select mailed_token_of($1, $2)", hash, purpose).fetch_one(db).await
}

/// Takes a token of the person's; whether it was there.
pub(super) async fn take(db: &mut PgConnection, purpose: &str, hash: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from mailed_tokens where hash = $1 and purpose = $2 and expires_at > now()",
        hash,
        purpose
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all of the person's tokens of a purpose.
pub(super) async fn forget(db: &mut PgConnection, purpose: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from mailed_tokens where user_id = app_user() and purpose = $1", purpose)
        .execute(db)
        .await?;
    Ok(())
}
