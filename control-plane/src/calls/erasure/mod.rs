//! Forgetting a person who called: what they sent and were answered goes from all of their calls, and who
//! they are with it. What remains is figures of nobody.

pub mod model;
pub(crate) mod routes;
mod store;

use std::time::{Duration, Instant};

use self::model::ErasedCalls;
use crate::http::{Context, Problem};

/// Calls of one transaction: none holds others up for long.
const PORTION: i32 = 2_000;

/// After this long the rest is left to another request.
const WITHIN: Duration = Duration::from_secs(10);

/// Forgets the calls of a user, as many as there is time for.
async fn erase(context: &Context, user: &str) -> Result<ErasedCalls, Problem> {
    let began = Instant::now();
    let mut calls = 0;
    loop {
        let mut db = context.begin().await?;
        let portion = store::erase(&mut db, user, PORTION).await?;
        db.commit().await?;
        calls += portion;
        let finished = portion < i64::from(PORTION);
        if finished || began.elapsed() > WITHIN {
            return Ok(ErasedCalls { calls, finished });
        }
    }
}
