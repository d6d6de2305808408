//! Server-sent events, decoded from bytes that are split anywhere.

use super::{Decoder, Event, Failure, Kind};

/// Largest event that we take, in bytes. Beyond it the stream is not what it says it is.
const MAX_EVENT: usize = 16 * 1024 * 1024;

/// Collects bytes until an event is whole.
#[derive(Debug, Default)]
pub(super) struct Sse {
    line: Vec<u8>,
    event: Event,
    has_data: bool,
    after_cr: bool,
    begun: bool,
}

impl Decoder for Sse {
    fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Event>, Failure> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                // The second half of CR LF.
                b'\n' if after_cr => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ if self.line.len() + self.event.data.len() >= MAX_EVENT => {
                    let message = format!("an event is larger than {MAX_EVENT} bytes");
                    return Err(Failure::new(Kind::Malformed, message));
                }
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }
}

impl Sse {
    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            return self.end_event();
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[..0]),
        };
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match field {
            b"event" => self.event.name = value.into_owned(),
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(&value);
            }
            _ => {} // Comments, ids, and what may come.
        }
        None
    }

    fn end_event(&mut self) -> Option<Event> {
        let event = std::mem::take(&mut self.event);
        std::mem::take(&mut self.has_data).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &str) -> Vec<(String, String)> {
        let events = Sse::default().feed(text.as_bytes()).unwrap_or_default();
        events.into_iter().map(|event| (event.name, event.data)).collect()
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
                found.extend(decoder.feed(&bytes[pair[0]..pair[1]]).unwrap_or_default());
            }
            let expected: Vec<Event> = events
                .into_iter()
                .map(|(name, data)| Event { name, data })
                .collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = Sse::default().feed(&bytes);
        }
    }
}
