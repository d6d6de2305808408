//! Answers as they come. The head goes out with the first text, or after a while: a failure before it
//! has a status of its own.

use std::{convert::Infallible, time::Duration};

use axum::response::{Response, sse::Event};
use futures::{FutureExt, future::BoxFuture};
use tokio::time::timeout;

use super::{
    answer::Done,
    call,
    run::{Executing, joined},
};
use crate::http::{Problem, sse};

/// When the head goes out at the latest.
const HEAD_AFTER: Duration = Duration::from_secs(10);

/// How a stream says things.
pub(super) trait Framing: Send + 'static {
    /// More text.
    fn delta(&mut self, text: String) -> Event;

    /// The end.
    fn done(&mut self, done: Done) -> Vec<Event>;

    /// That there will be none.
    fn error(&mut self, problem: Problem) -> Vec<Event>;
}

/// The answer, or the problem that there is none. Whoever stops reading stops the call.
pub(super) async fn answer(
    executing: Executing,
    mut framing: impl Framing,
) -> Result<Response, Problem> {
    let Executing { call, head, mut texts, ended } = executing;
    let mut ended: BoxFuture<'static, Result<Done, Problem>> = joined(ended).boxed();
    let first = match timeout(HEAD_AFTER, texts.recv()).await {
        Ok(Some(text)) => Some(text),
        Ok(None) => {
            let done = ended.await?;
            ended = std::future::ready(Ok(done)).boxed();
            None
        }
        Err(_) => None,
    };
    let events = async_stream::stream! {
        if let Some(text) = first {
            yield Ok::<_, Infallible>(framing.delta(text));
        }
        while let Some(text) = texts.recv().await {
            yield Ok(framing.delta(text));
        }
        let last = match ended.await {
            Ok(done) => framing.done(done),
            Err(problem) => framing.error(problem),
        };
        for event in last {
            yield Ok(event);
        }
    };
    let mut response = sse::response(events);
    response.headers_mut().extend(call::headers(call, &head));
    Ok(response)
}
