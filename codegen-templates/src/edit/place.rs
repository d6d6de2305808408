//! From a JSON pointer to what stands there in a TOML document.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value};

use super::Refusal;

/// Something that holds values, in each of TOML's ways to write it.
pub(super) enum Holder<'a> {
    Table(&'a mut Table),
    Inline(&'a mut InlineTable),
    List(&'a mut Array),
    Tables(&'a mut ArrayOfTables),
}

impl<'a> Holder<'a> {
    fn of_item(item: &'a mut Item) -> Option<Self> {
        match item {
            Item::None => None,
            Item::Value(value) => Self::of_value(value),
            Item::Table(table) => Some(Self::Table(table)),
            Item::ArrayOfTables(tables) => Some(Self::Tables(tables)),
        }
    }

    fn of_value(value: &'a mut Value) -> Option<Self> {
        match value {
            Value::Array(array) => Some(Self::List(array)),
            Value::InlineTable(table) => Some(Self::Inline(table)),
            _ => None,
        }
    }

    fn child(self, key: &str) -> Option<Self> {
        match self {
            Self::Table(table) => Self::of_item(table.get_mut(key)?),
            Self::Inline(table) => Self::of_value(table.get_mut(key)?),
            Self::List(array) => Self::of_value(array.get_mut(index(key)?)?),
            Self::Tables(tables) => tables.get_mut(index(key)?).map(Self::Table),
        }
    }

    /// Whether something is there.
    pub(super) fn has(&self, key: &str) -> bool {
        match self {
            Self::Table(table) => table.contains_key(key),
            Self::Inline(table) => table.contains_key(key),
            Self::List(array) => index(key).is_some_and(|index| index < array.len()),
            Self::Tables(tables) => index(key).is_some_and(|index| index < tables.len()),
        }
    }
}

/// An index as a pointer writes it: digits, without a zero before others.
fn index(key: &str) -> Option<usize> {
    let plain = key == "0" || !key.starts_with('0');
    (plain && key.bytes().all(|byte| byte.is_ascii_digit())).then(|| key.parse().ok())?
}

/// Where in a list of so many items a key means, as a place for a new one.
pub(super) fn slot(key: &str, length: usize) -> Option<usize> {
    if key == "-" { Some(length) } else { index(key).filter(|index| *index <= length) }
}

/// A pointer's keys.
pub(super) fn keys(pointer: &str) -> Result<Vec<String>, Refusal> {
    let unescaped = |key: &str| key.replace("~1", "/").replace("~0", "~");
    match pointer.strip_prefix('/') {
        Some(rest) => Ok(rest.split('/').map(unescaped).collect()),
        None if pointer.is_empty() => Ok(Vec::new()),
        None => Err(Refusal::new("", format!("`{pointer}` is no JSON pointer"))
            .hint("a pointer begins with `/`, such as `/model/name`")),
    }
}

/// The keys that lead to a place, without the indices of lists: what a table's header would be.
pub(super) fn header<'k>(keys: &'k [String]) -> Vec<&'k str> {
    let named = |key: &&'k String| !key.bytes().all(|byte| byte.is_ascii_digit()) && *key != "-";
    keys.iter().filter(named).map(String::as_str).collect()
}

/// What holds the value of a pointer's last key.
pub(super) fn holder<'a>(
    document: &'a mut DocumentMut,
    keys: &[String],
    pointer: &str,
) -> Result<Holder<'a>, Refusal> {
    let mut holder = Holder::Table(document.as_table_mut());
    let mut passed = String::new();
    for key in keys {
        passed = crate::finding::child(&passed, key);
        let there = holder.has(key);
        holder = holder.child(key).ok_or_else(|| match there {
            true => Refusal::new(pointer, format!("`{passed}` is neither a table nor a list")),
            false => Refusal::new(pointer, format!("there is no `{passed}` to change"))
                .hint(format!("add `{passed}` first")),
        })?;
    }
    Ok(holder)
}
