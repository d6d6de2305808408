//! A new value over an old one: what both have in common keeps its comments and its formatting.

use serde_json::{Map, Value as Json};
use toml_edit::{InlineTable, Item, Table, Value};

use super::{Refusal, list, table as tables, write};

/// Puts a value at a key of a table.
pub(super) fn into_table(
    table: &mut Table,
    key: &str,
    new: &Json,
    keys: &[&str],
) -> Result<(), Refusal> {
    if let Some(old) = table.get_mut(key).filter(|old| fits(old, new, keys)) {
        return item(old, new, keys);
    }
    // A dotted table's own are written in the body of another one.
    let fresh = write::item(new, keys, !table.is_dotted())?;
    table.remove(key);
    tables::insert(table, key, fresh);
    Ok(())
}

/// Whether a value is written over an old one, and not anew in its place.
fn fits(old: &Item, new: &Json, keys: &[&str]) -> bool {
    match (old, new) {
        (Item::Table(_), Json::Object(_)) => true,
        (Item::ArrayOfTables(_), Json::Array(items)) => write::are_tables(items),
        (Item::Value(Value::Array(array)), Json::Array(items)) => {
            !(array.is_empty() && write::has_header(keys) && write::are_tables(items))
        }
        (Item::Value(Value::InlineTable(_)), Json::Object(_)) => true,
        (Item::Value(_), Json::Object(_) | Json::Array(_)) => !write::has_header(keys),
        (Item::Value(_), _) => true,
        _ => false,
    }
}

fn item(old: &mut Item, new: &Json, keys: &[&str]) -> Result<(), Refusal> {
    match (old, new) {
        (Item::Table(old), Json::Object(map)) => table(old, map, keys),
        (Item::ArrayOfTables(old), Json::Array(items)) => {
            while old.len() > items.len() {
                old.remove(old.len() - 1);
            }
            for (index, map) in items.iter().filter_map(Json::as_object).enumerate() {
                match old.get_mut(index) {
                    Some(old) => table(old, map, keys)?,
                    None => old.push(write::table(map, keys)?),
                }
            }
            Ok(())
        }
        (Item::Value(old), new) => value(old, new),
        _ => Ok(()),
    }
}

/// Makes a table say what an object says.
pub(super) fn table(
    table: &mut Table,
    map: &Map<String, Json>,
    keys: &[&str],
) -> Result<(), Refusal> {
    let said = |key: &str| map.get(key).is_some_and(|json| !json.is_null());
    let known: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for key in known.iter().filter(|key| !said(key)) {
        tables::remove(table, key);
    }
    for (key, json) in map.iter().filter(|(_, json)| !json.is_null()) {
        into_table(table, key, json, &[keys, &[key.as_str()]].concat())?;
    }
    if table.is_empty() {
        table.set_implicit(false);
        table.set_dotted(false);
    }
    Ok(())
}

/// Puts a value at a key of a table in one line.
pub(super) fn into_inline(table: &mut InlineTable, key: &str, new: &Json) -> Result<(), Refusal> {
    match table.get_mut(key) {
        Some(old) => value(old, new),
        None => {
            tables::insert_inline(table, key, write::value(new)?);
            Ok(())
        }
    }
}

/// Makes a value say what another one says.
pub(super) fn value(old: &mut Value, new: &Json) -> Result<(), Refusal> {
    match (&mut *old, new) {
        (Value::Array(array), Json::Array(items)) => {
            while array.len() > items.len() {
                list::remove(array, array.len() - 1);
            }
            for (index, new) in items.iter().enumerate() {
                match array.get_mut(index) {
                    Some(old) => value(old, new)?,
                    None => list::insert(array, index, write::value(new)?),
                }
            }
            Ok(())
        }
        (Value::InlineTable(table), Json::Object(map)) => inline(table, map),
        (old, new) if write::json_of_value(old).as_ref() == Some(new) => Ok(()),
        _ => {
            let mut fresh = write::value(new)?;
            *fresh.decor_mut() = old.decor().clone();
            *old = fresh;
            Ok(())
        }
    }
}

fn inline(table: &mut InlineTable, map: &Map<String, Json>) -> Result<(), Refusal> {
    let said = |key: &str| map.get(key).is_some_and(|json| !json.is_null());
    let known: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for key in known.iter().filter(|key| !said(key)) {
        tables::remove_inline(table, key);
    }
    for (key, json) in map.iter().filter(|(_, json)| !json.is_null()) {
        into_inline(table, key, json)?;
    }
    if table.is_empty() {
        table.set_dotted(false);
    }
    Ok(())
}
