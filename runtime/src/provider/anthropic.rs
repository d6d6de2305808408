//! Anthropic Messages. Peculiar: `system` stands apart; `max_tokens` is required; a stream tells
//! input tokens in its first event and output tokens, growing, in late ones; `input_tokens` leaves
//! out what was read from or written to the cache; 529 means the provider is overloaded and not that
//! we ask too much; a spend limit of one's own looks like a rate limit.

use http::HeaderMap;
use promptpilot_spec::record::Finish;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Ask, Event, Failure, Kind, Media, Provider, Request, Source, Step, ToolCall,
    answer::CallPiece, event::Str, header,
};
use crate::{
    endpoint::{Effort, Form, Role, Tool},
    transport::{HTTP, Transport},
};

/// Anthropic.
pub static ANTHROPIC: Anthropic = Anthropic;

/// The version of the protocol spoken here.
const VERSION: &str = "2023-06-01";

/// Largest answer where the definition does not say, since the provider insists on a number.
const DEFAULT_MAX_TOKENS: u32 = 4096;

/// The Messages API.
#[derive(Debug)]
pub struct Anthropic;

impl Provider for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn transport(&self) -> &'static dyn Transport {
        &HTTP
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        let url = ask.url("https://api.anthropic.com", "/v1/messages");
        let request = Request::json(url, &Body::new(ask)).header("anthropic-version", VERSION);
        match ask.key {
            Some(key) => request.header("x-api-key", key.expose()),
            None => request,
        }
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, Failure> {
        let mut reply: Message<'_> =
            serde_json::from_slice(body).map_err(|e| Failure::malformed(&e))?;
        let blocks = std::mem::take(&mut reply.content);
        let text = blocks.iter().filter_map(Block::text).collect();
        let calls = blocks.iter().filter_map(Block::call).collect();
        let mut answer = Answer { text, calls, ..Answer::default() };
        reply.read(&mut answer);
        Ok(answer)
    }

    fn event(&self, event: Event<'_>, answer: &mut Answer) -> Result<Step, Failure> {
        match &*event.kind()? {
            "message_start" => event.json::<MessageStart<'_>>()?.message.read(answer),
            "content_block_start" => {
                let call = event.json::<BlockStart<'_>>()?.content_block.call();
                // The input comes later and in pieces; here it is always empty.
                answer.calls.extend(call.map(|call| ToolCall { arguments: String::new(), ..call }));
            }
            "content_block_delta" => {
                let delta = event.json::<BlockDelta<'_>>()?.delta;
                if let Some(arguments) = delta.partial_json.as_deref() {
                    answer.call_piece(&CallPiece { arguments, ..CallPiece::default() });
                }
                let text = delta.text().map(str::to_owned);
                return Ok(text.map_or(Step::Nothing, Step::Text));
            }
            "message_delta" => {
                let late: MessageDelta = event.json()?;
                late.delta.read(answer);
                late.usage.read(answer);
            }
            "message_stop" => return Ok(Step::Done),
            "error" => return Err(event.json::<ErrorBody>()?.error.in_stream()),
            _ => {} // New kinds may appear any day and must not fail a call.
        }
        Ok(Step::Nothing)
    }

    fn failure(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
        let error = serde_json::from_slice::<ErrorBody>(body).unwrap_or_default().error;
        let failure = Failure::from_status(status, headers, error.message.as_deref());
        if error.is_about_money() { failure.final_as(Kind::NoMoney) } else { failure }
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        header(headers, "request-id")
    }
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    system: String,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop_sequences: &'a [&'a str],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    #[serde(skip_serializing_if = "OutputConfig::is_empty")]
    output_config: OutputConfig,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
}

#[derive(Debug, Serialize)]
struct Turn<'a> {
    role: Role,
    content: Content<'a>,
}

/// A text, or blocks where there is more than text.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Blocks(Vec<Value>),
}

impl<'a> From<&'a super::Turn> for Turn<'a> {
    fn from(turn: &'a super::Turn) -> Self {
        if turn.calls.is_empty() && turn.results.is_empty() && turn.media.is_empty() {
            return Self { role: turn.role, content: Content::Text(&turn.text) };
        }
        let results = turn.results.iter().map(|result| {
            json!({ "type": "tool_result", "tool_use_id": result.call, "content": result.content })
        });
        let media = turn.media.iter().map(block);
        let text = Some(&turn.text).filter(|text| !text.is_empty());
        let text = text.map(|text| json!({ "type": "text", "text": text }));
        let calls = turn.calls.iter().map(|call| {
            json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": call.input() })
        });
        let content = Content::Blocks(results.chain(media).chain(text).chain(calls).collect());
        Self { role: turn.role, content }
    }
}

fn block(media: &Media) -> Value {
    let kind = if media.form == Form::Image { "image" } else { "document" };
    let source = match &media.source {
        Source::Data { media_type, data } => {
            json!({ "type": "base64", "media_type": media_type, "data": data })
        }
        Source::Url(url) => json!({ "type": "url", "url": url }),
    };
    json!({ "type": kind, "source": source })
}

fn tool(tool: &Tool) -> Value {
    json!({
        "name": tool.name,
        "description": tool.description,
        "input_schema": tool.json_schema(),
    })
}

#[derive(Debug, Serialize)]
struct OutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<Effort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Value>,
}

