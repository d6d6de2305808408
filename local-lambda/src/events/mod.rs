//! Asynchronous calls: kept on disk until they are done, tried again where they fail, and told to
//! a destination at their end. A kill at any time leaves an event to be tried again, never less.

mod destination;
mod queued;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use tokio::sync::mpsc;

use crate::caller::{self, Call, NotCalled};
use crate::context::Context;
use crate::invocation::{Answer, Chunk, Failure};
use crate::model::InvokeConfig;

use destination::Destinations;
pub(crate) use queued::Queued;

/// What the service does where a function's owner has not said otherwise.
const RETRIES: u32 = 2;
const MAX_AGE: Duration = Duration::from_secs(6 * 3600);
/// A throttled event waits this long, then twice that, and so on.
const THROTTLED: Duration = Duration::from_secs(1);
const THROTTLED_MOST: Duration = Duration::from_secs(300);

/// The queue of a host.
#[derive(Debug)]
pub(crate) struct Events {
    folder: PathBuf,
    destinations: Destinations,
    /// Before each retry; the last is for all further ones.
    retry_after: Vec<Duration>,
}

/// What an attempt came to.
enum Attempt {
    Done(Outcome),
    Throttled,
    /// The function is gone, and the event with it.
    NoFunction,
    /// The host is ending; the event stays for the next one.
    ShutDown,
}

/// A function's answer.
struct Outcome {
    version: Arc<str>,
    payload: Bytes,
    failed: bool,
}

/// Why an event is not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Success,
    RetriesExhausted,
    EventAgeExceeded,
}

impl Events {
    /// A queue in `folder`, which is there; destinations are written below `output`.
    pub(crate) fn new(folder: PathBuf, output: PathBuf, retry_after: Vec<Duration>) -> Self {
        Self { folder, destinations: Destinations::new(output), retry_after }
    }

    /// Takes up what a former host has not done.
    pub(crate) fn resume(context: &Arc<Context>) -> io::Result<()> {
        for event in Queued::load_all(&context.events.folder)? {
            tokio::spawn(run(Arc::clone(context), event));
        }
        Ok(())
    }

    /// Keeps an event. Once this has returned it will be tried, whatever happens to the host.
    pub(crate) async fn accept(context: &Arc<Context>, event: Queued) -> io::Result<()> {
        let event = save(context, event).await?;
        tokio::spawn(run(Arc::clone(context), event));
        Ok(())
    }

    /// How long to wait before the retry with this number, the first being 1.
    fn pause(&self, retry: u32) -> Duration {
        let index = usize::try_from(retry.saturating_sub(1)).unwrap_or(usize::MAX);
        let pause = self.retry_after.get(index).or(self.retry_after.last());
        pause.copied().unwrap_or_default()
    }
}

async fn save(context: &Arc<Context>, event: Queued) -> io::Result<Queued> {
    let context = Arc::clone(context);
    let saved = move || event.save(&context.events.folder).map(|()| event);
    tokio::task::spawn_blocking(saved).await.map_err(io::Error::other)?
}

/// Tries an event until it is done.
async fn run(context: Arc<Context>, mut event: Queued) {
    let mut throttled = THROTTLED;
    loop {
        let config = config_of(&context, &event);
        let max_age = config.max_age_seconds.map_or(MAX_AGE, |it| Duration::from_secs(it.into()));
        if event.age() > max_age {
            return conclude(&context, event, &config, Condition::EventAgeExceeded, None).await;
        }
        let outcome = match attempt(&context, &event).await {
            Attempt::Done(outcome) => outcome,
            Attempt::Throttled => {
                tokio::time::sleep(throttled).await;
                throttled = (throttled * 2).min(THROTTLED_MOST);
                continue;
            }
            Attempt::NoFunction => return remove(&context, event).await,
            Attempt::ShutDown => return,
        };
        if !outcome.failed {
            return conclude(&context, event, &config, Condition::Success, Some(outcome)).await;
        }
        event.attempts += 1;
        if event.attempts > config.max_retries.unwrap_or(RETRIES) {
            let condition = Condition::RetriesExhausted;
            return conclude(&context, event, &config, condition, Some(outcome)).await;
        }
        event = match save(&context, event).await {
            Ok(event) => event,
            Err(error) => return tracing::error!(%error, "could not keep an event"),
        };
        tokio::time::sleep(context.events.pause(event.attempts)).await;
    }
}

