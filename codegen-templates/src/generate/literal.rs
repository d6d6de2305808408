//! The one door through which user text enters generated Rust: as literals, never as code.

use std::fmt::Write;

use serde_json::Value;

/// A Rust string literal that means exactly this text, whatever is in it. Several lines stay
/// readable as lines; what does not show, or changes the order of what shows, is escaped.
pub(crate) fn string(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    let lines = text.trim_end_matches('\n').contains('\n');
    if lines {
        literal.push_str("\\\n");
    }
    let mut line_start = lines;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' if lines && characters.peek().is_some() => {
                literal.push_str("\\n\\\n");
                line_start = true;
                continue;
            }
            // A line's own indentation: a continued literal skips plain spaces.
            ' ' if line_start => literal.push_str("\\x20"),
            other => push_escaped(&mut literal, other),
        }
        line_start = false;
    }
    literal.push('"');
    literal
}

/// Text for a `//` comment: one line, and nothing that hides or turns around.
pub(crate) fn comment(text: &str) -> String {
    let mut comment = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => comment.push(' '),
            shown if is_printable(shown) => comment.push(shown),
            hidden => push_escaped(&mut comment, hidden),
        }
    }
    comment
}

fn push_escaped(literal: &mut String, character: char) {
    match character {
        '"' => literal.push_str("\\\""),
        '\\' => literal.push_str("\\\\"),
        '\n' => literal.push_str("\\n"),
        '\r' => literal.push_str("\\r"),
        '\t' => literal.push_str("\\t"),
        '\0' => literal.push_str("\\0"),
        shown if is_printable(shown) => literal.push(shown),
        hidden => _ = write!(literal, "\\u{{{:x}}}", u32::from(hidden)),
    }
}

/// Whether a character shows as itself. The standard library knows which do: its debug form
/// escapes the others (behind a first character, so that combining marks count as printable).
pub(crate) fn is_printable(character: char) -> bool {
    let mut buffer = [0; 5];
    buffer[0] = b'a';
    let length = 1 + character.encode_utf8(&mut buffer[1..]).len();
    let text = std::str::from_utf8(&buffer[..length]).unwrap_or_default();
    matches!(character, '"' | '\'' | '\\') || text.escape_debug().nth(1) == Some(character)
}

/// A float that Rust reads as the same number.
pub(crate) fn float(number: f64) -> String {
    format!("{number:?}")
}

/// A whole number with its digits in groups of three, as people write large ones.
pub(crate) fn integer(number: impl Into<u64>) -> String {
    let digits = number.into().to_string();
    if digits.len() < 5 {
        return digits;
    }
    let first = (digits.len() - 1) % 3 + 1;
    let (head, tail) = digits.split_at(first);
    let groups = tail.as_bytes().chunks(3).map(String::from_utf8_lossy);
    std::iter::once(head.into()).chain(groups).collect::<Vec<_>>().join("_")
}

/// JSON on one line.
pub(crate) fn json(value: &Value) -> String {
    value.to_string()
}
