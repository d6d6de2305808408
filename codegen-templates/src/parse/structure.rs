//! Keys, types and forms: a value against the definition's JSON Schema, in our own words.

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value;

use crate::{
    finding::{Finding, child, did_you_mean, one_of},
    schema,
};

/// What to do with a value so that the rest of it can be checked.
pub(super) enum Repair {
    /// Leave this key out.
    Remove(String),
    /// Give this key something harmless.
    Fill(String, &'static str),
}

/// A finding, and how to look past it.
pub(super) struct Fault {
    pub(super) finding: Finding,
    pub(super) repair: Repair,
}

/// Everything in which a value is no definition.
pub(super) fn faults(value: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for error in schema::validator().iter_errors(value) {
        collect(&error, &mut faults);
    }
    faults
}

fn collect(error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
    let pointer = error.instance_path().as_str();
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            faults.extend(unexpected.iter().map(|key| unknown_key(error, key)));
        }
        Kind::Required { property } => {
            faults.push(missing_key(error, property.as_str().unwrap_or_default()));
        }
        // An optional key may be null, which TOML cannot say: the other branch is what was meant.
        Kind::AnyOf { context } => {
            let meant = context.iter().find(|branch| !refuses_all_but_null(branch));
            for inner in meant.into_iter().flatten() {
                collect(inner, faults);
            }
        }
        _ => faults.push(Fault {
            finding: wrong_value(error),
            repair: Repair::Remove(pointer.to_owned()),
        }),
    }
}

fn refuses_all_but_null(branch: &[ValidationError<'_>]) -> bool {
    matches!(branch, [only] if matches!(only.kind(), Kind::Type { kind: TypeKind::Single(json) }
        if json.to_string() == "null"))
}

fn unknown_key(error: &ValidationError<'_>, key: &str) -> Fault {
    let parent = error.instance_path().as_str();
    let known: Vec<&str> = schema_beside(error)
        .and_then(|schema| schema["properties"].as_object())
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default();
    let pointer = child(parent, key);
    let hint = did_you_mean(key, known.iter().copied())
        .unwrap_or_else(|| format!("known keys are {}", listed(&known)));
    let message = format!("`{key}` is not a key of {}", place_name(parent));
    Fault {
        finding: Finding::error("unknown-key", &pointer, message).hint(hint),
        repair: Repair::Remove(pointer),
    }
}

fn missing_key(error: &ValidationError<'_>, key: &str) -> Fault {
    let parent = error.instance_path().as_str();
    let meaning = schema_beside(error)
        .and_then(|schema| schema["properties"][key]["description"].as_str())
        .map(|text| text.lines().next().unwrap_or_default().to_owned());
    let finding =
        Finding::error("missing-key", parent, format!("{} has no `{key}`", place_name(parent)));
    let hint = meaning.map(|meaning| format!("add `{key}`: {meaning}"));
    Fault {
        finding: finding.maybe_hint(hint),
        repair: Repair::Fill(child(parent, key), harmless(key)),
    }
}

fn wrong_value(error: &ValidationError<'_>) -> Finding {
    let pointer = error.instance_path().as_str();
    let name = place_name(pointer);
    let value = shown(error.instance());
    match error.kind() {
        Kind::Type { kind } => {
            let expected = match kind {
                TypeKind::Single(json) => type_name(&json.to_string()),
                TypeKind::Multiple(set) => set
                    .iter()
                    .map(|json| json.to_string())
                    .find(|json| json != "null")
                    .map_or("another type", |json| type_name(&json)),
            };
            let found = found_name(error.instance());
            Finding::error("wrong-type", pointer, format!("{name} is {found}"))
                .hint(format!("it takes {expected}"))
        }
        Kind::OneOfNotValid { context } => {
            let options: Vec<String> = context.iter().flatten().filter_map(constant).collect();
            let written = error.instance().as_str().unwrap_or_default();
            let near = did_you_mean(written, options.iter().map(String::as_str));
            let hint = near.unwrap_or_else(|| format!("it is {}", one_of(&options)));
            Finding::error("unknown-value", pointer, format!("{name} cannot be {value}")).hint(hint)
        }
        Kind::Pattern { .. } if pointer == "/name" => {
            Finding::error("bad-name", pointer, format!("{value} cannot be an endpoint's name"))
                .hint("a lower-case letter, then at most 47 lower-case letters, digits or hyphens")
        }
        Kind::Pattern { .. } => {
            let expected = schema_beside(error).and_then(|schema| schema["description"].as_str());
            Finding::error("bad-quantity", pointer, format!("{name} cannot be {value}"))
                .maybe_hint(expected.map(|expected| format!("it is {expected}")))
        }
        Kind::Minimum { limit } => Finding::error(
            "out-of-range",
            pointer,
            format!("{name} is {value}, which is too small"),
        )
        .hint(format!("it is at least {limit}")),
        Kind::Maximum { limit } => Finding::error(
            "out-of-range",
            pointer,
            format!("{name} is {value}, which is too large"),
        )
        .hint(format!("it is at most {limit}")),
        _ => Finding::error("wrong-value", pointer, format!("{name} cannot be {value}")),
    }
}

fn constant(error: &ValidationError<'_>) -> Option<String> {
    let Kind::Constant { expected_value } = error.kind() else {
        // A value of another type fails on the branch's type before its constant.
        return schema_beside(error)?["const"].as_str().map(str::to_owned);
    };
    expected_value.as_str().map(str::to_owned)
}

/// The schema that holds the keyword which failed.
fn schema_beside(error: &ValidationError<'_>) -> Option<&'static Value> {
    let path = error.schema_path().as_str();
    schema::cached().pointer(&path[..path.rfind('/')?])
}

fn place_name(pointer: &str) -> String {
    match pointer {
        "" => String::from("an endpoint definition"),
        _ => format!("`{}`", pointer[1..].replace('/', ".")),
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn type_name(json: &str) -> &'static str {
    match json {
        "string" => "text in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list in brackets",
        "object" => "a table",
        _ => "nothing",
    }
}

fn found_name(value: &Value) -> String {
    match value {
        Value::Null => String::from("null"),
        Value::Bool(_) | Value::Number(_) => format!("{value}"),
        Value::String(_) => format!("the text {}", shown(value)),
        Value::Array(_) => String::from("a list"),
        Value::Object(_) => String::from("a table"),
    }
}

/// JSON for a key that must be there, such that it raises no finding of its own.
fn harmless(key: &str) -> &'static str {
    match key {
        "model" => r#"{"provider":"sandbox","name":"echo"}"#,
        "provider" => r#""sandbox""#,
        "type" => r#""string""#,
        "role" => r#""user""#,
        "ttl" => r#""1h""#,
        "prompt" | "request" => "{}",
        "origins" => "[]",
        "weight" | "input" | "output" => "1",
        _ => r#""unnamed""#,
    }
}
