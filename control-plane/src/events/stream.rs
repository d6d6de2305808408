//! One reader's stream: `change`, `calls`, `ready` and `reset`, in the order of events.
//!
//! It holds one page at a time and reads the next one when its reader has taken that: a slow reader
//! makes nobody wait and takes no memory, and what it has not seen yet waits in the table. Readers who
//! have seen the same share a page.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::response::sse::Event;
use futures::Stream;
use tokio::time::Instant;

use super::{
    model::{self, Calls, Change, Position, Ready, Reset, ResetReason},
    store::{self, Arrived},
    tail::Asked,
};
use crate::{
    http::{Context, Problem, sse},
    people::Role,
};

/// Changes that are read at once.
const CHANGES: i64 = 256;

/// Arrivals of calls that are read at once.
const ARRIVALS: i64 = 250;

/// Of more calls, only the newest are told in full.
const NEWEST: usize = 20;

/// The least time between two looks. What comes faster is told together.
const PAUSE: Duration = Duration::from_millis(50);

/// How long to wait where events could not be read.
const AGAIN: Duration = Duration::from_secs(1);

/// A stream ends after this time, and its reader comes back: so a session that has ended, or a token
/// that was revoked, is found out.
const LIFETIME: Duration = Duration::from_secs(600);

/// After so long a reader that lost its stream may come back.
const RETRY: Duration = Duration::from_millis(500);

/// Where a reader begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// With what is new.
    Now,
    /// Where it was.
    After(Position),
    /// Where it was cannot be read.
    Nowhere,
}

/// What one look found.
struct Look {
    told: Vec<Told>,
    seen: Position,
    /// Whether there is more to read at once.
    more: bool,
}

/// What one look found, as its readers get it.
#[derive(Debug, Clone)]
pub(super) struct Page {
    events: Arc<[Event]>,
    seen: Position,
    more: bool,
}

impl From<Look> for Page {
    fn from(look: Look) -> Self {
        let events = look.told.iter().map(Told::event).collect();
        Self { events, seen: look.seen, more: look.more }
    }
}

enum Told {
    Change(Change),
    Calls(Position, Calls),
    Reset(Position, ResetReason),
}

impl Told {
    fn event(&self) -> Event {
        match self {
            Self::Change(change) => sse::event("change", change).id(change.position.to_string()),
            Self::Calls(position, calls) => sse::event("calls", calls).id(position.to_string()),
            Self::Reset(position, reason) => {
                sse::event("reset", &Reset { reason: *reason }).id(position.to_string())
            }
        }
    }
}

/// Events of the organization, from a place on.
pub(super) fn follow(
    context: Context,
    mut from: Place,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    async_stream::stream! {
        let mut news = context.plane.tail().follow(context.organization);
        let over = Instant::now() + LIFETIME;
        let kept_s = context.plane.settings().keep_events.as_secs();
        let mut greeted = false;
        while Instant::now() < over {
            let heard = *news.borrow_and_update();
            let mut until = over;
            match page(&context, from, (context.organization, heard)).await {
                Ok(Some(page)) => {
                    for event in page.events.iter() {
                        yield Ok(event.clone());
                    }
                    from = Place::After(page.seen);
                    if page.more {
                        continue;
                    }
                    if !greeted {
                        greeted = true;
                        let ready = sse::event("ready", &Ready { kept_s });
                        yield Ok(ready.id(page.seen.to_string()).retry(RETRY));
                    }
                }
                // Not in the organization any more.
                Ok(None) => return,
                // The database is away. Whoever follows need not notice.
                Err(problem) => {
                    tracing::debug!(detail = problem.detail(), "could not read events");
                    until = Instant::now() + AGAIN;
                }
            }
            tokio::time::sleep(PAUSE).await;
            tokio::time::timeout_at(until, news.changed()).await.ok();
        }
    }
}

