//! The JSON Schema of endpoint definitions, derived from the types.

use std::sync::LazyLock;

use jsonschema::Validator;
use promptpilot_spec::Definition;
use serde_json::{Value, json};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let mut schema = serde_json::to_value(schemars::schema_for!(Definition)).unwrap_or_default();
    schema["$id"] = json!("urn:promptpilot:schema:endpoint");
    schema["title"] = json!("Prompt Pilot endpoint");
    schema.sort_all_objects();
    schema
});

#[allow(clippy::expect_used, reason = "the schema is our own, and a test builds it")]
static VALIDATOR: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(cached()).expect("a derived schema is valid"));

/// The JSON Schema of endpoint definitions, for editors and documentation.
pub fn schema() -> Value {
    SCHEMA.clone()
}

pub(crate) fn cached() -> &'static Value {
    &SCHEMA
}

pub(crate) fn validator() -> &'static Validator {
    &VALIDATOR
}