fn config_of(context: &Context, event: &Queued) -> InvokeConfig {
    let entry = context.registry.get(&event.function);
    let config = entry.and_then(|it| it.function.invoke_configs.get(&event.qualifier).cloned());
    config.unwrap_or_default()
}

async fn attempt(context: &Context, event: &Queued) -> Attempt {
    let Some(entry) = context.registry.get(&event.function) else { return Attempt::NoFunction };
    let called = caller::call(Call {
        entry: &entry,
        qualifier: &event.qualifier,
        id: event.id,
        payload: event.payload.clone(),
        invoked_arn: event.invoked_arn.as_str().into(),
        trace_id: event.trace_id(),
        client_context: event.client_context(),
        wants_log: false,
    });
    let calling = match called {
        Ok(calling) => calling,
        Err(NotCalled::NoVersion) => return Attempt::NoFunction,
        Err(_) => return Attempt::Throttled,
    };
    let version = Arc::clone(&calling.pool.unit.number);
    let outcome = |payload, failed| Attempt::Done(Outcome { version, payload, failed });
    match calling.answer().await {
        Ok(Answer::Whole { body, .. }) => outcome(body, false),
        Ok(Answer::Failed { failure, .. }) => outcome(failure.payload, true),
        Ok(Answer::Stream { chunks, .. }) => match collect(chunks).await {
            Ok(body) => outcome(body, false),
            Err(failure) => outcome(failure.payload, true),
        },
        Err(_) => Attempt::ShutDown,
    }
}

async fn collect(mut chunks: mpsc::Receiver<Chunk>) -> Result<Bytes, Failure> {
    let mut body = BytesMut::new();
    while let Some(chunk) = chunks.recv().await {
        match chunk {
            Chunk::Data(data) => body.extend_from_slice(&data),
            Chunk::End { failure: Some(failure), .. } => return Err(failure),
            Chunk::End { failure: None, .. } => return Ok(body.freeze()),
        }
    }
    Err(Failure::document("Runtime.TruncatedResponse", "the response was cut off"))
}

/// Tells the destination, then forgets the event.
async fn conclude(
    context: &Arc<Context>,
    event: Queued,
    config: &InvokeConfig,
    condition: Condition,
    outcome: Option<Outcome>,
) {
    let destination = match condition {
        Condition::Success => config.on_success.clone(),
        Condition::RetriesExhausted | Condition::EventAgeExceeded => {
            tracing::warn!(function = event.function, id = %event.id, "gave up an event: {condition:?}");
            config.on_failure.clone()
        }
    };
    if let Some(destination) = destination {
        let record = destination::record(&event, condition, outcome.as_ref());
        let (context, function) = (Arc::clone(context), event.function.clone());
        let tell = move || context.events.destinations.tell(&function, &destination, &record);
        match tokio::task::spawn_blocking(tell).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "could not tell a destination"),
            Err(error) => tracing::error!(%error, "could not tell a destination"),
        }
    }
    remove(context, event).await;
}

async fn remove(context: &Arc<Context>, event: Queued) {
    let context = Arc::clone(context);
    let removed = tokio::task::spawn_blocking(move || event.remove(&context.events.folder)).await;
    if let Ok(Err(error)) = removed {
        tracing::error!(%error, "could not remove an event that is done: it may come again");
    }
}

/// Now, in milliseconds since 1970.
fn now_ms() -> u64 {
    u64::try_from(crate::clock::epoch_millis(SystemTime::now())).unwrap_or(u64::MAX)
}
