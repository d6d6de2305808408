//! A definition as TOML, for people to read and edit.

use promptpilot_spec::Definition;
use serde_json::Value;

/// Writes a definition as TOML that reads back as the same definition. TOML has no null: a field
/// that a test's request gives as null is left out, which means the same.
pub fn to_toml(definition: &Definition) -> Result<String, toml::ser::Error> {
    let mut definition = definition.clone();
    for test in &mut definition.tests {
        test.request.retain(|_, value| without_nulls(value));
    }
    toml::to_string_pretty(&definition)
}

/// Takes null members out of objects; false for null itself.
fn without_nulls(value: &mut Value) -> bool {
    match value {
        Value::Object(map) => map.retain(|_, value| without_nulls(value)),
        Value::Array(items) => items.iter_mut().for_each(|item| _ = without_nulls(item)),
        _ => {}
    }
    !value.is_null()
}
