//! What goes out: a head once, then bytes, always in the streaming form. The other end is read by
//! the Runtime API's client while the call still runs.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tokio::sync::{mpsc, oneshot};

/// Status and headers.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

impl Head {
    /// With a content type.
    pub(crate) fn new(status: StatusCode, content_type: &'static str) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        Self { status, headers: HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]) }
    }

    /// Adds a header. A value that no header may hold is left out.
    pub(crate) fn set(&mut self, name: &'static str, value: impl AsRef<str>) {
        if let Ok(value) = HeaderValue::from_str(value.as_ref()) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// The caller went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

/// The way back to the caller.
#[derive(Debug)]
pub(crate) struct Reply {
    head: Option<oneshot::Sender<Head>>,
    /// Set on every answer.
    common: HeaderMap,
    /// `None` once the answer has ended.
    body: Option<mpsc::Sender<Bytes>>,
}

/// The end that the caller's side reads.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) head: oneshot::Receiver<Head>,
    pub(crate) body: mpsc::Receiver<Bytes>,
}

/// Chunks that may wait for a slow reader.
const BUFFER: usize = 64;

impl Reply {
    pub(crate) fn new() -> (Self, Answered) {
        let (head, answered_head) = oneshot::channel();
        let (body, answered_body) = mpsc::channel(BUFFER);
        let reply = Self { head: Some(head), common: HeaderMap::new(), body: Some(body) };
        (reply, Answered { head: answered_head, body: answered_body })
    }

    /// Headers that every answer carries, whatever it is.
    pub(crate) fn always(&mut self, headers: HeaderMap) {
        self.common.extend(headers);
    }

    /// Whether the head has gone out.
    pub(crate) fn has_begun(&self) -> bool {
        self.head.is_none()
    }

    /// Sends the head; a second one is ignored.
    pub(crate) fn begin(&mut self, mut head: Head) {
        if let Some(sender) = self.head.take() {
            head.headers.extend(self.common.clone());
            // Nobody there to take it shows with the first chunk.
            let _ = sender.send(head);
        }
    }

    /// Sends a piece of the body.
    pub(crate) async fn chunk(&mut self, bytes: impl Into<Bytes>) -> Result<(), Gone> {
        let body = self.body.as_ref().ok_or(Gone)?;
        body.send(bytes.into()).await.map_err(|_| Gone)
    }

    /// Ends the answer: what is still to be done keeps no caller waiting.
    pub(crate) fn end(&mut self) {
        self.body = None;
    }

    /// Waits until the caller goes away, if the platform tells.
    pub(crate) async fn gone(&self) {
        match &self.body {
            Some(body) => body.closed().await,
            None => std::future::pending().await,
        }
    }

    /// Sends a whole answer.
    pub(crate) async fn whole(
        &mut self,
        mut head: Head,
        body: impl Into<Bytes>,
    ) -> Result<(), Gone> {
        let body = body.into();
        if head.status != StatusCode::NO_CONTENT {
            head.headers.insert(header::CONTENT_LENGTH, body.len().into());
        }
        self.begin(head);
        if body.is_empty() { Ok(()) } else { self.chunk(body).await }
    }
}
