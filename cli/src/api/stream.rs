//! Server-sent events, one after the other.

use eventsource_stream::{Event, Eventsource};
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Response;

use super::problem::ApiError;

/// An open event stream.
pub(crate) struct Events {
    inner: BoxStream<'static, Result<Event, ApiError>>,
}

impl Events {
    pub(crate) fn new(response: Response) -> Self {
        let events = response.bytes_stream().eventsource().map(|event| {
            event.map_err(|source| ApiError::Broken {
                what: "events".to_owned(),
                source: source.into(),
            })
        });
        Self { inner: events.boxed() }
    }

    /// The next event; `None` at the stream's end.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, ApiError> {
        self.inner.next().await.transpose()
    }
}
