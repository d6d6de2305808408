//! All SQL on identities: who at a provider is whom here.

use sqlx::PgConnection;
use uuid::Uuid;

use super::model::Identity;

/// Whose identity it is.
pub(super) async fn user_of(
    db: &mut PgConnection,
    issuer: &str,
    subject: &str,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select identity_of($1, $2)", issuer, subject).fetch_one(db).await
}

/// The person's identities, the oldest first.
pub(super) async fn list(db: &mut PgConnection) -> sqlx::Result<Vec<Identity>> {
    sqlx::query_as!(
        Identity,
        "select id, issuer, linked_at as linked from identities
          where user_id = app_user() order by id limit 500"
    )
    .fetch_all(db)
    .await
}

/// Links an identity, in a transaction of its person.
pub(super) async fn link(
    db: &mut PgConnection,
    user: Uuid,
    issuer: &str,
    subject: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into identities (user_id, id, issuer, subject) values ($1, $2, $3, $4)",
        user,
        Uuid::now_v7(),
        issuer,
        subject
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Unlinks an identity of the person's; whether it was there.
pub(super) async fn unlink(db: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let done = sqlx::query!("delete from identities where user_id = app_user() and id = $1", id)
        .execute(db);
    Ok(done.await?.rows_affected() > 0)
}
