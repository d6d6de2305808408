//! From JSON pointers back to lines and columns of the file.

use std::{collections::BTreeMap, ops::Range};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tree::Place;
use crate::finding::{Finding, Lines, Location, Within, line_and_column};

/// From where to where something is written: a key and its value, or a table's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// The line it ends in.
    pub end_line: usize,
    /// The column behind its last character.
    pub end_column: usize,
}

/// The places of a definition's keys and values in its file. Empty for definitions that came as
/// JSON: their findings have pointers only.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) places: BTreeMap<String, Place>,
}

impl Positions {
    /// Adds file, line and column to findings that have none yet, and sorts them by place.
    pub fn locate(&self, findings: &mut [Finding]) {
        for finding in findings.iter_mut().filter(|finding| finding.location.is_none()) {
            finding.location = match finding.within {
                Some(within) => self.inside(&finding.pointer, within),
                None => self.location(&finding.pointer),
            };
        }
        findings.sort_by(|a, b| {
            (a.severity, &a.location, &a.pointer).cmp(&(b.severity, &b.location, &b.pointer))
        });
    }

    /// Where a pointer's key stands, or its value if it has no key; for a pointer that is not in
    /// the file, its nearest parent that is.
    pub fn location(&self, pointer: &str) -> Option<Location> {
        let place = self.nearest(pointer)?;
        Some(self.at(place.key.as_ref().unwrap_or(&place.value).start))
    }

    /// Where each key and each item is written, by JSON pointer.
    pub fn spans(&self) -> BTreeMap<String, Span> {
        let lines = Lines::of(&self.text);
        let span = |place: &Place| {
            let start = place.key.as_ref().unwrap_or(&place.value).start;
            let (line, column) = lines.at(start);
            let (end_line, end_column) = lines.at(place.value.end.max(start));
            Span { line, column, end_line, end_column }
        };
        self.places.iter().map(|(pointer, place)| (pointer.clone(), span(place))).collect()
    }

    fn inside(&self, pointer: &str, within: Within) -> Option<Location> {
        let Some(place) = self.places.get(pointer) else { return self.location(pointer) };
        let literal = self.text.get(place.value.clone())?;
        Some(match offset_in_literal(literal, within.offset) {
            Some(offset) => self.at(place.value.start + offset),
            None => self.at(place.value.start),
        })
    }

    fn nearest(&self, mut pointer: &str) -> Option<&Place> {
        loop {
            if let Some(place) = self.places.get(pointer) {
                return Some(place);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    fn at(&self, offset: usize) -> Location {
        let (line, column) = line_and_column(&self.text, offset);
        Location { file: self.file.clone(), line, column }
    }
}

/// Where in a TOML string literal the byte `offset` of its value is written.
pub(crate) fn offset_in_literal(literal: &str, offset: usize) -> Option<usize> {
    let (quotes, escapes) = match literal.as_bytes() {
        [b'"', b'"', b'"', ..] => (3, true),
        [b'\'', b'\'', b'\'', ..] => (3, false),
        [b'"', ..] => (1, true),
        [b'\'', ..] => (1, false),
        _ => return None,
    };
    let body = body(literal, quotes)?;
    if !escapes {
        return Some(body.start.saturating_add(offset).min(body.end));
    }
    let (mut at, mut decoded) = (body.start, 0);
    while decoded < offset {
        let rest = &literal[at..body.end];
        let (written, meant) = step(rest)?;
        at += written;
        decoded += meant;
    }
    // A line that ends in a backslash continues at the next text.
    while let Some((written, 0)) = step(&literal[at..body.end]) {
        at += written;
    }
    Some(at)
}

/// What stands between the quotes. A newline right after three of them is not part of the value.
fn body(literal: &str, quotes: usize) -> Option<Range<usize>> {
    let inner = literal.get(quotes..literal.len().checked_sub(quotes)?)?;
    let skipped = match inner {
        _ if quotes == 1 => 0,
        _ if inner.starts_with("\r\n") => 2,
        _ if inner.starts_with('\n') => 1,
        _ => 0,
    };
    Some(quotes + skipped..quotes + inner.len())
}

/// Bytes written and bytes meant by the next character or escape.
fn step(rest: &str) -> Option<(usize, usize)> {
    let mut characters = rest.chars();
    let first = characters.next()?;
    if first != '\\' {
        return Some((first.len_utf8(), first.len_utf8()));
    }
    let digits = match characters.next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        space if space.is_whitespace() => {
            let next = rest[1..].trim_start_matches([' ', '\t', '\r', '\n']);
            return Some((rest.len() - next.len(), 0));
        }
        _ => return Some((2, 1)),
    };
    let code = u32::from_str_radix(rest.get(2..2 + digits)?, 16).ok()?;
    Some((2 + digits, char::from_u32(code)?.len_utf8()))
}
