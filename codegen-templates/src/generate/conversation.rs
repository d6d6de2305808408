//! Conversations and tools as JSON Schema, for the endpoint's OpenAPI document.

use promptpilot_spec::definition::{Field, FieldType, Tool};
use serde_json::{Value, json};

use super::schema;
use crate::plan::Plan;

/// The request's schema, with what a message may be.
pub(super) fn request(plan: &Plan) -> Value {
    let mut request = schema::open(&plan.request);
    for (name, field) in &plan.request {
        if field.kind == FieldType::Messages {
            let given = &mut request["properties"][name];
            let array = if field.optional { &mut given["anyOf"][0] } else { given };
            array["items"] = message(field, &plan.tools);
        }
    }
    request
}

fn message(field: &Field, tools: &[Tool]) -> Value {
    let mut text = json!({ "type": "string" });
    if let Some(most) = field.max_length {
        text["maxLength"] = json!(most);
    }
    let said = |role: &str| {
        json!({
            "type": "object",
            "properties": { "role": { "const": role }, "content": text },
            "required": ["role", "content"],
            "additionalProperties": false,
        })
    };
    let mut assistant = said("assistant");
    let mut user = said("user");
    if let Some(most) = field.max_images {
        user["properties"]["images"] = json!({
            "type": "array",
            "items": schema::media(field),
            "maxItems": most,
        });
    }
    let mut forms = vec![user];
    if !tools.is_empty() {
        assistant["properties"]["content"] = json!({ "anyOf": [text, { "type": "null" }] });
        assistant["properties"]["tool_calls"] = json!({ "type": "array", "items": calls(tools) });
        assistant["required"] = json!(["role"]);
        let mut result = said("tool");
        result["properties"]["tool_call_id"] = json!({
            "type": "string",
            "description": "The `id` of the call that this answers.",
        });
        result["required"] = json!(["role", "content", "tool_call_id"]);
        forms.push(result);
    }
    forms.insert(1, assistant);
    json!({ "oneOf": forms })
}

/// What an answer tells of the tools that the model asks for.
pub(super) fn tool_calls(tools: &[Tool]) -> Value {
    json!({
        "type": "array",
        "description": "Tools that the model asks for; empty where it has answered. Pass them back \
                        as they are, each followed by a message of the role `tool`.",
        "items": calls(tools),
    })
}

fn calls(tools: &[Tool]) -> Value {
    let forms: Vec<Value> = tools.iter().map(call).collect();
    json!({ "oneOf": forms })
}

fn call(tool: &Tool) -> Value {
    json!({
        "type": "object",
        "description": tool.description,
        "properties": {
            "id": { "type": "string" },
            "name": { "const": tool.name },
            "arguments": schema::open(&tool.parameters),
            "signature": {
                "type": "string",
                "description": "Some providers sign their calls and want to see that again.",
            },
        },
        "required": ["id", "name", "arguments"],
        "additionalProperties": false,
    })
}
