//! A value that fits a JSON Schema which a caller brings, as far as the usual words of schemas go.

use serde_json::{Map, Value, json};

/// How deep a value goes: a schema may refer to itself.
const DEPTH: u8 = 12;

/// One with every property, whose texts are made of `text`.
pub(super) fn sample(schema: &str, text: &str) -> Value {
    // It was read as JSON before it came here.
    let root: Value = serde_json::from_str(schema).unwrap_or_default();
    Sampler { root: &root, text }.value(&root, DEPTH)
}

struct Sampler<'a> {
    root: &'a Value,
    text: &'a str,
}

impl Sampler<'_> {
    fn value(&self, schema: &Value, depth: u8) -> Value {
        let Some(depth) = depth.checked_sub(1) else { return Value::Null };
        if let Some(reference) = schema["$ref"].as_str() {
            let place = reference.strip_prefix('#').and_then(|place| self.root.pointer(place));
            return place.map_or(Value::Null, |place| self.value(place, depth));
        }
        for given in [&schema["const"], &schema["enum"][0], &schema["default"]] {
            if !given.is_null() {
                return given.clone();
            }
        }
        for choice in [&schema["anyOf"][0], &schema["oneOf"][0], &schema["allOf"][0]] {
            if !choice.is_null() {
                return self.value(choice, depth);
            }
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "integer" => json!(bounded(schema, 1.0).ceil() as i64),
            "number" => json!(bounded(schema, 0.5)),
            "boolean" => json!(true),
            "null" => Value::Null,
            _ => json!(self.string(schema)),
        }
    }

    fn object(&self, schema: &Value, depth: u8) -> Value {
        let properties = schema["properties"].as_object().into_iter().flatten();
        // Where it cannot go deeper, what need not be there is left out.
        let needed = |name: &str| {
            schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name))
        };
        let members = properties
            .filter(|(name, _)| depth > 1 || needed(name))
            .map(|(name, schema)| (name.clone(), self.value(schema, depth)));
        Value::Object(members.collect::<Map<_, _>>())
    }

    fn array(&self, schema: &Value, depth: u8) -> Value {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let usual = if depth > 1 { 2 } else { 0 };
        // A schema may ask for more than anybody wants to read.
        let most = schema["maxItems"].as_u64().unwrap_or(100).min(100);
        let count = least.max(usual).min(most);
        (0..count).map(|_| self.value(&schema["items"], depth)).collect()
    }

    fn string(&self, schema: &Value) -> String {
        let least = u32::try_from(schema["minLength"].as_u64().unwrap_or(0)).unwrap_or(0);
        let most = schema["maxLength"].as_u64().and_then(|most| u32::try_from(most).ok());
        match schema["format"].as_str() {
            Some("date-time") => "2026-01-01T00:00:00Z".to_owned(),
            Some("date") => "2026-01-01".to_owned(),
            Some("time") => "00:00:00Z".to_owned(),
            Some("email") => "sandbox@example.com".to_owned(),
            Some("uri") => "https://example.com/".to_owned(),
            Some("uuid") => "00000000-0000-4000-8000-000000000000".to_owned(),
            _ => super::sample::fitted(self.text, least, most),
        }
    }
}

/// The type, the first of several that is not null, or what the other words tell.
fn kind(schema: &Value) -> &str {
    let told = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    };
    let guessed = || if schema["properties"].is_object() { "object" } else { "string" };
    told.unwrap_or_else(guessed)
}

fn bounded(schema: &Value, usual: f64) -> f64 {
    let bound = |name: &str| schema[name].as_f64();
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + 1.0));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - 1.0));
    usual.max(least.unwrap_or(usual)).min(most.unwrap_or(f64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_fits_its_schema() {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "maxLength": 3 },
                "age": { "type": ["null", "integer"], "minimum": 18 },
                "share": { "type": "number", "exclusiveMaximum": 1 },
                "kind": { "enum": ["a", "b"] },
                "steps": { "type": "array", "items": { "$ref": "#/$defs/step" }, "maxItems": 1 },
                "either": { "anyOf": [{ "type": "boolean" }, { "type": "null" }] },
            },
            "$defs": { "step": { "properties": { "next": { "$ref": "#/$defs/step" } } } },
        });
        let sample = sample(&schema.to_string(), "sandbox");
        assert_eq!(
            (&sample["name"], &sample["age"], &sample["share"], &sample["kind"]),
            (&json!("san"), &json!(18), &json!(0.0), &json!("a"))
        );
        assert_eq!(sample["either"], true);
        assert!(sample["steps"][0]["next"].is_object(), "{sample}");
    }

    #[test]
    fn a_schema_that_says_nothing_is_a_text() {
        assert_eq!(sample("{}", "x"), "x");
        assert_eq!(sample("true", "x"), "x");
        assert_eq!(sample("{\"$ref\": \"#\"}", "x"), Value::Null);
    }
}
