//! AWS's event streams, decoded from bytes that are split anywhere.
//!
//! A message: its length and that of its headers, a checksum of the two, the headers, the payload,
//! and a checksum of all before. Numbers are big-endian.

use super::{Decoder, Event, Failure, Kind};

/// Lengths and their checksum.
const PRELUDE: usize = 12;

/// A checksum.
const CHECKSUM: usize = 4;

/// Largest message that the format allows, in bytes.
const MAX_MESSAGE: usize = 24 * 1024 * 1024;

/// Collects bytes until a message is whole. An event's name is its type, or that of the exception
/// that it is.
#[derive(Debug, Default)]
pub(super) struct EventStream {
    bytes: Vec<u8>,
    /// The message was lent, and the next one is to be collected.
    lent: bool,
    /// What is wrong, in the form of data, where only headers say it.
    error: String,
}

impl Decoder for EventStream {
    fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Event<'_>>, Failure> {
        if std::mem::take(&mut self.lent) {
            self.bytes.clear();
        }
        self.collect(bytes, PRELUDE);
        let Some(length) = next_length(&self.bytes)? else { return Ok(None) };
        self.collect(bytes, length);
        if self.bytes.len() < length {
            return Ok(None);
        }
        self.lent = true;
        let message = message_of(&self.bytes, &mut self.error);
        message.map(Some).ok_or_else(|| broken("a message does not add up"))
    }
}

impl EventStream {
    /// Takes bytes until there are so many.
    fn collect(&mut self, bytes: &mut &[u8], wanted: usize) {
        let missing = wanted.saturating_sub(self.bytes.len()).min(bytes.len());
        let (taken, rest) = bytes.split_at(missing);
        self.bytes.extend_from_slice(taken);
        *bytes = rest;
    }
}

fn broken(what: &str) -> Failure {
    Failure::new(Kind::Malformed, format!("the provider's event stream is broken: {what}"))
}

/// The length of the message that begins here, once its prelude is there.
fn next_length(bytes: &[u8]) -> Result<Option<usize>, Failure> {
    let Some(prelude) = bytes.get(..PRELUDE) else { return Ok(None) };
    let length = number(prelude, 0).filter(|_| checks(prelude));
    match length {
        Some(length) if (PRELUDE + CHECKSUM..=MAX_MESSAGE).contains(&length) => Ok(Some(length)),
        Some(_) => Err(broken("a message has an impossible length")),
        None => Err(broken("a length does not match its checksum")),
    }
}

/// A whole message.
fn message_of<'a>(bytes: &'a [u8], error: &'a mut String) -> Option<Event<'a>> {
    let headers = PRELUDE..PRELUDE.checked_add(number(bytes, 4)?)?;
    let payload = headers.end..bytes.len() - CHECKSUM;
    let (mut headers, payload) = (bytes.get(headers)?, bytes.get(payload)?);
    let data = std::str::from_utf8(payload).ok().filter(|_| checks(bytes))?;
    let mut event = Event { name: "", data };
    error.clear();
    while !headers.is_empty() {
        let (name, value) = next_header(&mut headers)?;
        match (name, value) {
            (b":event-type" | b":exception-type", Some(kind)) => event.name = kind,
            // An error without a type of its own: what is wrong stands in headers only.
            (b":error-code", Some(_)) => event.name = "errorException",
            (b":error-message", Some(message)) if data.is_empty() => {
                *error = serde_json::json!({ "message": message }).to_string();
            }
            _ => {}
        }
    }
    if !error.is_empty() {
        event.data = error;
    }
    Some(event)
}

/// Takes a header off: its name, and its value where it is a text.
fn next_header<'a>(bytes: &mut &'a [u8]) -> Option<(&'a [u8], Option<&'a str>)> {
    let length = take(bytes, 1)?[0];
    let name = take(bytes, usize::from(length))?;
    let kind = take(bytes, 1)?[0];
    let length = match kind {
        0 | 1 => 0,
        2 => 1,
        3 => 2,
        4 => 4,
        5 | 8 => 8,
        9 => 16,
        6 | 7 => usize::from(u16::from_be_bytes(take(bytes, 2)?.try_into().ok()?)),
        _ => return None,
    };
    let value = take(bytes, length)?;
    Some((name, std::str::from_utf8(value).ok().filter(|_| kind == 7)))
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

/// Whether the last four bytes are the checksum of those before.
fn checks(bytes: &[u8]) -> bool {
    let Some((content, checksum)) = bytes.split_last_chunk::<CHECKSUM>() else { return false };
    crc32fast::hash(content) == u32::from_be_bytes(*checksum)
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

#[cfg(test)]
#[path = "event_stream_vectors.rs"]
mod vectors;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn botocores_messages_are_read_one_by_one_and_in_a_row() {
        let all = vectors::SOUND.map(|(bytes, ..)| bytes).concat();
        for size in [all.len(), 1, 15, 64] {
            let (mut decoder, mut found) = (EventStream::default(), Vec::new());
            for mut piece in all.chunks(size) {
                while let Some(event) = decoder.next(&mut piece).expect("sound") {
                    found.push((event.name.to_owned(), event.data.to_owned()));
                }
            }
            let wanted = vectors::SOUND.map(|(_, name, data)| (name.to_owned(), data.to_owned()));
            assert_eq!(found, wanted, "by {size}");
        }
    }

    #[test]
    fn what_botocore_refuses_is_refused() {
        for mut bytes in vectors::BROKEN {
            assert!(EventStream::default().next(&mut bytes).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let (mut decoder, mut rest) = (EventStream::default(), bytes.as_slice());
            while let Ok(Some(_)) = decoder.next(&mut rest) {}
        }

        #[test]
        fn a_message_with_sound_checksums_and_any_headers_does_not_panic(
            headers in prop::collection::vec(any::<u8>(), 0..100),
            told in 0..120_u32,
        ) {
            let length = u32::try_from(headers.len() + PRELUDE + CHECKSUM).unwrap_or(0);
            let mut bytes = [length.to_be_bytes(), told.to_be_bytes()].concat();
            bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
            bytes.extend(&headers);
            bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
            let _ = EventStream::default().next(&mut bytes.as_slice());
        }
    }

    #[test]
    fn what_is_not_such_a_stream_is_told_at_once() {
        let mut decoder = EventStream::default();
        let failure = decoder.next(&mut &b"<html><body>Bad gateway"[..]).map(|_| ());
        assert_eq!(failure.map_err(|failure| failure.kind), Err(Kind::Malformed));
    }
}
