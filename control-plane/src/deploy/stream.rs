//! A deployment's log as it is written: events `log` and `status`, to the end.

use std::{convert::Infallible, time::Duration};

use axum::response::sse::Event;
use futures::Stream;
use uuid::Uuid;

use super::{
    model::{Deployment, LogLine, Status, StatusEvent},
    store,
};
use crate::http::{Context, Problem, sse::event};

/// Log lines wake nobody in the database, since a NOTIFY makes commits wait for each other. Within
/// a process they do; a log written by another one is looked at this often.
const LOOK: Duration = Duration::from_millis(200);

/// Events after the log line `seen`. Ends with the final status.
pub(crate) fn follow(
    context: Context,
    deployment: Uuid,
    seen: i64,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    async_stream::stream! {
        let bells = context.plane.bells().clone();
        let (mut seen, mut told) = (seen, None::<Status>);
        loop {
            // Registered before looking, so that nothing written in between is slept through.
            let written = bells.news.notified();
            let (now, lines) = match look(&context, deployment, seen).await {
                Ok(Some(found)) => found,
                Ok(None) => return,
                Err(problem) => {
                    yield Ok(event("error", &problem));
                    return;
                }
            };
            for line in lines {
                seen = line.seq;
                yield Ok(event("log", &line).id(line.seq.to_string()));
            }
            if told != Some(now.status) {
                told = Some(now.status);
                let finished = now.status.is_final();
                let status = StatusEvent { status: now.status, error: now.error, url: now.url };
                yield Ok(event("status", &status));
                if finished {
                    return;
                }
            }
            tokio::time::timeout(LOOK, written).await.ok();
        }
    }
}

/// The status first and the lines after it: a final status is then seen only with all lines.
async fn look(
    context: &Context,
    deployment: Uuid,
    seen: i64,
) -> Result<Option<(Deployment, Vec<LogLine>)>, Problem> {
    let mut db = context.read().await?;
    let Some(now) = store::list(&mut db, Some(deployment), None, None, 1).await?.pop() else {
        return Ok(None);
    };
    let lines = store::log(&mut db, deployment, seen).await?;
    Ok(Some((now, lines)))
}
