//! Runs as events: what each variant writes as it comes, and what came of it.

use std::convert::Infallible;

use axum::response::sse::Event;
use futures::Stream;
use promptpilot_spec::record::Source;
use tokio::sync::mpsc;

use super::{
    model::{RunDelta, RunResult},
    prepare::Ready,
    variant,
};
use crate::http::{Context, sse};

/// Pieces of text that may wait for a slow reader.
const BUFFER: usize = 32;

/// What a variant has to say.
enum Told {
    Delta(RunDelta),
    Ended(Box<RunResult>),
}

/// Runs all variants side by side. Whoever stops reading stops them.
pub(super) fn stream(
    context: &Context,
    ready: Vec<Ready>,
) -> impl Stream<Item = Result<Event, Infallible>> + Send + use<> {
    let (teller, mut told) = mpsc::channel(BUFFER);
    for (index, ready) in ready.into_iter().enumerate() {
        tokio::spawn(tell(context.clone(), index, ready, teller.clone()));
    }
    drop(teller);
    async_stream::stream! {
        while let Some(told) = told.recv().await {
            yield Ok(match told {
                Told::Delta(delta) => sse::event("delta", &delta),
                Told::Ended(result) if result.error.is_some() => sse::event("error", &result),
                Told::Ended(result) => sse::event("done", &result),
            });
        }
    }
}

/// Runs one variant and passes on what it says.
async fn tell(context: Context, index: usize, ready: Ready, teller: mpsc::Sender<Told>) {
    let (deltas, mut texts) = mpsc::channel(BUFFER);
    let run = variant::run(context, index, ready, Source::Studio, true, deltas);
    let pass = async {
        while let Some(text) = texts.recv().await {
            let delta = Told::Delta(RunDelta { variant: index, text });
            if teller.send(delta).await.is_err() {
                break;
            }
        }
        // Where the reader went away, the run sees that nobody takes its text.
        drop(texts);
    };
    let reader_gone = async {
        teller.closed().await;
    };
    let pass = async {
        tokio::select! {
            () = pass => {}
            () = reader_gone => {}
        }
    };
    let (result, ()) = tokio::join!(run, pass);
    // Nobody may be there to be told.
    let _ = teller.send(Told::Ended(Box::new(result))).await;
}
