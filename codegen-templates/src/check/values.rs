//! Whether a JSON value is one that a field takes: defaults, and the requests of tests.

use promptpilot_spec::definition::{Field, FieldType, Fields};
use serde_json::{Map, Value};

use crate::finding::{child, did_you_mean, one_of};

/// Why a value is refused.
pub(super) struct Refusal {
    pub(super) pointer: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Everything in which an object is not made of these fields.
pub(super) fn object(
    fields: &Fields,
    object: &Map<String, Value>,
    pointer: &str,
    refusals: &mut Vec<Refusal>,
) {
    for (name, field) in fields {
        match object.get(name) {
            Some(Value::Null) if field.optional => {}
            Some(given) => value(field, given, &child(pointer, name), refusals),
            None if field.optional || field.default.is_some() => {}
            None => refusals.push(Refusal {
                pointer: pointer.to_owned(),
                message: format!("the field `{name}` is missing"),
                hint: Some(String::from("give it, or make the field `optional = true`")),
            }),
        }
    }
    for name in object.keys().filter(|name| !fields.contains_key(*name)) {
        refusals.push(Refusal {
            pointer: child(pointer, name),
            message: format!("there is no field `{name}`"),
            hint: did_you_mean(name, fields.keys().map(String::as_str)),
        });
    }
}

/// Everything in which a value is not what the field takes.
pub(super) fn value(field: &Field, value: &Value, pointer: &str, refusals: &mut Vec<Refusal>) {
    let problem = match (field.kind, value) {
        (FieldType::String, Value::String(text)) => {
            length(text.chars().count(), field.min_length, field.max_length, "characters")
        }
        (FieldType::Integer, Value::Number(number)) if !is_whole(number) => {
            Some(format!("{number} is not a whole number"))
        }
        (FieldType::Integer | FieldType::Number, Value::Number(number)) => {
            range(number.as_f64().unwrap_or_default(), field)
        }
        (FieldType::Boolean, Value::Bool(_)) => None,
        (FieldType::Enum, Value::String(text)) if field.values.contains(text) => None,
        (FieldType::Enum, Value::String(text)) => {
            Some(format!("`{text}` is not {}", one_of(&field.values)))
        }
        (FieldType::Array, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(field) = &field.items {
                    self::value(field, item, &child(pointer, index), refusals);
                }
            }
            length(items.len(), field.min_items, field.max_items, "items")
        }
        (FieldType::Object, Value::Object(map)) => {
            object(&field.fields, map, pointer, refusals);
            None
        }
        (FieldType::Messages, Value::Array(messages)) => {
            for (index, message) in messages.iter().enumerate() {
                conversation_message(message, field, &child(pointer, index), refusals);
            }
            length(messages.len(), field.min_items, field.max_items, "messages")
        }
        (FieldType::Image | FieldType::File, Value::Object(media)) => media_problem(field, media),
        (kind, other) => Some(format!("{other} is not {}", type_name(kind))),
    };
    if let Some(message) = problem {
        refusals.push(Refusal { pointer: pointer.to_owned(), message, hint: None });
    }
}

/// What can be said of an image or a file; the function looks into its data as well.
fn media_problem(field: &Field, media: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| media.get(name).is_some_and(Value::is_string);
    if text("url") && field.urls || text("data") && text("media_type") {
        return None;
    }
    let kind = type_name(field.kind);
    let or_url = if field.urls { ", or `url`" } else { "" };
    Some(format!("{kind} has `media_type` and, in base64, `data`{or_url}"))
}

/// What can be said of a message without the others; the function looks at all of them.
fn conversation_message(
    message: &Value,
    field: &Field,
    pointer: &str,
    refusals: &mut Vec<Refusal>,
) {
    let role = message.get("role").and_then(Value::as_str);
    let content = message.get("content").and_then(Value::as_str);
    let problem = match role {
        Some("user" | "assistant" | "tool") => {
            let length = content.unwrap_or_default().chars().count();
            self::length(length, None, field.max_length, "characters")
        }
        _ => Some(String::from("a message has `role`, which is `user`, `assistant` or `tool`")),
    };
    let images = message.get("images").and_then(Value::as_array).map_or(0, Vec::len);
    let images = length(images, None, Some(field.max_images.unwrap_or(0)), "images");
    refusals.extend(problem.or(images).map(|message| Refusal {
        pointer: pointer.to_owned(),
        message,
        hint: Some(String::from("write `{ role = \"user\", content = \"…\" }`")),
    }));
}

fn is_whole(number: &serde_json::Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

fn length(count: usize, least: Option<u32>, most: Option<u32>, unit: &str) -> Option<String> {
    match (least, most) {
        (Some(least), _) if count < least as usize => {
            Some(format!("{count} {unit} are fewer than {least}"))
        }
        (_, Some(most)) if count > most as usize => {
            Some(format!("{count} {unit} are more than {most}"))
        }
        _ => None,
    }
}

fn range(number: f64, field: &Field) -> Option<String> {
    match (field.minimum, field.maximum) {
        (Some(least), _) if number < least => Some(format!("{number} is less than {least}")),
        (_, Some(most)) if number > most => Some(format!("{number} is more than {most}")),
        _ => None,
    }
}

pub(super) fn type_name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::String => "a text",
        FieldType::Integer => "a whole number",
        FieldType::Number => "a number",
        FieldType::Boolean => "true or false",
        FieldType::Enum => "one of the enum's texts",
        FieldType::Array => "a list",
        FieldType::Object => "an object",
        FieldType::Image => "an image",
        FieldType::File => "a file",
        FieldType::Messages => "a conversation",
    }
}
