//! An object that fits the declared fields.

use serde_json::{Map, Value, json};

use crate::endpoint::{Field, Kind};

/// One with every field, whose texts are made of `text`.
pub(super) fn object(fields: &[Field], text: &str) -> Value {
    let members = fields.iter().map(|field| (field.name.to_owned(), value(&field.kind, text)));
    Value::Object(members.collect::<Map<_, _>>())
}

fn value(kind: &Kind, text: &str) -> Value {
    match *kind {
        Kind::String { min_length, max_length } => json!(fitted(text, min_length, max_length)),
        Kind::Integer { minimum, maximum } => {
            json!(1.max(minimum.unwrap_or(1)).min(maximum.unwrap_or(i64::MAX)))
        }
        Kind::Number { minimum, maximum } => {
            json!(0.5_f64.max(minimum.unwrap_or(0.5)).min(maximum.unwrap_or(f64::MAX)))
        }
        Kind::Boolean => json!(true),
        Kind::Enum(values) => json!(values.first().copied().unwrap_or_default()),
        Kind::Array { items, min_items, max_items } => {
            let count = 2.max(min_items).min(max_items.unwrap_or(u32::MAX));
            (0..count).map(|_| value(&items.kind, text)).collect()
        }
        Kind::Object(fields) => object(fields, text),
        // Neither answers nor parameters hold these: the check refuses it.
        Kind::Messages { .. } | Kind::Media { .. } => Value::Null,
    }
}

/// The text, repeated or cut until its length is allowed.
pub(super) fn fitted(text: &str, min: u32, max: Option<u32>) -> String {
    let text = if text.is_empty() { "sandbox" } else { text };
    let length = text.chars().count().max(min as usize).min(max.unwrap_or(u32::MAX) as usize);
    text.chars().cycle().take(length).collect()
}
