//! TOML text as JSON, with the place of every key and value.

use std::{collections::BTreeMap, ops::Range};

use serde_json::{Map, Number, Value};
use toml::{
    Spanned,
    de::{DeTable, DeValue, Error},
};

use crate::finding::{Finding, child, line_and_column};

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

const PLAIN: &str = "give a plain number, or leave it out";

/// Text that is no TOML.
pub(crate) struct SyntaxError {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

/// Reads TOML. One error at most: whatever follows the first is mostly its consequence.
pub(crate) fn read(text: &str) -> Result<Tree, SyntaxError> {
    let (table, errors) = DeTable::parse_recoverable(text);
    // The parser tells of structure before it tells of values: of the first line, the first told.
    let line = |error: &&Error| line_and_column(text, start(error)).0;
    if let Some(error) = errors.iter().min_by_key(line) {
        return Err(SyntaxError { offset: start(error), message: in_our_words(error, text) });
    }
    let mut tree = Tree { value: Value::Null, places: BTreeMap::new(), findings: Vec::new() };
    tree.places.insert(String::new(), Place { key: None, value: 0..0 });
    tree.value = tree.table(table.get_ref(), "");
    Ok(tree)
}

fn start(error: &Error) -> usize {
    error.span().map_or(0, |span| span.start)
}

/// The parser's words, but for mistakes that it names by what it looked for.
fn in_our_words(error: &Error, text: &str) -> String {
    let said = error.message();
    let found = error.span().and_then(|span| text.get(span)).unwrap_or_default();
    match said {
        _ if said.starts_with("string values must be quoted") && found.is_empty() => {
            String::from("the value is missing")
        }
        _ if said.starts_with("string values must be quoted")
            || (said.starts_with("invalid") && is_word(found)) =>
        {
            format!("`{found}` must be in quotes")
        }
        _ if said.starts_with("invalid basic string, expected") => {
            String::from("the text has no closing quote on its line")
        }
        _ => said.to_owned(),
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(char::is_alphabetic) && text.chars().all(char::is_alphanumeric)
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
                .map_or_else(|_| self.refuse(pointer, "is beyond 64 bits", PLAIN), Value::from),
            DeValue::Float(float) => {
                float.as_str().parse().ok().and_then(Number::from_f64).map_or_else(
                    || self.refuse(pointer, "is no finite number", PLAIN),
                    Value::Number,
                )
            }
            DeValue::Datetime(_) => {
                self.refuse(pointer, "is a date, which no key takes", "write it as text in quotes")
            }
        }
    }

    fn refuse(&mut self, pointer: &str, why: &str, hint: &str) -> Value {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        self.findings
            .push(Finding::error("wrong-type", pointer, format!("`{name}` {why}")).hint(hint));
        Value::Null
    }
}