/// The next page of a reader; `None` once they are not in the organization any more.
async fn page(context: &Context, from: Place, asked: Asked) -> Result<Option<Page>, Problem> {
    let tail = context.plane.tail();
    let Some(role) = tail.roles.ask((asked, context.user), Box::pin(role(context))).await? else {
        return Ok(None);
    };
    let look = Box::pin(async { Ok(Page::from(look(context, from, role).await?)) });
    match from {
        Place::After(seen) => tail.pages.ask((asked, role, seen), look).await.map(Some),
        Place::Now | Place::Nowhere => look.await.map(Some),
    }
}

async fn role(context: &Context) -> Result<Option<Role>, Problem> {
    let mut db = context.read().await?;
    let role = store::role(&mut db, context.user).await?;
    Ok(role.as_deref().map(Role::from_word))
}

async fn look(context: &Context, from: Place, role: Role) -> Result<Look, Problem> {
    let mut db = context.read().await?;
    let end = store::end(&mut db).await?;
    let seen = match from {
        Place::Now => return Ok(Look { told: vec![], seen: Position::end_of(end), more: false }),
        Place::Nowhere => return Ok(reset(end, ResetReason::Unknown)),
        // A database that was brought back from an older copy begins again at lower numbers.
        Place::After(seen) if seen.xact > end => return Ok(reset(end, ResetReason::Unknown)),
        Place::After(seen) => seen,
    };
    let changes = store::after(&mut db, seen, end, &model::told(role), CHANGES).await?;
    // Read afterwards: what was swept in between is found missing.
    if store::swept(&mut db).await?.is_some_and(|swept| seen < swept) {
        return Ok(reset(end, ResetReason::Swept));
    }
    let full = changes.len() >= usize::try_from(CHANGES).unwrap_or(usize::MAX);
    let (reach, upto) = match changes.last() {
        Some(last) if full => (last.position, last.position.xact),
        _ => (Position::end_of(end), end),
    };
    let calls = match model::sees_calls(role) {
        true => store::calls(&mut db, seen.xact, upto, NEWEST as i32, ARRIVALS).await?,
        false => Vec::new(),
    };
    Ok(merge(changes, calls, reach, full))
}

fn reset(end: i64, reason: ResetReason) -> Look {
    let seen = Position::end_of(end);
    Look { told: vec![Told::Reset(seen, reason)], seen, more: false }
}

/// Puts calls between changes: those that arrived before a change, or with it, come before it.
fn merge(changes: Vec<Change>, calls: Vec<Arrived>, reach: Position, full: bool) -> Look {
    // Where not all calls could be read, what lies behind the last one waits.
    let cut = calls.len() >= usize::try_from(ARRIVALS).unwrap_or(usize::MAX);
    let last_call = calls.last().map(|arrived| Position::end_of(arrived.xact));
    let seen = last_call.filter(|_| cut).map_or(reach, |last| last.min(reach));
    let mut told = Vec::new();
    let mut calls = calls.into_iter().peekable();
    for change in changes.into_iter().filter(|change| change.position <= seen) {
        let before = std::iter::from_fn(|| calls.next_if(|next| next.xact <= change.position.xact));
        told.extend(together(before));
        told.push(Told::Change(change));
    }
    told.extend(together(calls));
    Look { told, seen, more: full || cut }
}

/// Several arrivals in one event, which lies where the last one does.
fn together(arrived: impl Iterator<Item = Arrived>) -> Option<Told> {
    let one = arrived.reduce(|mut sum, next| {
        sum.xact = next.xact;
        sum.calls.count += next.calls.count;
        sum.calls.errors += next.calls.errors;
        sum.calls.items.splice(0..0, next.calls.items);
        sum.calls.items.sort_by_key(|call| std::cmp::Reverse(call.call_id));
        sum.calls.items.truncate(NEWEST);
        sum
    })?;
    Some(Told::Calls(Position::calls_of(one.xact), one.calls))
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
