//! A request that an endpoint accepts, made from its definition.

use promptpilot_spec::{
    Definition,
    definition::{AuthMode, Field, FieldType},
};
use serde_json::{Map, Value, json};

use super::Sample;

/// A call that an endpoint accepts.
pub fn sample(definition: &Definition) -> Sample {
    let asks_for_key = definition.auth.mode == AuthMode::ApiKey;
    Sample { request: request(definition), asks_for_key }
}

fn request(definition: &Definition) -> Value {
    // The first test is what its author thinks a call looks like.
    if let Some(test) = definition.tests.first() {
        return Value::Object(test.request.clone());
    }
    let given = definition.request.iter().filter(|(_, field)| !may_be_left_out(field));
    Value::Object(given.map(|(name, field)| (name.clone(), value(name, field))).collect())
}

fn may_be_left_out(field: &Field) -> bool {
    field.optional || field.default.is_some()
}

/// One transparent pixel, a PNG in base64.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/// One empty page, a PDF in base64.
const PAGE: &str = "JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZy9QYWdlcyAyIDAgUj4+ZW5kb2JqCjIgMCBvYmo8PC9UeXBlL1BhZ2VzL0tpZHNbMyAwIFJdL0NvdW50IDE+PmVuZG9iagozIDAgb2JqPDwvVHlwZS9QYWdlL1BhcmVudCAyIDAgUi9NZWRpYUJveFswIDAgMyAzXT4+ZW5kb2JqCnRyYWlsZXI8PC9Sb290IDEgMCBSPj4K";

/// A value within the field's bounds.
fn value(name: &str, field: &Field) -> Value {
    match field.kind {
        FieldType::String => Value::String(text(name, field)),
        FieldType::Integer | FieldType::Number => number(field),
        FieldType::Boolean => json!(true),
        FieldType::Enum => field.values.first().map_or(Value::Null, |first| json!(first)),
        FieldType::Array => {
            let item = field.items.as_ref().map_or(Value::Null, |items| value(name, items));
            Value::Array(vec![item; field.min_items.unwrap_or(1).max(1) as usize])
        }
        FieldType::Object => {
            let inner = field.fields.iter().filter(|(_, field)| !may_be_left_out(field));
            Value::Object(
                inner
                    .map(|(name, field)| (name.clone(), value(name, field)))
                    .collect::<Map<_, _>>(),
            )
        }
        FieldType::Image => json!({ "media_type": "image/png", "data": PIXEL }),
        FieldType::File => json!({ "media_type": "application/pdf", "data": PAGE }),
        FieldType::Messages => {
            let message = json!({ "role": "user", "content": text("words", field) });
            Value::Array(vec![message; field.min_items.unwrap_or(1).max(1) as usize])
        }
    }
}

fn number(field: &Field) -> Value {
    let bound = field.minimum.or(field.maximum).unwrap_or(1.0);
    match field.kind {
        FieldType::Integer => json!(bound.ceil() as i64),
        _ => json!(bound),
    }
}

/// The field's name in as many characters as it may have.
fn text(name: &str, field: &Field) -> String {
    let least = field.min_length.unwrap_or(0) as usize;
    let most = field.max_length.map_or(usize::MAX, |most| most as usize);
    let sample = format!("some {name}");
    let mut text: String = sample.chars().cycle().take(least.max(sample.chars().count())).collect();
    text = text.chars().take(most).collect();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_keeps_to_the_bounds() {
        let toml = r#"
            name = "a"
            [prompt]
            template = "{{ text }}{{ n }}{{ kind }}{{ tags }}{{ more }}"
            [model]
            provider = "sandbox"
            name = "echo"
            [request.text]
            type = "string"
            max_length = 6
            [request.n]
            type = "integer"
            minimum = 3
            [request.kind]
            type = "enum"
            values = ["x", "y"]
            [request.tags]
            type = "array"
            items = { type = "string" }
            min_items = 2
            [request.more]
            type = "string"
            optional = true
            "#;
        let definition = crate::parse(toml, "a.toml").definition.unwrap();
        assert_eq!(
            sample(&definition).request,
            json!({ "text": "some t", "n": 3, "kind": "x", "tags": ["some tags", "some tags"] })
        );
    }
}
