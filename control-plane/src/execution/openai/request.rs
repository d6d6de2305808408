//! From a request of OpenAI's API to what is wanted of a prompt. What cannot be done is refused, never
//! left out in silence.

use promptpilot_spec::definition::Role;
use serde_json::{Map, Value};

use super::{
    PREFIX,
    model::{ChatMessage, ChatRequest, ChatRole, Content, NamedSchema, Part, ResponseFormat, Stop},
};
use crate::{
    execution::{
        prepare::{Format, Parameters, Wanted},
        routes::{check_caller, invalid},
    },
    http::Problem,
};

/// What is wanted.
pub(super) fn wanted(request: ChatRequest) -> Result<Wanted, Problem> {
    check_others(&request.others)?;
    let reference = reference(&request.model)?.to_owned();
    check_caller(request.user(), request.metadata.as_ref())?;
    let format = format(request.response_format)?;
    let conversation = conversation(&request.messages)?;
    let mut values = request.metadata.unwrap_or_default();
    values.extend(request.variables.unwrap_or_default());
    let stop = request.stop.map(|stop| match stop {
        Stop::One(stop) => vec![stop],
        Stop::Some(stop) => stop,
    });
    let parameters = Parameters {
        max_tokens: request.max_completion_tokens.or(request.max_tokens),
        temperature: request.temperature,
        top_p: request.top_p,
        stop,
        seed: request.seed,
        effort: request.reasoning_effort,
    };
    let streams = request.stream.unwrap_or(false);
    Ok(Wanted {
        reference,
        values,
        conversation,
        parameters,
        format,
        streams,
        takes_refusals: true,
        repeat: None,
    })
}

impl ChatRequest {
    /// On whose behalf it is.
    pub(super) fn user(&self) -> Option<&str> {
        self.safety_identifier.as_deref().or(self.user.as_deref())
    }
}

/// The prompt's version that a model's name stands for.
pub(super) fn reference(model: &str) -> Result<&str, Problem> {
    model.strip_prefix(PREFIX).ok_or_else(|| {
        Problem::not_found("prompt", model)
            .told(format!("there is no model `{model}`"))
            .hint("models are named `prompt:NAME@LABEL`; `GET /v1/models` lists them")
    })
}

/// Members that we do not read, as long as they ask for what is done anyway.
fn check_others(others: &Map<String, Value>) -> Result<(), Problem> {
    match others.iter().find(|(name, value)| !changes_nothing(name, value)) {
        None => Ok(()),
        Some((name, _)) => Err(invalid(format!("`{name}` is not taken here"))
            .hint("leave it out: the prompt and its model say the rest")
            .with("at", name)),
    }
}

fn changes_nothing(name: &str, value: &Value) -> bool {
    match (name, value) {
        (_, Value::Null) => KNOWN.contains(&name),
        ("n", value) => value.as_f64() == Some(1.0),
        ("frequency_penalty" | "presence_penalty", value) => value.as_f64() == Some(0.0),
        ("logprobs" | "store", value) => *value == false,
        ("top_logprobs", value) => value.as_f64() == Some(0.0),
        ("tools" | "functions", Value::Array(list)) => list.is_empty(),
        ("logit_bias", Value::Object(bias)) => bias.is_empty(),
        ("tool_choice" | "function_call", value) => *value == "none" || *value == "auto",
        ("parallel_tool_calls", Value::Bool(_)) => true,
        ("service_tier", value) => *value == "auto" || *value == "default",
        ("modalities", Value::Array(list)) => list.iter().all(|it| *it == "text"),
        // Hints to a cache of the provider's.
        ("prompt_cache_key" | "prompt_cache_retention", Value::String(_)) => true,
        _ => false,
    }
}

/// What clients may send as null.
const KNOWN: [&str; 18] = [
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "modalities",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "service_tier",
    "store",
    "tool_choice",
    "tools",
    "top_logprobs",
    "verbosity",
];

fn format(format: Option<ResponseFormat>) -> Result<Format, Problem> {
    match format {
        None | Some(ResponseFormat::Text) => Ok(Format::Text),
        Some(ResponseFormat::JsonObject) => Ok(Format::Object),
        Some(ResponseFormat::JsonSchema { json_schema }) => schema(json_schema),
    }
}

