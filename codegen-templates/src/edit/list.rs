//! Items of lists, with the comments and line breaks that are theirs.
//!
//! The parser gives a comment that follows an item's comma to whatever comes after it. Here a list is
//! taken apart into items with what stands above and behind each, and put together again.

use toml_edit::{Array, RawString, Value};

/// An item, with what stands between it and the line before, and the comment behind it.
struct Part {
    above: String,
    value: Value,
    behind: String,
}

/// A list taken apart.
struct Parts {
    /// The comment behind the opening bracket.
    head: String,
    items: Vec<Part>,
    /// What stands before the closing bracket.
    tail: String,
}

/// Puts an item before another one, or at the end, on a line of its own where the others are.
pub(super) fn insert(array: &mut Array, at: usize, value: Value) {
    let mut parts = Parts::of(array);
    let neighbour = parts.items.get(at.saturating_sub(1));
    let above = neighbour.and_then(|it| own_line(&it.above)).unwrap_or_default();
    parts.items.insert(at, Part { above, value, behind: String::new() });
    parts.into(array);
}

/// Takes an item out, with the comments above it and the one behind it.
pub(super) fn remove(array: &mut Array, at: usize) {
    let mut parts = Parts::of(array);
    parts.items.remove(at);
    parts.into(array);
}

/// Takes an item to another place, with its comments.
pub(super) fn shift(array: &mut Array, from: usize, to: usize) {
    let mut parts = Parts::of(array);
    let part = parts.items.remove(from);
    parts.items.insert(to, part);
    parts.into(array);
}

impl Parts {
    fn of(array: &Array) -> Self {
        let mut parts = Self { head: String::new(), items: Vec::new(), tail: String::new() };
        for value in array {
            let (before, above) = first_line(text(value.decor().prefix()));
            parts.behind().push_str(before);
            let behind = text(value.decor().suffix()).to_owned();
            let mut value = value.clone();
            value.decor_mut().clear();
            parts.items.push(Part { above: above.to_owned(), value, behind });
        }
        // The last one's line ends before the bracket.
        let rest = std::mem::take(parts.behind()) + text(Some(array.trailing()));
        let (behind, tail) = first_line(&rest);
        behind.clone_into(parts.behind());
        tail.clone_into(&mut parts.tail);
        parts
    }

    /// What stands at the end of the line that was read last.
    fn behind(&mut self) -> &mut String {
        self.items.last_mut().map_or(&mut self.head, |part| &mut part.behind)
    }

    fn into(self, array: &mut Array) {
        let comma = array.trailing_comma();
        let gap = array.get(0).map(|first| text(first.decor().prefix()).to_owned());
        array.clear();
        let mut behind = self.head;
        let bare = |index| if index == 0 { blank(gap.as_deref()) } else { " " };
        for (index, part) in self.items.into_iter().enumerate() {
            let above = if part.above.contains('\n') { &part.above } else { bare(index) };
            let mut value = part.value;
            value.decor_mut().set_prefix(joined(&behind, above));
            value.decor_mut().set_suffix("");
            array.push_formatted(value);
            behind = part.behind;
        }
        // A comma goes before a comment.
        let commented = behind.contains('#') && !array.is_empty();
        array.set_trailing_comma(comma || commented);
        array.set_trailing(joined(&behind, &self.tail));
    }
}

fn text(raw: Option<&RawString>) -> &str {
    raw.and_then(RawString::as_str).unwrap_or_default()
}

fn blank(gap: Option<&str>) -> &str {
    gap.filter(|gap| gap.chars().all(|it| it == ' ')).unwrap_or_default()
}

/// A comment, and what follows on the next line.
fn joined(comment: &str, rest: &str) -> String {
    let newline = if comment.contains('#') && !rest.contains('\n') { "\n" } else { "" };
    format!("{comment}{newline}{rest}")
}

/// The comment on the line that a text begins in, and all from that line's end on.
fn first_line(text: &str) -> (&str, &str) {
    match text.split_once('\n') {
        Some((line, _)) if line.contains('#') => text.split_at(line.len()),
        _ => ("", text),
    }
}

/// The line break and the indent before an item that has a line of its own.
fn own_line(above: &str) -> Option<String> {
    let line = &above[above.rfind('\n')?..];
    line.trim().is_empty().then(|| line.to_owned())
}
