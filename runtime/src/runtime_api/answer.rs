//! What is sent to the Runtime API: an answer as its call makes it, or bytes that are there.

use std::convert::Infallible;

use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt, stream::BoxStream};
use http::HeaderMap;
use http_body_util::{Either, Full, StreamBody};
use hyper::body::Frame;
use serde::{Serialize, Serializer, ser::SerializeMap};
use tokio_stream::wrappers::ReceiverStream;

use crate::reply::{Answered, Head};

pub(super) type Outgoing = Either<Full<Bytes>, StreamBody<BoxStream<'static, Piece>>>;
type Piece = Result<Frame<Bytes>, Infallible>;

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Whole,
    /// The call ended without one.
    Nothing,
}

/// What stands between the prelude and the body.
const SEPARATOR: [u8; 8] = [0; 8];

pub(super) fn whole(bytes: Bytes) -> Outgoing {
    Either::Left(Full::new(bytes))
}

/// Waits for an answer's head. All of the body that is there by then is one piece with it.
pub(super) async fn stream(Answered { head, mut body }: Answered) -> Option<Outgoing> {
    let mut first = BytesMut::from(prelude(&head.await.ok()?).as_slice());
    first.put_slice(&SEPARATOR);
    while let Ok(chunk) = body.try_recv() {
        first.put(chunk);
    }
    let first = futures::stream::once(std::future::ready(first.freeze()));
    let pieces = first.chain(ReceiverStream::new(body)).map(Frame::data).map(Ok);
    Some(Either::Right(StreamBody::new(pieces.boxed())))
}

/// Status and headers as JSON.
fn prelude(head: &Head) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Prelude<'a> {
        status_code: u16,
        #[serde(serialize_with = "as_map")]
        headers: &'a HeaderMap,
    }
    let prelude = Prelude { status_code: head.status.as_u16(), headers: &head.headers };
    // Numbers and texts always serialise.
    serde_json::to_vec(&prelude).unwrap_or_default()
}

/// Headers by name; one that no text can hold is left out.
fn as_map<S: Serializer>(headers: &HeaderMap, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(headers.len()))?;
    for (name, value) in headers {
        if let Ok(value) = value.to_str() {
            map.serialize_entry(name.as_str(), value)?;
        }
    }
    map.end()
}
