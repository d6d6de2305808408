//! AWS Bedrock, Converse. Peculiar: requests are signed with the function's role unless a Bedrock
//! key is given; a stream is AWS's own framing and no server-sent events, and its usage comes after
//! the stop reason; `inputTokens` leaves out what was read from or written to the cache; what went
//! wrong is told in a header; an answer names no model.

use http::HeaderMap;
use promptpilot_spec::record::Finish;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Ask, Decoder, Event, Failure, Kind, Media, Provider, Request, Scope, Source, Step,
    ToolCall, Turn, Usage, answer::CallPiece, event::Str, event_stream::EventStream, header,
    null_as_default, openai, path_segment,
};
use crate::{
    endpoint::{Effort, Form, Role, Tool},
    transport::{AWS, Transport},
};

/// AWS Bedrock.
pub static BEDROCK: Bedrock = Bedrock;

/// The Converse API.
#[derive(Debug)]
pub struct Bedrock;

impl Provider for Bedrock {
    fn name(&self) -> &'static str {
        "bedrock"
    }

    fn transport(&self) -> &'static dyn Transport {
        &AWS
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        // The check asks for a region.
        let region = ask.model.region.unwrap_or_default();
        let method = if ask.stream { "converse-stream" } else { "converse" };
        let path = format!("/model/{}/{method}", path_segment(ask.model.name));
        let url = ask.url(&format!("https://bedrock-runtime.{region}.amazonaws.com"), &path);
        let request = Request::json(url, &Body::new(ask));
        match ask.key {
            Some(key) => request.bearer(key),
            None => {
                let scope = Scope { service: "bedrock", region: region.into() };
                Request { sign: Some(scope), ..request }
            }
        }
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, Failure> {
        let reply: Reply = serde_json::from_slice(body).map_err(|e| Failure::malformed(&e))?;
        let mut answer = Answer::default();
        for block in reply.output.message.content {
            answer.text.push_str(&block.text.unwrap_or_default());
            answer.calls.extend(block.tool_use.map(ToolCall::from));
        }
        answer.usage = reply.usage.map(Usage::from);
        reply.stop.read(&mut answer);
        Ok(answer)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(EventStream::default())
    }

    fn event(&self, event: Event<'_>, answer: &mut Answer) -> Result<Step, Failure> {
        match event.name {
            "contentBlockStart" => {
                let call = event.json::<BlockStart>()?.start.tool_use;
                answer.calls.extend(call.map(ToolCall::from));
            }
            "contentBlockDelta" => {
                let delta = event.json::<BlockDelta<'_>>()?.delta;
                if let Some(ToolInput { input: Some(arguments) }) = &delta.tool_use {
                    answer.call_piece(&CallPiece { arguments, ..CallPiece::default() });
                }
                let text = delta.text.map(Str::into_string);
                return Ok(text.map_or(Step::Nothing, Step::Text));
            }
            "messageStop" => event.json::<Stop>()?.read(answer),
            "metadata" => {
                answer.usage = event.json::<Metadata>()?.usage.map(Usage::from);
                return Ok(Step::Done);
            }
            kind if is_exception(kind) => {
                let error = event.json::<Error>().unwrap_or_default();
                let status = status_in_stream(kind);
                return Err(refine(kind, Failure::in_answer(status, error.message.as_deref())));
            }
            _ => {} // New kinds may appear any day and must not fail a call.
        }
        Ok(Step::Nothing)
    }

    fn failure(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
        let error = serde_json::from_slice::<Error>(body).unwrap_or_default();
        let kind = header(headers, "x-amzn-errortype").or(error.kind).unwrap_or_default();
        // After the name there may be an address, before it a name space.
        let kind = kind.split(':').next().unwrap_or_default().rsplit('#').next();
        let failure = Failure::from_status(status, headers, error.message.as_deref());
        refine(kind.unwrap_or_default(), failure)
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        header(headers, "x-amzn-requestid")
    }
}

/// Of an event's name.
fn is_exception(kind: &str) -> bool {
    kind.ends_with("Exception")
}

/// The status that an exception has where it is no event.
fn status_in_stream(kind: &str) -> u16 {
    match kind {
        "throttlingException" => 429,
        "validationException" => 400,
        "modelStreamErrorException" => 424,
        "serviceUnavailableException" => 503,
        _ => 500,
    }
}

