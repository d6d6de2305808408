//! The body of what this host answers: known bytes, or chunks as they come.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;

use crate::invocation::Chunk;

/// A response body.
#[derive(Debug)]
pub(crate) enum Body {
    Whole(Option<Bytes>),
    /// An error in the channel cuts the connection, so that the client sees a broken answer and
    /// not a short one.
    Chunks(mpsc::Receiver<io::Result<Bytes>>),
    /// A function's stream as it comes. A failure on the way breaks the connection likewise.
    Stream(Stream),
}

/// What a function streams.
#[derive(Debug)]
pub(crate) struct Stream {
    /// What came together with its head.
    first: Bytes,
    chunks: mpsc::Receiver<Chunk>,
    /// Bytes that it may still have.
    left: u64,
    ended: bool,
}

impl Body {
    pub(crate) fn empty() -> Self {
        Self::Whole(None)
    }

    pub(crate) fn stream(first: Bytes, chunks: mpsc::Receiver<Chunk>, limit: u64) -> Self {
        Self::Stream(Stream { first, chunks, left: limit, ended: false })
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self::Whole(Some(bytes.into()).filter(|bytes| !bytes.is_empty()))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Chunks(chunks) => {
                chunks.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
            }
            Self::Stream(stream) => {
                stream.poll_next(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Chunks(_) | Self::Stream(_) => SizeHint::default(),
        }
    }
}

impl Stream {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let data = match std::mem::take(&mut self.first) {
            first if first.is_empty() => match ready!(self.chunks.poll_recv(context)) {
                Some(Chunk::Data(data)) => data,
                Some(Chunk::End { failure: None, .. }) => return self.end(None),
                Some(Chunk::End { failure: Some(failure), .. }) => {
                    return self.end(Some(io::Error::other(failure.kind)));
                }
                None => return self.end(Some(io::ErrorKind::UnexpectedEof.into())),
            },
            first => first,
        };
        match self.left.checked_sub(data.len() as u64) {
            Some(left) => {
                self.left = left;
                Poll::Ready(Some(Ok(data)))
            }
            None => self.end(Some(io::Error::other("the stream is longer than it may be"))),
        }
    }

    fn end(&mut self, error: Option<io::Error>) -> Poll<Option<io::Result<Bytes>>> {
        self.ended = true;
        Poll::Ready(error.map(Err))
    }
}

/// A handler that always answers.
pub(crate) type Reply = Result<http::Response<Body>, Infallible>;