impl OutputConfig {
    fn is_empty(&self) -> bool {
        self.effort.is_none() && self.format.is_none()
    }
}

impl<'a> Body<'a> {
    fn new(ask: &Ask<'a>) -> Self {
        let parameters = &ask.model.parameters;
        let (system, turns) = ask.split_system();
        Self {
            model: ask.model.name,
            max_tokens: parameters.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS),
            system,
            messages: turns.map(Turn::from).collect(),
            temperature: parameters.temperature,
            top_p: parameters.top_p,
            stop_sequences: parameters.stop,
            tools: ask.tools.iter().map(tool).collect(),
            output_config: OutputConfig {
                effort: parameters.effort,
                format: ask
                    .schema()
                    .map(|schema| json!({ "type": "json_schema", "schema": schema })),
            },
            stream: ask.stream,
        }
    }
}

#[derive(Debug, Deserialize)]
struct MessageStart<'a> {
    #[serde(borrow)]
    message: Message<'a>,
}

#[derive(Debug, Deserialize)]
struct BlockStart<'a> {
    #[serde(borrow)]
    content_block: Block<'a>,
}

#[derive(Debug, Deserialize)]
struct BlockDelta<'a> {
    #[serde(borrow)]
    delta: Block<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MessageDelta {
    delta: Stop,
    usage: ReplyUsage,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    error: Error,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    id: Option<String>,
    model: Option<String>,
    #[serde(borrow)]
    content: Vec<Block<'a>>,
    stop_reason: Option<String>,
    stop_details: Option<StopDetails>,
    usage: ReplyUsage,
}

/// A piece of content, whole or in the making.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Block<'a> {
    #[serde(borrow)]
    r#type: Str<'a>,
    #[serde(borrow)]
    text: Option<Str<'a>>,
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    name: Option<Str<'a>>,
    input: Option<Value>,
    #[serde(borrow)]
    partial_json: Option<Str<'a>>,
}

impl Block<'_> {
    /// Its text, where it is no thinking, no tool's input and nothing new.
    fn text(&self) -> Option<&str> {
        self.text.as_deref().filter(|_| matches!(&*self.r#type, "text" | "text_delta"))
    }

    /// The tool that it asks for.
    fn call(&self) -> Option<ToolCall> {
        (&*self.r#type == "tool_use").then(|| ToolCall {
            id: self.id.as_deref().unwrap_or_default().to_owned(),
            name: self.name.as_deref().unwrap_or_default().to_owned(),
            arguments: self.input.as_ref().map(Value::to_string).unwrap_or_default(),
            signature: None,
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stop {
    stop_reason: Option<String>,
    stop_details: Option<StopDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StopDetails {
    category: Option<String>,
}

/// Counts are cumulative; a late event tells only those that changed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReplyUsage {
    input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    thinking_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Error {
    r#type: String,
    message: Option<String>,
    details: Option<ErrorDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorDetails {
    error_code: Option<String>,
}

impl Message<'_> {
    /// Takes over all but the text.
    fn read(self, answer: &mut Answer) {
        let Self { stop_reason, stop_details, .. } = self;
        Stop { stop_reason, stop_details }.read(answer);
        self.usage.read(answer);
        answer.request_id = self.id;
        answer.model = self.model;
    }
}

impl Stop {
    fn read(self, answer: &mut Answer) {
        let Some(word) = self.stop_reason else { return };
        let finish = match word.as_str() {
            "end_turn" | "stop_sequence" => Finish::Stop,
            "max_tokens" | "model_context_window_exceeded" => Finish::Length,
            "refusal" => Finish::Refusal,
            "tool_use" | "pause_turn" => Finish::Tool,
            _ => Finish::Other,
        };
        answer.finished(&word, finish);
        if let Some(category) = self.stop_details.and_then(|details| details.category) {
            answer.refuse(&format!("the model refused to answer ({category})"));
        }
    }
}

impl ReplyUsage {
    fn read(self, answer: &mut Answer) {
        let parts =
            [self.input_tokens, self.cache_read_input_tokens, self.cache_creation_input_tokens];
        let usage = answer.usage.get_or_insert_default();
        if let Some(cached) = self.cache_read_input_tokens {
            usage.cached = cached;
        }
        if let Some(written) = self.cache_creation_input_tokens {
            usage.cache_written = written;
        }
        // A late event repeats all three or none.
        if self.input_tokens.is_some() {
            usage.input = parts.iter().flatten().sum();
        }
        if let Some(output) = self.output_tokens {
            usage.output = output;
        }
        if let Some(thinking) = self.output_tokens_details.and_then(|it| it.thinking_tokens) {
            usage.reasoning = thinking;
        }
    }
}

impl Error {
    fn is_about_money(&self) -> bool {
        let code = self.details.as_ref().and_then(|details| details.error_code.as_deref());
        code == Some("enforced_spend_limit_reached") || self.r#type == "billing_error"
    }

    /// As a failure that came without a status of its own.
    fn in_stream(&self) -> Failure {
        let status = match self.r#type.as_str() {
            "overloaded_error" => 529,
            "rate_limit_error" => 429,
            "timeout_error" => 504,
            "invalid_request_error" => 400,
            _ => 500,
        };
        let failure = Failure::in_answer(status, self.message.as_deref());
        if self.is_about_money() { failure.final_as(Kind::NoMoney) } else { failure }
    }
}
