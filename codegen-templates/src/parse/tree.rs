//! TOML text as JSON, with the place of every key and value.

use std::{collections::BTreeMap, ops::Range};

use serde_json::{Map, Number, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::finding::{Finding, child};

/// Where something stands in the text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The key, where the value has one.
    pub(crate) key: Option<Range<usize>>,
    /// The value; a table's is its header.
    pub(crate) value: Range<usize>,
}

/// A document: its value, the places by JSON pointer, and what JSON cannot hold.
pub(crate) struct Tree {
    pub(crate) value: Value,
    pub(crate) places: BTreeMap<String, Place>,
    pub(crate) findings: Vec<Finding>,
}

/// Text that is no TOML.
pub(crate) struct SyntaxError {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

/// Reads TOML. One error at most: whatever follows the first is mostly its consequence.
pub(crate) fn read(text: &str) -> Result<Tree, SyntaxError> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let first = errors.iter().min_by_key(|error| error.span().map(|span| span.start));
    if let Some(error) = first {
        let offset = error.span().map_or(0, |span| span.start);
        return Err(SyntaxError { offset, message: error.message().to_owned() });
    }
    let mut tree = Tree { value: Value::Null, places: BTreeMap::new(), findings: Vec::new() };
    tree.places.insert(String::new(), Place { key: None, value: 0..0 });
    tree.value = tree.table(table.get_ref(), "");
    Ok(tree)
}

impl Tree {
    fn table(&mut self, table: &DeTable<'_>, pointer: &str) -> Value {
        let mut map = Map::new();
        for (key, value) in table {
            let pointer = child(pointer, key.get_ref());
            let place = Place { key: Some(key.span()), value: value.span() };
            self.places.insert(pointer.clone(), place);
            map.insert(key.get_ref().to_string(), self.value(value, &pointer));
        }
        Value::Object(map)
    }

    fn array(&mut self, items: &[Spanned<DeValue<'_>>], pointer: &str) -> Value {
        let mut array = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let pointer = child(pointer, index);
            self.places.insert(pointer.clone(), Place { key: None, value: item.span() });
            array.push(self.value(item, &pointer));
        }
        Value::Array(array)
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, pointer: &str) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(boolean) => Value::Bool(*boolean),
            DeValue::Array(items) => self.array(items, pointer),
            DeValue::Table(table) => self.table(table, pointer),
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .map_or_else(|_| self.refuse(pointer, "is beyond 64 bits"), Value::from),
            DeValue::Float(float) => float
                .as_str()
                .parse()
                .ok()
                .and_then(Number::from_f64)
                .map_or_else(|| self.refuse(pointer, "is no finite number"), Value::Number),
            DeValue::Datetime(_) => self.refuse(pointer, "is a date, which no key takes"),
        }
    }

    fn refuse(&mut self, pointer: &str, why: &str) -> Value {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        self.findings.push(
            Finding::error("wrong-type", pointer, format!("`{name}` {why}"))
                .hint("write it as text in quotes, or as a plain number"),
        );
        Value::Null
    }
}
