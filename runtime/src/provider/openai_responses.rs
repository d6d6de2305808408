//! OpenAI Responses. Peculiar: system text stands apart as `instructions`; the provider would store
//! every answer unless told not to; a stream has no `[DONE]` but ends with an event that holds the
//! whole response; `stop` and `seed` do not exist here (the check refuses them).

use http::HeaderMap;
use promptpilot_spec::record::Finish;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Ask, Event, Failure, Media, Provider, Request, Step, ToolCall, Turn, Usage,
    event::Str,
    null_as_default,
    openai::{self, Door, KeyHeader},
};
use crate::{
    endpoint::{Effort, Form, Role},
    transport::{HTTP, Transport},
};

/// OpenAI through its Responses API.
pub static OPENAI_RESPONSES: Responses = Responses {
    door: Door {
        name: "openai",
        url: |ask| ask.url("https://api.openai.com/v1", PATH),
        key: KeyHeader::Bearer,
        failure: openai::failure,
    },
    pads: true,
};

/// Below the base.
pub(super) const PATH: &str = "/responses";

/// The Responses API.
#[derive(Debug)]
pub struct Responses {
    pub(super) door: Door,
    /// Whether streams are padded unless asked otherwise.
    pub(super) pads: bool,
}

impl Provider for Responses {
    fn name(&self) -> &'static str {
        self.door.name
    }

    fn transport(&self) -> &'static dyn Transport {
        &HTTP
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        self.door.request(ask, &Body::new(self.pads, ask))
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, Failure> {
        let reply: Reply = serde_json::from_slice(body).map_err(|e| Failure::malformed(&e))?;
        let mut answer = Answer { text: reply.text(), ..Answer::default() };
        reply.read(&mut answer)?;
        Ok(answer)
    }

    fn event(&self, event: Event<'_>, answer: &mut Answer) -> Result<Step, Failure> {
        match &*event.kind()? {
            "response.output_text.delta" => {
                return Ok(Step::Text(event.json::<Piece<'_>>()?.delta.into_string()));
            }
            "response.refusal.delta" => answer.refuse(&event.json::<Piece<'_>>()?.delta),
            "response.completed" | "response.incomplete" | "response.failed" => {
                // Refusals have come in pieces already.
                answer.refusal = None;
                event.json::<End>()?.response.read(answer)?;
                return Ok(Step::Done);
            }
            "error" => {
                let error: Value = event.json()?;
                let inner = error.get("error").filter(|inner| !inner.is_null());
                return Err(openai::Error::read(inner.unwrap_or(&error)).in_stream());
            }
            _ => {} // New kinds may appear any day and must not fail a call.
        }
        Ok(Step::Nothing)
    }

    fn failure(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
        (self.door.failure)(status, headers, body)
    }
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    instructions: String,
    input: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Value>,
    store: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<Value>,
}

/// A message, a tool that was asked for, or what it answered.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item<'a> {
    Message { role: Role, content: Content<'a> },
    FunctionCall { call_id: &'a str, name: &'a str, arguments: &'a str },
    FunctionCallOutput { call_id: &'a str, output: &'a str },
}

/// A text, or parts where there is more than text.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Value>),
}

impl<'a> From<&'a Turn> for Content<'a> {
    fn from(turn: &'a Turn) -> Self {
        if turn.media.is_empty() {
            return Self::Text(&turn.text);
        }
        let media = turn.media.iter().map(part);
        Self::Parts(media.chain([json!({ "type": "input_text", "text": turn.text })]).collect())
    }
}

fn part(media: &Media) -> Value {
    let url = media.url();
    match media.form {
        Form::Image => json!({ "type": "input_image", "image_url": url, "detail": "auto" }),
        Form::File => json!({ "type": "input_file", "filename": "file.pdf", "file_data": url }),
    }
}

impl<'a> Item<'a> {
    fn all(turn: &'a Turn) -> impl Iterator<Item = Self> {
        let results = turn.results.iter().map(|result| Self::FunctionCallOutput {
            call_id: &result.call,
            output: &result.content,
        });
        let said = !turn.text.is_empty();
        let message = said.then(|| Self::Message { role: turn.role, content: turn.into() });
        let calls = turn.calls.iter().map(|call| Self::FunctionCall {
            call_id: &call.id,
            name: &call.name,
            arguments: &call.arguments,
        });
        results.chain(message).chain(calls)
    }
}

#[derive(Debug, Serialize)]
struct Reasoning {
    effort: Effort,
}

impl<'a> Body<'a> {
    fn new(pads: bool, ask: &Ask<'a>) -> Self {
        let parameters = &ask.model.parameters;
        let (instructions, turns) = ask.split_system();
        Self {
            model: ask.model.name,
            instructions,
            input: turns.flat_map(Item::all).collect(),
            max_output_tokens: parameters.max_tokens,
            temperature: parameters.temperature,
            top_p: parameters.top_p,
            reasoning: parameters.effort.map(|effort| Reasoning { effort }),
            tools: tools(ask),
            text: ask.schema().map(|schema| {
                let name = openai::schema_name(ask.endpoint);
                let (kind, strict) = ("json_schema", ask.is_strict());
                json!({ "format": { "type": kind, "name": name, "schema": schema, "strict": strict } })
            }),
            store: false,
            stream: ask.stream,
            // Padding against eavesdroppers would only cost bytes between two servers.
            stream_options: (ask.stream && pads).then(|| json!({ "include_obfuscation": false })),
        }
    }
}

/// The declared tools, to whose parameters the model is held.
fn tools(ask: &Ask<'_>) -> Vec<Value> {
    let declared = ask.tools.iter().map(|tool| {
        json!({
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.json_schema(),
            "strict": true,
        })
    });
    declared.collect()
}

#[derive(Debug, Deserialize)]
struct Piece<'a> {
    #[serde(borrow)]
    delta: Str<'a>,
}

