//! Keys of tables, and tables among others.

use toml_edit::{ArrayOfTables, Decor, InlineTable, Item, Key, RawString, Table, Value};

use super::write;

/// Adds a key that is not there yet, written as its neighbours are.
pub(super) fn insert(table: &mut Table, key: &str, item: Item) {
    let decor = item.is_value().then(|| like_neighbours(table, key)).flatten();
    table.insert(key, item);
    if let (Some(decor), Some(mut key)) = (decor, table.key_mut(key)) {
        *key.leaf_decor_mut() = decor;
    }
}

/// Indented as the key before it, and in one column with the others if those are.
fn like_neighbours(table: &Table, key: &str) -> Option<Decor> {
    let plain = |item: &Item| item.is_value();
    let keys: Vec<&Key> =
        table.iter().filter(|(_, it)| plain(it)).filter_map(|(key, _)| table.key(key)).collect();
    let prefix = text(keys.last()?.leaf_decor().prefix());
    let indent = &prefix[prefix.rfind('\n').map_or(0, |newline| newline + 1)..];
    let width = |key: &Key| {
        key.display_repr().chars().count() + text(key.leaf_decor().suffix()).chars().count()
    };
    let column = width(keys.last()?);
    let aligned = keys.len() > 1 && keys.iter().all(|key| width(key) == column);
    let own = Key::new(key).display_repr().chars().count();
    let gap = if aligned { column.saturating_sub(own).max(1) } else { 1 };
    let indent = if indent.trim().is_empty() { indent } else { "" };
    Some(Decor::new(indent, " ".repeat(gap)))
}

/// Takes a key out, with the comments right above it. What stands above a blank line was said of
/// more than this key, and goes to the one that follows.
pub(super) fn remove(table: &mut Table, key: &str) {
    let following = table.iter().skip_while(|(known, _)| *known != key).nth(1);
    let following = following.map(|(key, _)| key.to_owned());
    let Some((key, item)) = table.remove_entry(key) else { return };
    let prefix = match &item {
        Item::Table(table) => table.decor().prefix(),
        Item::ArrayOfTables(tables) => tables.get(0).and_then(|table| table.decor().prefix()),
        _ => key.leaf_decor().prefix(),
    };
    let above = text(prefix);
    let Some(above) = above.rfind("\n\n").map(|blank| &above[..blank + 2]) else { return };
    if let Some(following) = following.filter(|_| above.contains('#')) {
        put_above(table, &following, above);
    }
}

fn put_above(table: &mut Table, key: &str, above: &str) {
    let put = |decor: &mut Decor| {
        let prefix = format!("{above}{}", text(decor.prefix()).trim_start_matches('\n'));
        decor.set_prefix(prefix);
    };
    match table.get_mut(key) {
        Some(Item::Table(table)) if !table.is_implicit() => put(table.decor_mut()),
        Some(Item::ArrayOfTables(tables)) => {
            if let Some(first) = tables.get_mut(0) {
                put(first.decor_mut());
            }
        }
        Some(Item::Value(_)) => {
            if let Some(mut key) = table.key_mut(key) {
                put(key.leaf_decor_mut());
            }
        }
        _ => {}
    }
}

/// Gives a value another key, at the same place.
pub(super) fn rename(table: &mut Table, old: &str, new: &str) {
    table.remove(new);
    let known: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for name in known {
        let Some((key, item)) = table.remove_entry(&name) else { continue };
        let key = if name == old { named(&key, new) } else { key };
        table.insert_formatted(&key, item);
    }
}

/// The same in a table of one line.
pub(super) fn rename_inline(table: &mut InlineTable, old: &str, new: &str) {
    table.remove(new);
    let known: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for name in known {
        let Some((key, value)) = table.remove_entry(&name) else { continue };
        let key = if name == old { named(&key, new) } else { key };
        table.insert_formatted(&key, value);
    }
}

fn named(key: &Key, name: &str) -> Key {
    Key::new(name)
        .with_leaf_decor(key.leaf_decor().clone())
        .with_dotted_decor(key.dotted_decor().clone())
}

/// Takes a key behind all others of its table. Values come before headers, so one that has to come
/// after them gets a header of its own.
pub(super) fn to_end(table: &mut Table, name: &str, keys: &[&str]) {
    let Some((key, mut item)) = table.remove_entry(name) else { return };
    let headers = table.iter().any(|(_, it)| matches!(it, Item::Table(it) if !it.is_dotted()));
    match item {
        Item::Value(Value::InlineTable(inner)) if headers && write::has_header(keys) => {
            let behind = text(inner.decor().suffix()).to_owned();
            let mut inner = inner.into_table();
            inner.decor_mut().set_suffix(behind);
            table.insert(name, Item::Table(inner));
        }
        _ => {
            unplace(&mut item);
            table.insert_formatted(&key, item);
        }
    }
}

/// The same in a table of one line.
pub(super) fn to_end_inline(table: &mut InlineTable, name: &str) {
    let Some(mut value) = table.get(name).cloned() else { return };
    value.decor_mut().clear();
    remove_inline(table, name);
    insert_inline(table, name, value);
}

/// Adds a key that is not there yet to a table of one line.
pub(super) fn insert_inline(table: &mut InlineTable, key: &str, mut new: Value) {
    let before = last_key(table);
    if let Some(last) = before.and_then(|key| table.get_mut(&key)) {
        let suffix = text(last.decor().suffix()).to_owned();
        if suffix.trim().is_empty() && !suffix.is_empty() {
            last.decor_mut().set_suffix("");
            new.decor_mut().set_prefix(" ");
            new.decor_mut().set_suffix(suffix);
        }
    }
    table.insert(key, new);
}

/// Takes a key out of a table of one line.
pub(super) fn remove_inline(table: &mut InlineTable, key: &str) {
    let last = last_key(table).is_some_and(|last| last == key);
    let Some(removed) = table.remove(key) else { return };
    let suffix = text(removed.decor().suffix()).to_owned();
    if !last || !suffix.trim().is_empty() {
        return;
    }
    if let Some(now) = last_key(table).and_then(|key| table.get_mut(&key)) {
        now.decor_mut().set_suffix(suffix);
    }
}

fn last_key(table: &InlineTable) -> Option<String> {
    table.iter().last().map(|(key, _)| key.to_owned())
}

/// Takes one of several tables to another place.
pub(super) fn shift(tables: &mut ArrayOfTables, from: usize, to: usize) {
    let first = tables.iter().filter_map(Table::position).min();
    let moved = tables.remove(from);
    tables.insert(to, moved);
    tables.iter_mut().for_each(unplace_table);
    if let Some(table) = tables.get_mut(0) {
        table.set_position(first);
    }
}

/// Forgets where in the text something stood: it is written behind its neighbour.
fn unplace(item: &mut Item) {
    match item {
        Item::Table(table) => unplace_table(table),
        Item::ArrayOfTables(tables) => tables.iter_mut().for_each(unplace_table),
        _ => {}
    }
}

fn unplace_table(table: &mut Table) {
    table.set_position(None);
    table.iter_mut().for_each(|(_, item)| unplace(item));
}

fn text(raw: Option<&RawString>) -> &str {
    raw.and_then(RawString::as_str).unwrap_or_default()
}
