//! Calls as they arrive, as server-sent events.

use std::convert::Infallible;

use axum::response::sse::Event;
use futures::Stream;
use uuid::Uuid;

use super::{
    store::{self, Arrived, Place},
    wanted::{Span, Wanted},
};
use crate::{
    database::plan_for_conditions,
    events::store::end,
    http::{Context, Problem, sse},
};

/// Calls that a follower is told of at once.
const AT_ONCE: usize = 500;

/// What is looked for, and what was seen of it.
#[derive(Debug, Clone)]
pub(super) struct Following {
    pub(super) wanted: Wanted,
    pub(super) span: Span,
    seen: Place,
}

impl Following {
    /// After the event of an id, or where there is none, after all that there is: what arrived up to a
    /// transaction.
    pub(super) fn new(wanted: Wanted, span: Span, seen: Option<&str>, end: i64) -> Self {
        let seen = seen.and_then(place).unwrap_or(Place { xact: end, call: Uuid::max() });
        Self { wanted, span, seen }
    }
}

/// Events `call` as calls arrive. An event's id is its place in the order of arrival.
pub(super) fn follow(
    context: Context,
    mut following: Following,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    async_stream::stream! {
        let mut news = context.plane.tail().follow(context.organization);
        loop {
            news.mark_unchanged();
            let (calls, end) = match look(&context, &following).await {
                Ok(found) => found,
                Err(problem) => {
                    yield Ok(sse::event("error", &problem));
                    return;
                }
            };
            let full = calls.len() == AT_ONCE;
            for call in calls {
                let id = format!("{}.{}", call.xact, call.record.call_id);
                following.seen = Place { xact: call.xact, call: call.record.call_id };
                yield Ok(sse::event("call", &call.record).id(id));
            }
            if full {
                continue;
            }
            // Behind everything that was looked at, wanted or not.
            if following.seen.xact <= end {
                following.seen = Place { xact: end, call: Uuid::max() };
            }
            if news.changed().await.is_err() {
                return;
            }
        }
    }
}

/// Calls after what was seen, and the last transaction that was looked at.
async fn look(context: &Context, following: &Following) -> Result<(Vec<Arrived>, i64), Problem> {
    let mut db = context.read().await?;
    plan_for_conditions(&mut db).await?;
    let end = end(&mut db).await?;
    let Following { wanted, span, seen } = following;
    let calls = store::arrived(&mut db, wanted, *span, *seen, end, AT_ONCE as i64).await?;
    Ok((calls, end))
}

fn place(id: &str) -> Option<Place> {
    let (xact, call) = id.split_once('.')?;
    Some(Place { xact: xact.parse().ok()?, call: call.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_is_read_back() {
        let call = Uuid::now_v7();
        assert_eq!(place(&format!("17.{call}")), Some(Place { xact: 17, call }));
        assert_eq!(place("17"), None);
        assert_eq!(place("x.y"), None);
    }
}
