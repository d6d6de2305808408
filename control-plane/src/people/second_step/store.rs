//! All SQL on authenticators, recovery codes and challenges. But for the look-up of a challenge it runs in
//! a transaction of their person.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::Authenticator;

/// Whether a second step is asked for.
pub(super) async fn state(db: &mut PgConnection) -> sqlx::Result<Authenticator> {
    sqlx::query_as!(
        Authenticator,
        r#"select (select confirmed_at from authenticators where user_id = app_user()) as confirmed,
                  (select count(*) from recovery_codes
                    where user_id = app_user()) as "recovery_codes!""#
    )
    .fetch_one(db)
    .await
}

/// Keeps an authenticator that has yet to be confirmed, in the place of another such.
pub(super) async fn begin(db: &mut PgConnection, user: Uuid, sealed: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into authenticators (user_id, sealed) values ($1, $2)
         on conflict (user_id) do update set sealed = excluded.sealed, begun_at = now(), used_step = 0
          where authenticators.confirmed_at is null",
        user,
        sealed
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether there is one that has yet to be confirmed. It is held: two first codes are not taken at once.
pub(super) async fn is_begun(db: &mut PgConnection) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        "select user_id from authenticators where user_id = app_user() and confirmed_at is null
            for update"
    );
    Ok(found.fetch_optional(db).await?.is_some())
}

/// An authenticator, as it is kept.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) sealed: Vec<u8>,
}

/// The person's authenticator.
pub(super) async fn kept(db: &mut PgConnection) -> sqlx::Result<Option<Kept>> {
    sqlx::query_as!(Kept, "select sealed from authenticators where user_id = app_user()")
        .fetch_optional(db)
        .await
}

/// Uses the code of a time step; false if it, or a later one, was used before.
pub(super) async fn use_step(db: &mut PgConnection, step: i64) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update authenticators set used_step = $1 where user_id = app_user() and used_step < $1",
        step
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// From now on it is asked for.
pub(super) async fn confirm(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "update authenticators set confirmed_at = now()
          where user_id = app_user() and confirmed_at is null"
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends the person's authenticator, and its recovery codes with it.
pub(super) async fn remove(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("delete from authenticators where user_id = app_user()").execute(db).await?;
    Ok(())
}

/// Keeps recovery codes in the place of those before.
pub(super) async fn set_recovery_codes(
    db: &mut PgConnection,
    user: Uuid,
    hashes: &[String],
) -> sqlx::Result<()> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user).execute(&mut *db).await?;
    sqlx::query!(
        "insert into recovery_codes (user_id, hash) select $1, unnest($2::text[])",
        user,
        hashes
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "update authenticators set recovery_codes_made_at = now() where user_id = $1",
        user
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Uses a recovery code; whether it was there.
pub(super) async fn use_recovery_code(db: &mut PgConnection, hash: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "with used as (
            delete from recovery_codes where user_id = app_user() and hash = $1 returning user_id
         )
         update authenticators a set recovery_code_used_at = now()
           from used where a.user_id = used.user_id",
        hash
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Keeps a challenge, and forgets those of the person that are too old.
pub(super) async fn add_challenge(
    db: &mut PgConnection,
    user: Uuid,
    hash: &str,
    expires: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with over as (delete from sign_in_challenges where user_id = $1 and expires_at < now())
         insert into sign_in_challenges (user_id, id, hash, expires_at) values ($1, $2, $3, $4)",
        user,
        Uuid::now_v7(),
        hash,
        expires
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whose challenge it is, if it is still good.
pub(super) async fn challenge_of(db: &mut PgConnection, hash: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select sign_in_challenge_of($1)", hash).fetch_one(db).await
}

/// Takes a challenge of the person's; whether it was there.
pub(super) async fn take_challenge(db: &mut PgConnection, hash: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from sign_in_challenges
          where user_id = app_user() and hash = $1 and expires_at > now()",
        hash
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all of the person's challenges.
pub(super) async fn forget_challenges(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("delete from sign_in_challenges where user_id = app_user()").execute(db).await?;
    Ok(())
}
