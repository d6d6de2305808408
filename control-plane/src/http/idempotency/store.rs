//! All SQL on requests that may be repeated.

use sqlx::PgConnection;
use uuid::Uuid;

/// A request with a key.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) organization: Uuid,
    pub(super) user: Uuid,
    pub(super) key: &'a str,
    pub(super) fingerprint: &'a [u8],
}

/// What is known of a request's key.
#[derive(Debug)]
pub(super) enum Begun {
    /// Nothing: it is made now.
    First,
    /// It was another request's.
    Other,
    /// It is being made, by somebody else.
    UnderWay,
    /// It was made; this is its sealed answer.
    Done(Vec<u8>),
}

/// Takes the key, or says what it is taken for. One whose request never came to an end (its
/// process was killed) can be taken again after a while.
pub(super) async fn begin(db: &mut PgConnection, request: &Request<'_>) -> sqlx::Result<Begun> {
    sqlx::query!("delete from idempotent_requests where created_at < now() - interval '1 day'")
        .execute(&mut *db)
        .await?;
    let taken = sqlx::query_scalar!(
        r#"insert into idempotent_requests as kept (organization_id, user_id, key, fingerprint)
           values ($1, $2, $3, $4)
           on conflict (organization_id, user_id, key)
           do update set fingerprint = excluded.fingerprint, taken_at = now()
            where kept.answer is null and kept.taken_at < now() - interval '1 minute'
           returning true as "taken!""#,
        request.organization,
        request.user,
        request.key,
        request.fingerprint
    )
    .fetch_optional(&mut *db)
    .await?;
    if taken.is_some() {
        return Ok(Begun::First);
    }
    let kept = sqlx::query!(
        "select fingerprint, answer from idempotent_requests where user_id = $1 and key = $2",
        request.user,
        request.key
    )
    .fetch_optional(db)
    .await?;
    Ok(match kept {
        Some(kept) if kept.fingerprint != request.fingerprint => Begun::Other,
        Some(kept) => kept.answer.map_or(Begun::UnderWay, Begun::Done),
        None => Begun::UnderWay,
    })
}

/// Keeps the answer.
pub(super) async fn finish(
    db: &mut PgConnection,
    request: &Request<'_>,
    answer: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update idempotent_requests set answer = $3 where user_id = $1 and key = $2",
        request.user,
        request.key,
        answer
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Gives the key back: the request can be made again.
pub(super) async fn forget(db: &mut PgConnection, request: &Request<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from idempotent_requests where user_id = $1 and key = $2",
        request.user,
        request.key
    )
    .execute(db)
    .await?;
    Ok(())
}
