//! OpenAI Chat Completions, and every server that speaks it. Peculiar: usage of a stream comes in a
//! last chunk without choices, and only when asked for; the end is the text `[DONE]`.
//!
//! `openai-compatible` trusts less: `system` and not `developer`, `max_tokens` and not
//! `max_completion_tokens`, no `store`, and a stream may end after its finish reason without
//! `[DONE]`. Its key is optional. `reasoning_content` is not answer text.

use http::HeaderMap;
use promptpilot_spec::record::Finish;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Ask, Event, Failure, Provider, Request, Step, Usage,
    chat_message::{self, Function, Message, ReplyCall},
    event::{First, Str},
    null_as_default,
    openai::{self, Door, KeyHeader},
};
use crate::{
    endpoint::Effort,
    transport::{HTTP, Transport},
};

/// OpenAI's own, chosen by `api = "chat"`.
pub static OPENAI_CHAT: Chat = Chat {
    door: Door {
        name: "openai",
        url: |ask| ask.url("https://api.openai.com/v1", PATH),
        key: KeyHeader::Bearer,
        failure: openai::failure,
    },
    dialect: Dialect { system: "developer", pads: true, ..Dialect::PLAIN },
};

/// Any other server.
pub static OPENAI_COMPATIBLE: Chat = Chat {
    door: Door {
        name: "openai-compatible",
        url: |ask| ask.url("", PATH),
        key: KeyHeader::Bearer,
        failure: openai::failure,
    },
    dialect: Dialect::CAREFUL,
};

/// Below the base.
pub(super) const PATH: &str = "/chat/completions";

/// Chat Completions in one of its dialects.
#[derive(Debug)]
pub struct Chat {
    pub(super) door: Door,
    pub(super) dialect: Dialect,
}

/// What servers of this protocol do not agree on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// Whether the model is named in the body.
    pub(super) names_model: bool,
    /// The role of system text.
    pub(super) system: &'static str,
    /// Whether the limit is `max_completion_tokens`, and not `max_tokens`.
    pub(super) completion_limit: bool,
    /// Whether streams are padded unless asked otherwise.
    pub(super) pads: bool,
    /// Whether a stream may end after its finish reason without `[DONE]`.
    pub(super) ends_early: bool,
    /// Whether a model can be held to the parameters of its tools.
    pub(super) strict_tools: bool,
}

impl Dialect {
    /// What a server does that serves OpenAI's models.
    pub(super) const PLAIN: Self = Self {
        names_model: true,
        system: "system",
        completion_limit: true,
        pads: false,
        ends_early: false,
        strict_tools: true,
    };

    /// What every server is likely to understand.
    pub(super) const CAREFUL: Self =
        Self { completion_limit: false, ends_early: true, strict_tools: false, ..Self::PLAIN };
}

impl Provider for Chat {
    fn name(&self) -> &'static str {
        self.door.name
    }

    fn transport(&self) -> &'static dyn Transport {
        &HTTP
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        self.door.request(ask, &Body::new(self.dialect, ask))
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, Failure> {
        let reply: Reply<'_> = serde_json::from_slice(body).map_err(|e| Failure::malformed(&e))?;
        let mut answer = Answer::default();
        let text = reply.read(&mut answer)?;
        answer.text = text.unwrap_or_default();
        Ok(answer)
    }

    fn event(&self, event: Event<'_>, answer: &mut Answer) -> Result<Step, Failure> {
        if event.data.trim() == "[DONE]" {
            return Ok(Step::Done);
        }
        let text = event.json::<Reply<'_>>()?.read(answer)?;
        Ok(text.map_or(Step::Nothing, Step::Text))
    }

    fn may_end(&self, so_far: &Answer) -> bool {
        self.dialect.ends_early && so_far.finish.is_some()
    }

    fn failure(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
        (self.door.failure)(status, headers, body)
    }
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<Effort>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Function<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<Value>,
}

#[derive(Debug, Serialize)]
struct ResponseFormat<'a> {
    r#type: &'static str,
    json_schema: JsonSchema<'a>,
}

