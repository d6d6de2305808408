//! Fields as JSON Schema: strict for providers, with all bounds for callers.

use promptpilot_spec::definition::{Field, FieldType, Fields};
use serde_json::{Map, Value, json};

/// The object that an answer is held to: nothing beside its fields, every field there, an optional
/// one possibly null. Providers refuse most bounds in a schema, so those are told in words; the
/// runtime checks them.
pub(super) fn strict(fields: &Fields) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|(name, field)| (name.clone(), strict_field(field))).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": fields.keys().collect::<Vec<_>>(),
        "additionalProperties": false,
    })
}

fn strict_field(field: &Field) -> Value {
    let mut schema = match field.kind {
        FieldType::Array => {
            json!({ "type": "array", "items": field.items.as_deref().map(strict_field) })
        }
        FieldType::Object => strict(&field.fields),
        _ => scalar(field),
    };
    if field.optional {
        schema = or_null(&schema);
    }
    let words = [field.description.clone(), bounds_in_words(field)];
    let words: Vec<_> = words.into_iter().filter(|text| !text.is_empty()).collect();
    if !words.is_empty() {
        schema["description"] = json!(words.join(" "));
    }
    schema
}

/// The object that callers send or get. Leaving an optional field out or null is the same.
pub(super) fn open(fields: &Fields) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|(name, field)| (name.clone(), open_field(field))).collect();
    let required: Vec<_> = fields
        .iter()
        .filter(|(_, field)| !field.optional && field.default.is_none())
        .map(|(name, _)| name)
        .collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema["additionalProperties"] = json!(false);
    schema
}

fn open_field(field: &Field) -> Value {
    let mut schema = match field.kind {
        FieldType::Array => {
            json!({ "type": "array", "items": field.items.as_deref().map(open_field) })
        }
        FieldType::Object => open(&field.fields),
        FieldType::Messages => json!({ "type": "array" }),
        FieldType::Image | FieldType::File => media(field),
        _ => scalar(field),
    };
    // Of a conversation it is each message's bound.
    let max_length = field.max_length.filter(|_| field.kind == FieldType::String);
    let bounds = [
        ("minLength", field.min_length.map(Value::from)),
        ("maxLength", max_length.map(Value::from)),
        ("minItems", field.min_items.map(Value::from)),
        ("maxItems", field.max_items.map(Value::from)),
        ("minimum", field.minimum.map(|bound| number(field, bound))),
        ("maximum", field.maximum.map(|bound| number(field, bound))),
        ("default", field.default.clone()),
    ];
    for (keyword, bound) in bounds {
        if let Some(bound) = bound {
            schema[keyword] = bound;
        }
    }
    if field.optional {
        schema = or_null(&schema);
    }
    if !field.description.is_empty() {
        schema["description"] = json!(field.description);
    }
    schema
}

/// An image or a file: what the field is, or what its messages may have.
pub(super) fn media(field: &Field) -> Value {
    let types = match field.kind {
        FieldType::File => json!(["application/pdf"]),
        _ => json!(["image/png", "image/jpeg", "image/gif", "image/webp"]),
    };
    let form = |properties: Value| {
        let required: Vec<_> = properties.as_object().into_iter().flat_map(Map::keys).collect();
        json!({
            "type": "object",
            "required": required,
            "properties": properties,
            "additionalProperties": false,
        })
    };
    let mut data = json!({ "type": "string", "contentEncoding": "base64" });
    if let Some(size) = field.max_size {
        data["maxLength"] = json!(size.get().div_ceil(3) * 4);
    }
    let data = form(json!({ "media_type": { "type": "string", "enum": types }, "data": data }));
    if !field.urls {
        return data;
    }
    let url = json!({ "type": "string", "format": "uri", "pattern": "^https://" });
    json!({ "oneOf": [data, form(json!({ "url": url }))] })
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn scalar(field: &Field) -> Value {
    match field.kind {
        FieldType::Integer => json!({ "type": "integer" }),
        FieldType::Number => json!({ "type": "number" }),
        FieldType::Boolean => json!({ "type": "boolean" }),
        FieldType::Enum => json!({ "type": "string", "enum": field.values }),
        _ => json!({ "type": "string" }),
    }
}

/// `1` and not `1.0` where whole numbers are meant.
fn number(field: &Field, bound: f64) -> Value {
    match field.kind {
        FieldType::Integer => json!(bound as i64),
        _ => json!(bound),
    }
}

fn bounds_in_words(field: &Field) -> String {
    let words = |least: Option<String>, most: Option<String>, unit: &str| match (least, most) {
        (Some(least), Some(most)) => format!("From {least} to {most}{unit}."),
        (Some(least), None) => format!("At least {least}{unit}."),
        (None, Some(most)) => format!("At most {most}{unit}."),
        (None, None) => String::new(),
    };
    let text = |bound: Option<u32>| bound.map(|bound| bound.to_string());
    let float = |bound: Option<f64>| bound.map(|bound| bound.to_string());
    match field.kind {
        FieldType::String => words(text(field.min_length), text(field.max_length), " characters"),
        FieldType::Array => words(text(field.min_items), text(field.max_items), " items"),
        _ => words(float(field.minimum), float(field.maximum), ""),
    }
}
