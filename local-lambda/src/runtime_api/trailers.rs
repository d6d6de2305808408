//! Errors in the midst of a stream, told in trailers or as what should have been trailers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use crate::invocation::Failure;

use super::response::ERROR_TYPE;

const ERROR_BODY: &str = "lambda-runtime-function-error-body";

/// The error that a function may still report when its answer has begun.
pub(super) fn trailing_failure(trailers: &HeaderMap) -> Option<Failure> {
    let kind = trailers.get(ERROR_TYPE)?;
    let body = trailers.get(ERROR_BODY).and_then(|body| STANDARD.decode(body).ok());
    Some(Failure::of_function(Some(kind), body.unwrap_or_default().into()))
}

/// The same error, where it comes in the body as a chunk that has the trailers' text: `lambda_runtime`
/// sends it so.
#[derive(Default)]
pub(super) struct WrittenTrailers {
    /// What began like them; a chunk may come in pieces.
    held: BytesMut,
    pub(super) failure: Option<Failure>,
}

impl WrittenTrailers {
    const TYPE: &[u8] = b"Lambda-Runtime-Function-Error-Type: ";
    const BODY: &str = "Lambda-Runtime-Function-Error-Body: ";
    /// Less than that is not held back: it is what many an answer may have.
    const TELLING: usize = b"Lambda-Runtime-".len();
    const MOST: usize = 1 << 20;

    /// What of the body is not part of them, up to here.
    pub(super) fn sift(&mut self, data: Bytes) -> Option<Bytes> {
        if self.held.is_empty() && !Self::may_begin(&data) {
            return Some(data);
        }
        self.held.extend_from_slice(&data);
        match Self::read(&self.held) {
            Some(failure) => {
                self.held.clear();
                self.failure = Some(failure);
                None
            }
            None if Self::may_begin(&self.held) => None,
            None => self.rest(),
        }
    }

    /// What was held back for nothing.
    pub(super) fn rest(&mut self) -> Option<Bytes> {
        Some(self.held.split().freeze()).filter(|rest| !rest.is_empty())
    }

    fn may_begin(bytes: &[u8]) -> bool {
        (Self::TELLING..Self::MOST).contains(&bytes.len())
            && (bytes.starts_with(Self::TYPE) || Self::TYPE.starts_with(bytes))
    }

    fn read(chunk: &[u8]) -> Option<Failure> {
        let text = str::from_utf8(chunk.strip_prefix(Self::TYPE)?).ok()?;
        let (kind, rest) = text.split_once("\r\n")?;
        let body = rest.strip_prefix(Self::BODY)?.strip_suffix("\r\n")?;
        let message = String::from_utf8(STANDARD.decode(body).ok()?).ok()?;
        Some(Failure::document(kind, &message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &[u8] = b"Lambda-Runtime-Function-Error-Type: Runtime.StreamError\r\n\
                              Lambda-Runtime-Function-Error-Body: bm8gbW9yZQ==\r\n";

    #[test]
    fn trailers_written_as_a_chunk_are_an_error_in_however_many_pieces() {
        for cut in WrittenTrailers::TELLING..WRITTEN.len() {
            let mut written = WrittenTrailers::default();
            let (first, second) = WRITTEN.split_at(cut);
            assert_eq!(written.sift(Bytes::from_static(first)), None);
            assert_eq!(written.sift(Bytes::from_static(second)), None);
            let failure = written.failure.take().map(|it| (it.message(), it.kind));
            assert_eq!(failure, Some(("no more".to_owned(), "Runtime.StreamError".to_owned())));
            assert_eq!(written.rest(), None);
        }
    }

    #[test]
    fn everything_else_goes_on_as_it_came() {
        let pieces = ["L", "hello", "Lambda-Runtime-Function-Error-Type: ", "is a header", "end"];
        let mut written = WrittenTrailers::default();
        let mut out = Vec::new();
        for piece in pieces {
            out.extend(written.sift(Bytes::from_static(piece.as_bytes())));
        }
        out.extend(written.rest());
        assert_eq!(out.concat(), pieces.concat().as_bytes());
        assert!(written.failure.is_none());
    }
}