fn refine(kind: &str, failure: Failure) -> Failure {
    match kind {
        "ServiceQuotaExceededException" => failure.final_as(Kind::NoMoney),
        // The model stumbled; the next time it may not.
        "ModelErrorException" | "modelStreamErrorException" => Failure { retry: true, ..failure },
        _ => failure,
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Text<'a>>,
    #[serde(skip_serializing_if = "Config::is_empty")]
    inference_config: Config<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<Value>,
    #[serde(skip_serializing_if = "OutputConfig::is_empty")]
    output_config: OutputConfig,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<Effort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text_format: Option<Value>,
}

impl OutputConfig {
    fn is_empty(&self) -> bool {
        self.effort.is_none() && self.text_format.is_none()
    }
}

#[derive(Debug, Serialize)]
struct Message<'a> {
    role: Role,
    content: Vec<Part<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Part<'a> {
    Text(&'a str),
    Image(Value),
    Document(Value),
    #[serde(rename_all = "camelCase")]
    ToolUse {
        tool_use_id: &'a str,
        name: &'a str,
        input: Value,
    },
    #[serde(rename_all = "camelCase")]
    ToolResult {
        tool_use_id: &'a str,
        content: [Text<'a>; 1],
    },
}

impl<'a> Part<'a> {
    fn all(turn: &'a Turn) -> impl Iterator<Item = Self> {
        let results = turn.results.iter().map(|result| Self::ToolResult {
            tool_use_id: &result.call,
            content: [Text { text: &result.content }],
        });
        let text = Some(turn.text.as_str()).filter(|text| !text.is_empty());
        let calls = turn.calls.iter().map(|call| Self::ToolUse {
            tool_use_id: &call.id,
            name: &call.name,
            input: call.input(),
        });
        let media = turn.media.iter().enumerate().filter_map(|(at, media)| Self::media(at, media));
        results.chain(media).chain(text.map(Self::Text)).chain(calls)
    }

    /// The check lets no URL through to this provider. A file needs a name of its own.
    fn media(at: usize, media: &Media) -> Option<Self> {
        let Source::Data { media_type, data } = &media.source else { return None };
        let format = media_type.rsplit('/').next();
        let source = json!({ "bytes": data });
        Some(match media.form {
            Form::Image => Self::Image(json!({ "format": format, "source": source })),
            Form::File => {
                let name = format!("file {}", at + 1);
                Self::Document(json!({ "format": format, "name": name, "source": source }))
            }
        })
    }
}

/// Who speaks has to change from message to message, so what one says in a row becomes one.
fn messages<'a>(turns: impl Iterator<Item = &'a Turn>) -> Vec<Message<'a>> {
    let mut messages: Vec<Message<'a>> = Vec::new();
    for turn in turns {
        match messages.last_mut().filter(|last| last.role == turn.role) {
            Some(last) => last.content.extend(Part::all(turn)),
            None => messages.push(Message { role: turn.role, content: Part::all(turn).collect() }),
        }
    }
    messages
}

fn tool(tool: &Tool) -> Value {
    json!({
        "toolSpec": {
            "name": tool.name,
            "description": tool.description,
            "inputSchema": { "json": tool.json_schema() },
        },
    })
}

#[derive(Debug, Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop_sequences: &'a [&'a str],
}

impl Config<'_> {
    fn is_empty(&self) -> bool {
        self.max_tokens.is_none()
            && self.temperature.is_none()
            && self.top_p.is_none()
            && self.stop_sequences.is_empty()
    }
}

impl<'a> Body<'a> {
    fn new(ask: &Ask<'a>) -> Self {
        let parameters = &ask.model.parameters;
        let (system, others): (Vec<_>, Vec<_>) =
            ask.turns.iter().partition(|turn| turn.role == Role::System);
        Self {
            messages: messages(others.into_iter()),
            system: system.into_iter().map(|turn| Text { text: &turn.text }).collect(),
            inference_config: Config {
                max_tokens: parameters.max_tokens,
                temperature: parameters.temperature,
                top_p: parameters.top_p,
                stop_sequences: parameters.stop,
            },
            tool_config: (!ask.tools.is_empty())
                .then(|| json!({ "tools": ask.tools.iter().map(tool).collect::<Vec<_>>() })),
            output_config: OutputConfig {
                effort: parameters.effort,
                text_format: ask.schema().map(|schema| text_format(ask.endpoint, &schema)),
            },
        }
    }
}

/// The schema is a text here, not an object.
fn text_format(endpoint: &str, schema: &Value) -> Value {
    let schema = json!({ "name": openai::schema_name(endpoint), "schema": schema.to_string() });
    json!({ "type": "json_schema", "structure": { "jsonSchema": schema } })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply {
    output: Output,
    #[serde(flatten)]
    stop: Stop,
    usage: Option<ReplyUsage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Output {
    message: ReplyMessage,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReplyMessage {
    #[serde(deserialize_with = "null_as_default")]
    content: Vec<Block>,
}

/// A piece of content: text, a tool to use, or something that we do not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Block {
    text: Option<String>,
    tool_use: Option<ToolUse>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ToolUse {
    tool_use_id: String,
    name: String,
    input: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct BlockStart {
    start: Block,
}

#[derive(Debug, Deserialize)]
struct BlockDelta<'a> {
    #[serde(borrow)]
    delta: Delta<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Delta<'a> {
    #[serde(borrow)]
    text: Option<Str<'a>>,
    #[serde(borrow)]
    tool_use: Option<ToolInput<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ToolInput<'a> {
    #[serde(borrow)]
    input: Option<Str<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    usage: Option<ReplyUsage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Stop {
    stop_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReplyUsage {
    input_tokens: u64,
    output_tokens: u64,
    #[serde(deserialize_with = "null_as_default")]
    cache_read_input_tokens: u64,
    #[serde(deserialize_with = "null_as_default")]
    cache_write_input_tokens: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Error {
    #[serde(alias = "Message")]
    message: Option<String>,
    #[serde(rename = "__type")]
    kind: Option<String>,
}

impl Stop {
    fn read(self, answer: &mut Answer) {
        let Some(word) = self.stop_reason else { return };
        let finish = match word.as_str() {
            "end_turn" | "stop_sequence" => Finish::Stop,
            "max_tokens" | "model_context_window_exceeded" => Finish::Length,
            "guardrail_intervened" | "content_filtered" | "refusal" => Finish::Refusal,
            "tool_use" => Finish::Tool,
            _ => Finish::Other,
        };
        answer.finished(&word, finish);
    }
}

impl From<ToolUse> for ToolCall {
    fn from(tool: ToolUse) -> Self {
        let arguments = tool.input.as_ref().map(Value::to_string).unwrap_or_default();
        Self { id: tool.tool_use_id, name: tool.name, arguments, signature: None }
    }
}

impl From<ReplyUsage> for Usage {
    fn from(usage: ReplyUsage) -> Self {
        let (cached, written) = (usage.cache_read_input_tokens, usage.cache_write_input_tokens);
        Self {
            input: usage.input_tokens + cached + written,
            output: usage.output_tokens,
            cached,
            cache_written: written,
            reasoning: 0,
        }
    }
}
