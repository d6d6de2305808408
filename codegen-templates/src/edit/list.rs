//! Items of lists, with the comments and line breaks that are theirs.
//!
//! The parser gives a comment that follows an item's comma to whatever comes after it.

use toml_edit::{Array, RawString, Value};

/// Puts an item before another one, or at the end, on a line of its own where the others are.
pub(super) fn insert(array: &mut Array, at: usize, new: Value) {
    let neighbour = array.get(at.saturating_sub(1));
    let line = neighbour.and_then(|it| own_line(text(it.decor().prefix())));
    insert_with(array, at, new, line);
}

/// `above` is what stands between the new item and the line of the one before.
fn insert_with(array: &mut Array, at: usize, mut new: Value, above: Option<String>) {
    let length = array.len();
    let mut above = above.unwrap_or_else(|| String::from(if at == 0 { "" } else { " " }));
    let mut suffix = String::new();
    if let Some(next) = array.get_mut(at) {
        let (of_the_one_before, rest) = first_line(text(next.decor().prefix()));
        above = joined(of_the_one_before, &above);
        let rest = if rest.is_empty() { " ".to_owned() } else { rest.to_owned() };
        next.decor_mut().set_prefix(rest);
    } else if array.trailing_comma() {
        let trailing = text(Some(array.trailing())).to_owned();
        let (of_the_one_before, rest) = first_line(&trailing);
        above = joined(of_the_one_before, &above);
        array.set_trailing(rest);
    } else if let Some(last) = length.checked_sub(1).and_then(|last| array.get_mut(last)) {
        suffix = blank(text(last.decor().suffix()));
        if !suffix.is_empty() {
            last.decor_mut().set_suffix("");
        }
    }
    new.decor_mut().set_prefix(above);
    new.decor_mut().set_suffix(suffix);
    array.insert_formatted(at, new);
}

/// Takes an item out, with the comments above it and the one behind it.
pub(super) fn remove(array: &mut Array, at: usize) {
    let removed = array.remove(at);
    let prefix = text(removed.decor().prefix());
    let (of_the_one_before, _) = first_line(prefix);
    if let Some(next) = array.get_mut(at) {
        let following = text(next.decor().prefix());
        let (_, rest) = first_line(following);
        let first = at == 0 && !following.contains('\n');
        let rest = if first { own_line(prefix).unwrap_or_default() } else { rest.to_owned() };
        let prefix = joined(of_the_one_before, &rest);
        next.decor_mut().set_prefix(prefix);
    } else {
        let after = format!("{}{}", text(removed.decor().suffix()), text(Some(array.trailing())));
        let (_, rest) = first_line(&after);
        let trailing = joined(of_the_one_before, rest);
        array.set_trailing(trailing);
    }
}

/// Takes an item to another place, with the comments above it.
pub(super) fn shift(array: &mut Array, from: usize, to: usize) {
    let Some(mut moved) = array.get(from).cloned() else { return };
    let (_, above) = first_line(text(moved.decor().prefix()));
    let above = above.contains('\n').then(|| above.to_owned());
    moved.decor_mut().clear();
    remove(array, from);
    match above {
        Some(above) => insert_with(array, to, moved, Some(above)),
        None => insert(array, to, moved),
    }
}

fn text(raw: Option<&RawString>) -> &str {
    raw.and_then(RawString::as_str).unwrap_or_default()
}

fn blank(text: &str) -> String {
    if text.trim().is_empty() { text.to_owned() } else { String::new() }
}

/// A comment, and what follows on the next line.
fn joined(comment: &str, rest: &str) -> String {
    let newline = if comment.is_empty() || rest.contains('\n') { "" } else { "\n" };
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
fn own_line(prefix: &str) -> Option<String> {
    let line = &prefix[prefix.rfind('\n')?..];
    line.trim().is_empty().then(|| line.to_owned())
}
