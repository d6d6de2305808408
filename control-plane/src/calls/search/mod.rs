//! Finding calls. One condition is left to an index, which gives calls in the order of time; the others
//! are held against so many calls at once, until a page is full or time is up. So each step is bounded,
//! whatever is asked for: a page that could not be filled in time says how far it came.

pub(crate) mod follow;
pub mod model;
pub(crate) mod routes;
pub(crate) mod store;
mod values;
pub(crate) mod wanted;

use std::time::Duration;

use promptpilot_spec::record::CallRecord;
use tokio::time::Instant;
use uuid::Uuid;

use self::wanted::{Span, Wanted};
use crate::{
    database::plan_for_conditions,
    http::{Context, Problem},
};

/// Calls that conditions without an index are held against at once.
const STEP: i64 = 20_000;

/// The same where words are looked for without their index.
const STEP_OF_WORDS: i64 = 500;

/// Calls with certain words that are taken from their index at once.
const FOUND: i64 = 1000;

/// How long a page may be looked for before it is sent as it is.
pub(crate) const WITHIN: Duration = Duration::from_millis(450);

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Newest first.
    pub(crate) calls: Vec<CallRecord>,
    /// Where the search stopped, if it did before the end of what was asked for: the last call that
    /// was looked at.
    pub(crate) stopped: Option<Uuid>,
}

/// The newest calls as wanted, up to `limit`, as far as they are found in time.
pub(crate) async fn find(
    context: &Context,
    wanted: &Wanted,
    mut span: Span,
    limit: i64,
    within: Duration,
) -> Result<Found, Problem> {
    let over = Instant::now() + within;
    let mut calls = Vec::new();
    loop {
        let left = limit - i64::try_from(calls.len()).unwrap_or(limit);
        let step = step(context, wanted, span, left, over).await?;
        calls.extend(step.calls);
        let enough = i64::try_from(calls.len()).is_ok_and(|found| found >= limit);
        let Some(stopped) = step.stopped.filter(|_| !enough) else {
            return Ok(Found { calls, stopped: None });
        };
        if Instant::now() >= over {
            return Ok(Found { calls, stopped: Some(stopped) });
        }
        span.end = stopped;
    }
}

async fn step(
    context: &Context,
    wanted: &Wanted,
    span: Span,
    limit: i64,
    over: Instant,
) -> Result<Found, Problem> {
    let left = over.saturating_duration_since(Instant::now());
    if let Some(text) = &wanted.text
        && let Some(ids) = with_words(context, span, text, left).await?
    {
        let mut db = context.read().await?;
        plan_for_conditions(&mut db).await?;
        let wanted = wanted.without_text();
        let calls = store::list(&mut db, span, &wanted, Some(&ids), limit).await?;
        let full = i64::try_from(ids.len()).is_ok_and(|found| found >= FOUND);
        return Ok(Found { calls, stopped: ids.last().copied().filter(|_| full) });
    }
    let places = if wanted.text.is_some() { STEP_OF_WORDS } else { STEP };
    let mut db = context.read().await?;
    plan_for_conditions(&mut db).await?;
    let driver = wanted.driver();
    let stopped = match driver == *wanted {
        // The index knows all of it.
        true => None,
        false => store::floor(&mut db, span, &driver, places).await?,
    };
    let span = Span { least: stopped.unwrap_or(span.least), end: span.end };
    let calls = store::list(&mut db, span, wanted, None, limit).await?;
    Ok(Found { calls, stopped })
}

/// Ids of calls with certain words, by the index of words; `None` where that takes too long, since the
/// words are in most calls.
async fn with_words(
    context: &Context,
    span: Span,
    text: &str,
    left: Duration,
) -> Result<Option<Vec<Uuid>>, Problem> {
    // Half of the time: the rest is for looking without the index.
    let within_ms = u32::try_from(left.as_millis() / 2).unwrap_or(u32::MAX).max(50);
    let system = context.plane.database().system();
    let found = store::with_words(system, context.organization, span, text, FOUND, within_ms);
    Ok(found.await?)
}
