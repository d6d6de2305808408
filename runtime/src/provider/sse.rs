//! Server-sent events, decoded from bytes that are split anywhere.

use super::{Decoder, Event, Failure, Kind};

/// Largest event that we take, in bytes. Beyond it the stream is not what it says it is.
const MAX_EVENT: usize = 16 * 1024 * 1024;

/// Collects bytes until an event is whole. Its buffers are used again for the next.
#[derive(Debug, Default)]
pub(super) struct Sse {
    line: Vec<u8>,
    name: String,
    data: String,
    has_data: bool,
    /// The event was lent, and its buffers are to be emptied.
    lent: bool,
    after_cr: bool,
    begun: bool,
}

impl Decoder for Sse {
    fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Event<'_>>, Failure> {
        if std::mem::take(&mut self.lent) {
            self.forget();
        }
        while let Some(&first) = bytes.first() {
            // The second half of CR LF.
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                *bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (piece, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + self.data.len() + piece.len() > MAX_EVENT {
                let message = format!("an event is larger than {MAX_EVENT} bytes");
                return Err(Failure::new(Kind::Malformed, message));
            }
            self.line.extend_from_slice(piece);
            *bytes = rest;
            if let Some((end, rest)) = rest.split_first() {
                *bytes = rest;
                self.after_cr = *end == b'\r';
                if self.end_line() {
                    self.lent = true;
                    return Ok(Some(Event { name: &self.name, data: &self.data }));
                }
            }
        }
        Ok(None)
    }
}

impl Sse {
    /// Takes the line in; whether it ends an event.
    fn end_line(&mut self) -> bool {
        let mut line = self.line.as_slice();
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            self.line.clear();
            let whole = self.has_data;
            if !whole {
                self.forget();
            }
            return whole;
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[..0]),
        };
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match field {
            b"event" => {
                self.name.clear();
                self.name.push_str(&value);
            }
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push('\n');
                }
                self.data.push_str(&value);
            }
            _ => {} // Comments, ids, and what may come.
        }
        self.line.clear();
        false
    }

    fn forget(&mut self) {
        self.name.clear();
        self.data.clear();
        self.has_data = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode_with(decoder: &mut Sse, mut bytes: &[u8]) -> Vec<(String, String)> {
        let mut events = Vec::new();
        while let Ok(Some(found)) = decoder.next(&mut bytes) {
            events.push(event(found.name, found.data));
        }
        events
    }

    fn decode(text: &str) -> Vec<(String, String)> {
        decode_with(&mut Sse::default(), text.as_bytes())
    }

    fn event(name: &str, data: &str) -> (String, String) {
        (name.to_owned(), data.to_owned())
    }

    #[test]
    fn fields_comments_and_line_ends() {
        let text = "\u{feff}: hello\nevent: a\ndata: 1\ndata:2\n\ndata: [DONE]\r\n\r\nid: 7\n\nevent: b\rdata\r\r";
        assert_eq!(decode(text), [event("a", "1\n2"), event("", "[DONE]"), event("b", "")]);
    }

    #[test]
    fn an_unfinished_event_is_none() {
        assert_eq!(decode("data: 1\n"), []);
    }

    proptest! {
        #[test]
        fn a_split_changes_nothing(
            events in prop::collection::vec(("[a-z.]{0,8}", "[^\r\n]{0,40}"), 0..8),
            end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let text: String = events
                .iter()
                .map(|(name, data)| format!("event: {name}{end}data: {data}{end}: note{end}{end}"))
                .collect();
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut decoder = Sse::default();
            let mut found = Vec::new();
            for pair in cuts.windows(2) {
                found.extend(decode_with(&mut decoder, &bytes[pair[0]..pair[1]]));
            }
            prop_assert_eq!(found, events);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            decode_with(&mut Sse::default(), &bytes);
        }
    }
}