#[derive(Debug, Serialize)]
struct JsonSchema<'a> {
    name: &'a str,
    schema: Value,
    strict: bool,
}

impl<'a> Body<'a> {
    fn new(dialect: Dialect, ask: &Ask<'a>) -> Self {
        let parameters = &ask.model.parameters;
        Self {
            model: Some(ask.model.name).filter(|_| dialect.names_model),
            messages: chat_message::messages(ask.turns, dialect.system).collect(),
            max_completion_tokens: parameters.max_tokens.filter(|_| dialect.completion_limit),
            max_tokens: parameters.max_tokens.filter(|_| !dialect.completion_limit),
            temperature: parameters.temperature,
            top_p: parameters.top_p,
            stop: parameters.stop,
            seed: parameters.seed,
            reasoning_effort: parameters.effort,
            tools: chat_message::tools(ask, dialect.strict_tools),
            response_format: ask.schema().map(|schema| ResponseFormat {
                r#type: "json_schema",
                json_schema: JsonSchema {
                    name: openai::schema_name(ask.endpoint),
                    schema,
                    strict: ask.is_strict(),
                },
            }),
            stream: ask.stream,
            stream_options: ask.stream.then(|| match dialect.pads {
                // Padding against eavesdroppers would only cost bytes between two servers.
                true => json!({ "include_usage": true, "include_obfuscation": false }),
                false => json!({ "include_usage": true }),
            }),
        }
    }
}

/// A whole answer or a chunk of a stream: `message` in one is `delta` in the other.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    model: Option<Str<'a>>,
    #[serde(borrow)]
    choices: First<Choice<'a>>,
    usage: Option<ReplyUsage>,
    error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice<'a> {
    #[serde(borrow, alias = "delta")]
    message: Option<Content<'a>>,
    #[serde(borrow)]
    finish_reason: Option<Str<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content<'a> {
    #[serde(borrow)]
    content: Option<Str<'a>>,
    #[serde(borrow)]
    refusal: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    tool_calls: Vec<ReplyCall<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReplyUsage {
    #[serde(deserialize_with = "null_as_default")]
    prompt_tokens: u64,
    #[serde(deserialize_with = "null_as_default")]
    completion_tokens: u64,
    prompt_tokens_details: Option<Details>,
    completion_tokens_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
}

impl Reply<'_> {
    /// Takes over what it tells and gives its text, where it has any.
    fn read(self, answer: &mut Answer) -> Result<Option<String>, Failure> {
        if let Some(error) = self.error.filter(|error| !error.is_null()) {
            return Err(openai::Error::read(&error).in_stream());
        }
        answer.request_id = answer.request_id.take().or_else(|| Some(self.id?.into_string()));
        answer.model = answer.model.take().or_else(|| Some(self.model?.into_string()));
        answer.usage = self.usage.map(Usage::from).or(answer.usage);
        let Some(choice) = self.choices.0 else { return Ok(None) };
        if let Some(word) = choice.finish_reason {
            answer.finished(&word, finish(&word));
        }
        let content = choice.message.unwrap_or_default();
        if let Some(refusal) = content.refusal {
            answer.refuse(&refusal);
        }
        for call in content.tool_calls {
            call.read(answer);
        }
        Ok(content.content.filter(|text| !text.is_empty()).map(Str::into_string))
    }
}

fn finish(word: &str) -> Finish {
    match word {
        "stop" | "eos_token" | "stop_sequence" => Finish::Stop,
        "length" => Finish::Length,
        "content_filter" => Finish::Refusal,
        "tool_calls" | "function_call" => Finish::Tool,
        _ => Finish::Other,
    }
}

impl From<ReplyUsage> for Usage {
    fn from(usage: ReplyUsage) -> Self {
        let input = usage.prompt_tokens_details.unwrap_or_default();
        let output = usage.completion_tokens_details.unwrap_or_default();
        Self {
            input: usage.prompt_tokens,
            output: usage.completion_tokens,
            cached: input.cached_tokens.unwrap_or(0),
            cache_written: input.cache_write_tokens.unwrap_or(0),
            reasoning: output.reasoning_tokens.unwrap_or(0),
        }
    }
}
