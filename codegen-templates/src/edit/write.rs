//! New values, as people would write them: sections and fields under headers of their own, the rest
//! in one line.

use serde_json::{Map, Number, Value as Json};
use toml_edit::{Array, ArrayOfTables, InlineTable, Item, Table, Value};

use super::Refusal;

/// Whether a table or a list of tables at these keys has a header of its own.
pub(super) fn has_header(keys: &[&str]) -> bool {
    matches!(
        keys,
        [_] | ["request", _]
            | ["limits", "budget"]
            | ["model", "fallback" | "split"]
            | ["prompt", "messages"]
            | [.., "fields" | "parameters"]
            | [.., "fields" | "parameters", _]
    )
}

/// Whether every item is an object, and there is one.
pub(super) fn are_tables(items: &[Json]) -> bool {
    !items.is_empty() && items.iter().all(Json::is_object)
}

/// A new item of a table; `headers` says whether there may be headers where it goes.
pub(super) fn item(json: &Json, keys: &[&str], headers: bool) -> Result<Item, Refusal> {
    let headers = headers && has_header(keys);
    match json {
        Json::Object(map) if headers => Ok(Item::Table(table(map, keys)?)),
        Json::Array(items) if headers && are_tables(items) => {
            let mut tables = ArrayOfTables::new();
            for map in items.iter().filter_map(Json::as_object) {
                tables.push(table(map, keys)?);
            }
            Ok(Item::ArrayOfTables(tables))
        }
        _ => value(json).map(Item::Value),
    }
}

/// A new table with a header.
pub(super) fn table(map: &Map<String, Json>, keys: &[&str]) -> Result<Table, Refusal> {
    let mut table = Table::new();
    for (key, json) in map.iter().filter(|(_, json)| !json.is_null()) {
        let keys = [keys, &[key.as_str()]].concat();
        table.insert(key, item(json, &keys, true)?);
    }
    // A header above nothing but headers says nothing.
    let bare = table.iter().all(|(_, item)| !item.is_value());
    table.set_implicit(bare && !table.is_empty());
    Ok(table)
}

/// A new value in one line.
pub(super) fn value(json: &Json) -> Result<Value, Refusal> {
    Ok(match json {
        Json::Null => {
            return Err(
                Refusal::new("", "TOML has no null").hint("remove the key: that means the same")
            );
        }
        Json::Bool(boolean) => (*boolean).into(),
        Json::Number(number) => self::number(number)?,
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => Value::Array(items.iter().map(value).collect::<Result<Array, _>>()?),
        Json::Object(map) => {
            let mut table = InlineTable::new();
            for (key, json) in map.iter().filter(|(_, json)| !json.is_null()) {
                table.insert(key, value(json)?);
            }
            Value::InlineTable(table)
        }
    })
}

fn number(number: &Number) -> Result<Value, Refusal> {
    if let Some(integer) = number.as_i64() {
        return Ok(integer.into());
    }
    match number.as_f64().filter(|_| !number.is_u64()) {
        Some(float) => Ok(float.into()),
        None => Err(Refusal::new("", format!("{number} is beyond 64 bits"))),
    }
}

/// An item as JSON; nothing where it holds a date.
pub(super) fn json(item: &Item) -> Option<Json> {
    match item {
        Item::None => None,
        Item::Value(value) => json_of_value(value),
        Item::Table(table) => json_of_table(table),
        Item::ArrayOfTables(tables) => {
            tables.iter().map(json_of_table).collect::<Option<Vec<_>>>().map(Json::Array)
        }
    }
}

/// A table as JSON.
pub(super) fn json_of_table(table: &Table) -> Option<Json> {
    let members = table.iter().map(|(key, item)| Some((key.to_owned(), json(item)?)));
    members.collect::<Option<Map<_, _>>>().map(Json::Object)
}

/// A value as JSON.
pub(super) fn json_of_value(value: &Value) -> Option<Json> {
    Some(match value {
        Value::String(text) => Json::String(text.value().clone()),
        Value::Integer(integer) => Json::from(*integer.value()),
        Value::Float(float) => Json::Number(Number::from_f64(*float.value())?),
        Value::Boolean(boolean) => Json::Bool(*boolean.value()),
        Value::Datetime(_) => return None,
        Value::Array(array) => {
            Json::Array(array.iter().map(json_of_value).collect::<Option<Vec<_>>>()?)
        }
        Value::InlineTable(table) => {
            let members = table.iter().map(|(key, it)| Some((key.to_owned(), json_of_value(it)?)));
            Json::Object(members.collect::<Option<Map<_, _>>>()?)
        }
    })
}