#[derive(Debug, Deserialize)]
struct End {
    response: Reply,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply {
    id: Option<String>,
    model: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    status: String,
    error: Option<Value>,
    incomplete_details: Option<Incomplete>,
    #[serde(deserialize_with = "null_as_default")]
    output: Vec<ReplyItem>,
    usage: Option<ReplyUsage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Incomplete {
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReplyItem {
    r#type: String,
    #[serde(deserialize_with = "null_as_default")]
    content: Vec<Part>,
    call_id: Option<String>,
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    r#type: String,
    text: Option<String>,
    refusal: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReplyUsage {
    #[serde(deserialize_with = "null_as_default")]
    input_tokens: u64,
    #[serde(deserialize_with = "null_as_default")]
    output_tokens: u64,
    input_tokens_details: Option<Details>,
    output_tokens_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
}

impl Reply {
    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.output.iter().filter(|item| item.r#type == "message").flat_map(|item| &item.content)
    }

    fn text(&self) -> String {
        let texts = self.parts().filter(|part| part.r#type == "output_text");
        texts.filter_map(|part| part.text.as_deref()).collect()
    }

    /// Takes over all but the text.
    fn read(self, answer: &mut Answer) -> Result<(), Failure> {
        for refusal in self.parts().filter_map(|part| part.refusal.as_deref()) {
            answer.refuse(refusal);
        }
        answer.usage = self.usage.map(Usage::from);
        let reason = self.incomplete_details.and_then(|details| details.reason);
        let calls = self.output.into_iter().filter(|item| item.r#type == "function_call");
        answer.calls = calls.map(ToolCall::from).collect();
        let finish = match (self.status.as_str(), reason.as_deref()) {
            (_, Some("max_output_tokens")) => Finish::Length,
            (_, Some("content_filter")) => Finish::Refusal,
            ("completed", _) if !answer.calls.is_empty() => Finish::Tool,
            ("completed", _) => Finish::Stop,
            _ => Finish::Other,
        };
        answer.finished(reason.as_deref().unwrap_or(&self.status), finish);
        answer.request_id = self.id;
        answer.model = self.model;
        if self.status == "failed" {
            return Err(openai::Error::read(&self.error.unwrap_or_default()).in_stream());
        }
        Ok(())
    }
}

impl From<ReplyItem> for ToolCall {
    fn from(item: ReplyItem) -> Self {
        Self {
            id: item.call_id.unwrap_or_default(),
            name: item.name.unwrap_or_default(),
            arguments: item.arguments.unwrap_or_default(),
            signature: None,
        }
    }
}

impl From<ReplyUsage> for Usage {
    fn from(usage: ReplyUsage) -> Self {
        let input = usage.input_tokens_details.unwrap_or_default();
        let output = usage.output_tokens_details.unwrap_or_default();
        Self {
            input: usage.input_tokens,
            output: usage.output_tokens,
            cached: input.cached_tokens.unwrap_or(0),
            cache_written: input.cache_write_tokens.unwrap_or(0),
            reasoning: output.reasoning_tokens.unwrap_or(0),
        }
    }
}
