//! What an endpoint says about itself to whoever opens its URL.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::{
    endpoint::{Auth, Endpoint, Field, Form, Kind, Response},
    function::Function,
};

/// For programs.
pub(super) fn json(function: &Function) -> Value {
    let endpoint = function.endpoint;
    json!({
        "name": endpoint.name,
        "description": endpoint.description,
        "version": function.identity.version,
        "environment": function.identity.environment,
        "auth": match endpoint.auth {
            Auth::Public => "public",
            Auth::ApiKey { .. } => "api-key",
        },
        "request": describe(endpoint.request),
        "response": describe_response(endpoint),
        "example": example(endpoint.request),
        "openapi": "openapi.json",
        "health": "health",
    })
}

/// For people.
pub(super) fn html(function: &Function) -> String {
    let endpoint = function.endpoint;
    let mut rows = String::new();
    for field in endpoint.request {
        let need = if is_required(field) { "required" } else { "optional" };
        let (name, kind) = (escape(field.name), escape(&kind(&field.kind)));
        let _ = write!(rows, "<tr><td><code>{name}</code><td>{kind}<td>{need}");
    }
    let name = escape(endpoint.name);
    let description = escape(endpoint.description);
    let version = function.identity.version;
    let environment = escape(&function.identity.environment);
    let example = example(endpoint.request).to_string().replace('\'', "'\\''");
    let example = escape(&example);
    let key = match endpoint.auth {
        Auth::Public => "",
        Auth::ApiKey { .. } => " -H \"authorization: Bearer $PROMPTPILOT_API_KEY\"",
    };
    let response = escape(&describe_response(endpoint).to_string());
    format!(
        r#"<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{name}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #1a1d21; background: #fff }}
code, pre {{ font: 14px/1.5 ui-monospace, monospace; background: #f2f4f6; border-radius: 4px }}
code {{ padding: .1em .3em }} pre {{ padding: 1rem; overflow-x: auto }}
td {{ padding: .2rem 1.5rem .2rem 0 }} small {{ color: #667 }}
@media (prefers-color-scheme: dark) {{ body {{ color: #e6e8ea; background: #15181b }} code, pre {{ background: #22272c }} small {{ color: #99a }} a {{ color: #8bf }} }}
</style>
<h1>{name}</h1>
<p>{description}</p>
<p><small>version {version} in {environment} · <a href="openapi.json">OpenAPI</a></small></p>
<h2>Request</h2>
<table>{rows}</table>
<pre>curl "$URL" -H 'content-type: application/json'{key} \
  -d '{example}'</pre>
<p>where <code>$URL</code> is this page's address. Add <code>-N -H 'accept: text/event-stream'</code> to have it streamed.</p>
<h2>Response</h2>
<pre>{response}</pre>
</html>
"#
    )
}

fn describe_response(endpoint: &Endpoint) -> Value {
    let mut told = match endpoint.response {
        // A caller brings a schema to prompts only.
        Response::Text | Response::Schema { .. } => json!({ "text": "string" }),
        Response::Json { fields, .. } => describe(fields),
    };
    if !endpoint.tools.is_empty() {
        let names: Vec<&str> = endpoint.tools.iter().map(|tool| tool.name).collect();
        told["tool_calls"] = format!("array of calls of {}", names.join(" | ")).into();
    }
    told
}

fn describe(fields: &[Field]) -> Value {
    let members = fields.iter().map(|field| {
        let mark = if is_required(field) { "" } else { " (optional)" };
        (field.name.to_owned(), Value::from(format!("{}{mark}", kind(&field.kind))))
    });
    Value::Object(members.collect())
}

fn is_required(field: &Field) -> bool {
    !field.optional && field.default.is_none()
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::String { .. } => "string".to_owned(),
        Kind::Integer { .. } => "integer".to_owned(),
        Kind::Number { .. } => "number".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::Enum(values) => values.join(" | "),
        Kind::Array { items, .. } => format!("array of {}", self::kind(&items.kind)),
        Kind::Object(_) => "object".to_owned(),
        Kind::Messages { .. } => "array of messages".to_owned(),
        Kind::Media { form: Form::Image, .. } => "image in base64".to_owned(),
        Kind::Media { form: Form::File, .. } => "file in base64".to_owned(),
    }
}

/// A body that fits, with what must be there.
fn example(fields: &[Field]) -> Value {
    let needed = fields.iter().filter(|field| is_required(field));
    Value::Object(
        needed.map(|field| (field.name.to_owned(), sample(&field.kind))).collect::<Map<_, _>>(),
    )
}

fn sample(kind: &Kind) -> Value {
    match *kind {
        Kind::String { min_length, .. } => json!("…".repeat(min_length.max(1) as usize)),
        Kind::Integer { minimum, maximum } => {
            json!(1.max(minimum.unwrap_or(1)).min(maximum.unwrap_or(i64::MAX)))
        }
        Kind::Number { minimum, maximum } => {
            json!(1.0_f64.max(minimum.unwrap_or(1.0)).min(maximum.unwrap_or(f64::MAX)))
        }
        Kind::Boolean => json!(true),
        Kind::Enum(values) => json!(values.first().copied().unwrap_or_default()),
        Kind::Array { items, min_items, .. } => {
            (0..min_items.max(1)).map(|_| sample(&items.kind)).collect()
        }
        Kind::Object(fields) => example(fields),
        Kind::Messages { .. } => json!([{ "role": "user", "content": "…" }]),
        Kind::Media { form, .. } => {
            let media_type = if form == Form::Image { "image/png" } else { "application/pdf" };
            json!({ "media_type": media_type, "data": "…" })
        }
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(character),
        }
    }
    escaped
}
