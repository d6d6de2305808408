//! Whether a call may go on, and what is kept of it afterwards.

use std::time::Duration;

use axum::Json;
use promptpilot_spec::state::{
    Admit, Admitted, Finish, REPEATED_FOR, RateAsk, RateLeft, RepeatAsk, Verdict,
};
use sqlx::{PgConnection, Postgres, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{asker::Asker, store};
use crate::http::{Problem, body::Body};

pub(super) async fn admit(asker: Asker, Body(ask): Body<Admit>) -> Result<Json<Admitted>, Problem> {
    let mut db = begin(&asker, ask.repeat.is_some()).await?;
    let rate = match &ask.rate {
        Some(rate) => Some(count(&mut db, asker.organization(), rate).await?),
        None => None,
    };
    let verdict = match rate {
        Some(RateLeft { allowed: false, .. }) => Verdict::Go,
        _ => verdict(&mut db, &ask).await?,
    };
    db.commit().await?;
    Ok(Json(Admitted { rate, verdict }))
}

pub(super) async fn finish(asker: Asker, Body(finish): Body<Finish>) -> Result<Json<()>, Problem> {
    let Finish { repeat, cache, answer } = &finish;
    let mut db = begin(&asker, repeat.is_some()).await?;
    if let Some(key) = repeat {
        finish_call(&mut db, key, answer.as_deref()).await?;
    }
    if let (Some((key, ttl_ms)), Some(answer)) = (cache, answer) {
        let until = OffsetDateTime::now_utc().saturating_add(milliseconds(*ttl_ms));
        store::remember(&mut db, key, answer, until).await?;
    }
    db.commit().await?;
    Ok(Json(()))
}

/// What promises that a call is made once is on disk before anybody is told.
async fn begin(asker: &Asker, promises: bool) -> Result<Transaction<'static, Postgres>, Problem> {
    if promises { asker.begin().await } else { asker.begin_async_commit().await }
}

/// Counts a request in a bucket, if there is a place in it.
pub(crate) async fn count(
    db: &mut PgConnection,
    organization: Uuid,
    ask: &RateAsk,
) -> Result<RateLeft, Problem> {
    let now =
        i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX);
    // Far beyond any period that can be written.
    let step = i64::try_from(ask.step_us).unwrap_or(i64::MAX).min(i64::MAX >> 20);
    let capacity = step.saturating_mul(i64::from(ask.capacity));
    let RateAsk { bucket, .. } = ask;
    let taken = store::take_rate(db, organization, bucket, now, step, capacity).await?;
    let (allowed, full_at) = match taken {
        Some(full_at) => (true, full_at),
        None => (false, store::full_at(db, organization, bucket).await?.unwrap_or(now)),
    };
    let full_in = full_at.saturating_sub(now);
    Ok(RateLeft::new(ask, allowed, u64::try_from(full_in).unwrap_or_default()))
}

async fn verdict(db: &mut PgConnection, ask: &Admit) -> Result<Verdict, Problem> {
    if let Some(repeat) = &ask.repeat
        && let Some(verdict) = first_call(db, repeat).await?
    {
        return Ok(verdict);
    }
    let remembered = match &ask.cache {
        Some(key) => store::remembered(db, key).await?,
        None => None,
    };
    Ok(remembered.map_or(Verdict::Go, Verdict::Hit))
}

/// Keeps the answer of the first call with a key; without one the key is free again.
pub(crate) async fn finish_call(
    db: &mut PgConnection,
    key: &str,
    answer: Option<&str>,
) -> sqlx::Result<()> {
    match answer {
        Some(answer) => store::keep_repeat(db, key, answer, after(REPEATED_FOR)).await,
        None => store::forget_repeat(db, key).await,
    }
}

/// What became of the first call with the key; `None` where this is the first.
pub(crate) async fn first_call(
    db: &mut PgConnection,
    ask: &RepeatAsk,
) -> Result<Option<Verdict>, Problem> {
    let until = OffsetDateTime::now_utc().saturating_add(milliseconds(ask.lease_ms));
    if store::begin_repeat(db, &ask.key, &ask.request, until).await? {
        return Ok(None);
    }
    let first = store::repeat(db, &ask.key).await?;
    Ok(Some(match first {
        Some(first) if first.request != ask.request => Verdict::Mismatch,
        Some(store::Repeat { answer: Some(answer), .. }) => Verdict::Repeat(answer),
        // Of one that ended just now nothing is kept: the caller may try again.
        _ => Verdict::Running,
    }))
}

fn after(seconds: u64) -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::from_secs(seconds)
}

/// Bounded, so that no date is beyond what the database knows.
fn milliseconds(amount: u64) -> time::Duration {
    const MOST: u64 = 1000 * 86_400 * 366;
    time::Duration::milliseconds(i64::try_from(amount.min(MOST)).unwrap_or_default())
}
