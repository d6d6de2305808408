//! The lines of a log file: tab-separated, readable without tools.
//!
//! ```text
//! <time> TAB <version> TAB <stream> TAB <end of the line in the stream, or -> TAB <text>
//! # TAB <stream> TAB <position>        how far a stream had been copied when the file was begun
//! ```

/// One record of a log file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record<'a> {
    Line { time: &'a str, version: &'a str, stream: &'a str, end: Option<u64>, text: &'a [u8] },
    Position { stream: &'a str, position: u64 },
}

impl<'a> Record<'a> {
    /// Reads a record without its line end, `None` where it is damaged.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = line.splitn(5, |byte| *byte == b'\t');
        let first = str::from_utf8(fields.next()?).ok()?;
        let second = str::from_utf8(fields.next()?).ok()?;
        let third = str::from_utf8(fields.next()?).ok()?;
        if first == "#" {
            return Some(Self::Position { stream: second, position: third.parse().ok()? });
        }
        let end = str::from_utf8(fields.next()?).ok()?;
        let text = fields.next()?;
        Some(Self::Line {
            time: first,
            version: second,
            stream: third,
            end: end.parse().ok(),
            text,
        })
    }

    /// Writes the record with its line end.
    pub(super) fn write(&self, into: &mut Vec<u8>) {
        match self {
            Self::Line { time, version, stream, end, text } => {
                let end = end.map_or_else(|| "-".to_owned(), |end| end.to_string());
                for field in [time, version, stream, end.as_str()] {
                    into.extend_from_slice(field.as_bytes());
                    into.push(b'\t');
                }
                into.extend_from_slice(text);
            }
            Self::Position { stream, position } => {
                into.extend_from_slice(format!("#\t{stream}\t{position}").as_bytes());
            }
        }
        into.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_line_comes_back_as_it_was(
            text in proptest::collection::vec(any::<u8>().prop_filter("line end", |it| *it != b'\n'), 0..80),
            end in proptest::option::of(any::<u64>()),
        ) {
            let record = Record::Line { time: "t", version: "$LATEST", stream: "s", end, text: &text };
            let mut bytes = Vec::new();
            record.write(&mut bytes);
            prop_assert_eq!(bytes.pop(), Some(b'\n'));
            prop_assert!(!bytes.contains(&b'\n'));
            prop_assert_eq!(Record::parse(&bytes).unwrap(), record);
        }
    }

    #[test]
    fn damaged_records_are_no_records() {
        assert_eq!(Record::parse(b""), None);
        assert_eq!(Record::parse(b"2026\t1"), None);
        assert_eq!(Record::parse(b"#\ts\tx"), None);
    }
}