fn schema(named: NamedSchema) -> Result<Format, Problem> {
    let Some(schema) = named.schema else { return Ok(Format::Object) };
    let schema = Value::Object(schema);
    if let Err(error) = jsonschema::meta::validate(&schema) {
        let detail = format!("this is no JSON Schema: {error}");
        return Err(invalid(detail).with("at", "response_format.json_schema.schema"));
    }
    let strict = named.strict.unwrap_or(false);
    Ok(Format::Schema { schema: schema.to_string(), strict })
}

fn conversation(messages: &[ChatMessage]) -> Result<Vec<(Role, String)>, Problem> {
    messages.iter().enumerate().map(|(index, message)| turn(index, message)).collect()
}

fn turn(index: usize, message: &ChatMessage) -> Result<(Role, String), Problem> {
    let other = message.others.iter().find(|(_, value)| !is_nothing(value));
    if let Some((name, _)) = other {
        let detail = format!("`{name}` of a message is not taken here");
        return Err(invalid(detail).with("at", format!("messages[{index}].{name}")));
    }
    let role = match message.role {
        ChatRole::System | ChatRole::Developer => Role::System,
        ChatRole::User => Role::User,
        ChatRole::Assistant => Role::Assistant,
    };
    let text = match &message.content {
        Content::Text(text) => text.clone(),
        Content::Parts(parts) => parts.iter().map(|Part::Text { text }| text.as_str()).collect(),
    };
    if text.is_empty() {
        let at = format!("messages[{index}].content");
        return Err(invalid("a message must not be empty").with("at", at));
    }
    Ok((role, text))
}

/// What clients send of an answer that they pass back, where there is none of it.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(more: &Value) -> Result<Wanted, Problem> {
        let mut request = json!({ "model": "prompt:greet@production", "messages": [] });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        wanted(serde_json::from_value(request).unwrap())
    }

    #[test]
    fn variables_come_before_metadata() {
        let more = json!({
            "metadata": { "name": "Ada", "tone": "dry" },
            "variables": { "name": "Grace" },
            "messages": [
                { "role": "developer", "content": "Be brief." },
                { "role": "user", "content": [{ "type": "text", "text": "Hi" },
                                              { "type": "text", "text": "!" }] },
            ],
            "max_tokens": 1, "max_completion_tokens": 2, "stop": "x",
        });
        let wanted = read(&more).unwrap();
        assert_eq!(wanted.reference, "greet@production");
        assert_eq!(Value::Object(wanted.values), json!({ "name": "Grace", "tone": "dry" }));
        let said = [(Role::System, "Be brief.".to_owned()), (Role::User, "Hi!".to_owned())];
        assert_eq!(wanted.conversation, said);
        assert_eq!(wanted.parameters.max_tokens, Some(2));
        assert_eq!(wanted.parameters.stop, Some(vec!["x".to_owned()]));
    }

    #[test]
    fn what_changes_nothing_is_let_through() {
        let more = json!({
            "n": 1, "logprobs": false, "store": false, "presence_penalty": 0, "tools": [],
            "tool_choice": null, "modalities": ["text"], "service_tier": "auto",
            "messages": [{ "role": "assistant", "content": "Hi", "refusal": null, "tool_calls": [] }],
        });
        assert!(read(&more).is_ok());
    }

    #[test]
    fn what_cannot_be_done_is_refused_where_it_stands() {
        let user = |more: Value| {
            let mut message = json!({ "role": "user", "content": "Hi" });
            message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "messages": [{ "role": "user", "content": "Hi" }, message] })
        };
        let schema = json!({ "type": "json_schema",
                             "json_schema": { "name": "x", "schema": { "type": 7 } } });
        for (more, at) in [
            (json!({ "n": 2 }), "n"),
            (json!({ "tools": [{ "type": "function" }] }), "tools"),
            (json!({ "frequency_penalty": 0.5 }), "frequency_penalty"),
            (json!({ "temprature": null }), "temprature"),
            (json!({ "user": "x".repeat(257) }), "user"),
            (json!({ "metadata": { "x": "x".repeat(20_000) } }), "metadata"),
            (json!({ "response_format": schema }), "response_format.json_schema.schema"),
            (user(json!({ "name": "Ada" })), "messages[1].name"),
            (user(json!({ "content": "" })), "messages[1].content"),
        ] {
            let refused = read(&more).map(|_| ()).unwrap_err();
            assert_eq!(serde_json::to_value(&refused).unwrap()["at"], at, "{more}");
        }
        assert_eq!(read(&json!({ "model": "gpt-4o" })).unwrap_err().kind(), "prompt-not-found");
    }
}
