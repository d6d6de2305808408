//! The endpoint's own OpenAPI 3.1 document, as the function serves it.

use promptpilot_spec::definition::ResponseFormat;
use serde_json::{Map, Value, json};

use super::{conversation, schema};
use crate::plan::Plan;

/// Status, and what it means to a caller.
const PROBLEMS: [(&str, &str); 8] = [
    ("400", "The body is no JSON, or a header cannot be read."),
    ("403", "Pages of this origin, or holders of this key, may not call."),
    ("413", "The body is larger than this endpoint takes."),
    ("415", "The body is not `application/json`."),
    ("422", "A field is missing, unknown, of a wrong type or out of bounds; all are listed."),
    ("500", "The endpoint failed."),
    ("502", "The provider failed, refused, or its answer does not fit the declared response."),
    ("504", "No answer came in time."),
];

/// The same where a key is asked for, by which repeats are known, too.
const KEY_PROBLEMS: [(&str, &str); 2] = [
    ("401", "There is no key, or it is unknown, revoked or expired."),
    ("409", "The first call with this `Idempotency-Key` is still at work."),
];

/// The same where something is limited.
const LIMIT_PROBLEM: (&str, &str) =
    ("429", "Too many calls, or a budget is spent; try again after `retry-after` seconds.");

/// The same where something is kept outside of the function.
const STATE_PROBLEM: (&str, &str) =
    ("503", "What guards the endpoint cannot be reached; try again after `retry-after` seconds.");

/// Headers about the call on an answer.
const HEADERS: [(&str, &str); 7] = [
    ("x-promptpilot-call-id", "Names this call in the history."),
    ("x-promptpilot-version", "The endpoint's version that answered."),
    ("x-promptpilot-model", "The model that answered."),
    ("x-promptpilot-tokens-in", "Tokens sent to the model."),
    ("x-promptpilot-tokens-out", "Tokens that the model wrote."),
    ("x-promptpilot-cost-usd", "What the call cost."),
    ("server-timing", "Where the time went."),
];

pub(super) fn document(plan: &Plan) -> Value {
    let mut info = json!({ "title": plan.name, "version": "1" });
    if !plan.description.is_empty() {
        info["description"] = json!(plan.description);
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": info,
        "servers": [{ "url": "./" }],
        "paths": { "/": { "post": operation(plan) } },
        "components": {
            "schemas": {
                "Request": conversation::request(plan),
                "Response": answer(plan),
                "Problem": problem(),
            },
            "headers": header_components(),
        },
    });
    if !plan.public {
        document["components"]["securitySchemes"] = json!({
            "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "pp_live_…" },
            "key": { "type": "apiKey", "in": "header", "name": "x-api-key" },
        });
        document["security"] = json!([{ "bearer": [] }, { "key": [] }]);
    }
    document
}

fn operation(plan: &Plan) -> Value {
    let mut responses = Map::new();
    responses.insert("200".to_owned(), success());
    let limited = plan.rate.is_some() || !plan.budgets.is_empty();
    let mut problems = PROBLEMS.to_vec();
    problems.extend(KEY_PROBLEMS.iter().filter(|_| !plan.public));
    problems.extend(limited.then_some(LIMIT_PROBLEM));
    problems.extend(plan.state.then_some(STATE_PROBLEM));
    problems.sort_unstable();
    for (status, meaning) in problems {
        let schema = json!({ "$ref": "#/components/schemas/Problem" });
        let content = json!({ "application/problem+json": { "schema": schema } });
        let response = json!({ "description": meaning, "content": content });
        responses.insert(status.to_owned(), response);
    }
    let mut operation = json!({
        "operationId": plan.name.replace('-', "_"),
        "parameters": parameters(plan),
        "requestBody": {
            "required": true,
            "content": {
                "application/json": { "schema": { "$ref": "#/components/schemas/Request" } },
            },
        },
        "responses": responses,
    });
    if !plan.description.is_empty() {
        operation["summary"] = json!(plan.description);
    }
    operation
}

fn parameters(plan: &Plan) -> Value {
    let header = |name: &str, meaning: &str| {
        let schema = json!({ "type": "string" });
        json!({ "name": name, "in": "header", "description": meaning, "schema": schema })
    };
    let mut parameters = vec![
        header("x-promptpilot-user", "On whose behalf the call is made; recorded with it."),
        header("x-promptpilot-metadata", "Anything; recorded with the call."),
        header("traceparent", "W3C trace context, passed on and recorded."),
    ];
    if !plan.public {
        let meaning = "A call that is made again with it within 24 h gets the first answer.";
        parameters.push(header("idempotency-key", meaning));
    }
    if plan.cache.is_some() {
        let meaning = "`no-cache`: not answered from memory; `no-store`: not remembered either.";
        parameters.push(header("cache-control", meaning));
    }
    parameters.into()
}

fn success() -> Value {
    let headers: Map<String, Value> = HEADERS
        .iter()
        .map(|(name, _)| {
            ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }))
        })
        .collect();
    let events = "`delta` events with text as it is written, then `done` with usage, cost and call \
                  id (and, as `output`, the object of an answer that is more than text), or `error` \
                  with a problem. A comment line every 15 seconds keeps the connection open.";
    json!({
        "description": "The answer; with `Accept: text/event-stream`, as a stream of events.",
        "headers": headers,
        "content": {
            "application/json": { "schema": { "$ref": "#/components/schemas/Response" } },
            "text/event-stream": { "schema": { "type": "string", "description": events } },
        },
    })
}

fn header_components() -> Map<String, Value> {
    let header = |meaning: &str| json!({ "description": meaning, "schema": { "type": "string" } });
    HEADERS.iter().map(|(name, meaning)| ((*name).to_owned(), header(meaning))).collect()
}

fn answer(plan: &Plan) -> Value {
    let mut answer = match plan.response.format {
        ResponseFormat::Json => schema::open(&plan.response.fields),
        ResponseFormat::Text => json!({
            "type": "object",
            "properties": { "text": { "type": "string" } },
            "required": ["text"],
            "additionalProperties": false,
        }),
    };
    if !plan.tools.is_empty() {
        answer["properties"]["tool_calls"] = conversation::tool_calls(&plan.tools);
        // Whoever asks for a tool has not answered yet.
        answer["required"] = match plan.response.format {
            ResponseFormat::Json => json!(["tool_calls"]),
            ResponseFormat::Text => json!(["text", "tool_calls"]),
        };
    }
    answer
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457 problem details.",
        "properties": {
            "type": { "type": "string", "description": "Stable name of the kind of problem." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "call_id": { "type": "string" },
            "errors": {
                "type": "array",
                "description": "Of a 422: each place in the body that is wrong.",
                "items": {
                    "type": "object",
                    "properties": {
                        "pointer": { "type": "string" },
                        "detail": { "type": "string" },
                    },
                    "required": ["pointer", "detail"],
                },
            },
        },
        "required": ["type", "title", "status"],
    })
}
