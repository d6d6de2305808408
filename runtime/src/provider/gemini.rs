//! Google Gemini, `generateContent`. Peculiar: the model stands in the path and streaming in the
//! method's name; the assistant is called `model`; a stream has no end marker but ends after a finish
//! reason; thinking is not counted among the answer's tokens; a wrong key is a 400; the wait that a
//! busy server asks for stands in the body.

use std::{fmt, time::Duration};

use http::HeaderMap;
use promptpilot_spec::record::Finish;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{SeqAccess, Visitor},
};
use serde_json::{Value, json};

use super::{
    Answer, Ask, Event, Failure, Kind, Media, Provider, Request, Source, Step, ToolCall,
    ToolResult, Turn, Usage,
    event::{First, Str},
    null_as_default, path_segment,
};
use crate::{
    endpoint::{Effort, Role, Tool},
    transport::{HTTP, Transport},
};

/// Google Gemini.
pub static GEMINI: Gemini = Gemini;

/// The Gemini API.
#[derive(Debug)]
pub struct Gemini;

impl Provider for Gemini {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn transport(&self) -> &'static dyn Transport {
        &HTTP
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        let method = if ask.stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
        let path = format!("/models/{}:{method}", path_segment(ask.model.name));
        let url = ask.url("https://generativelanguage.googleapis.com/v1beta", &path);
        let request = Request::json(url, &Body::new(ask));
        match ask.key {
            Some(key) => request.header("x-goog-api-key", key.expose()),
            None => request,
        }
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, Failure> {
        let reply: Reply<'_> = serde_json::from_slice(body).map_err(|e| Failure::malformed(&e))?;
        let mut answer = Answer::default();
        let text = reply.read(&mut answer)?;
        answer.text = text;
        Ok(answer)
    }

    fn event(&self, event: Event<'_>, answer: &mut Answer) -> Result<Step, Failure> {
        let text = event.json::<Reply<'_>>()?.read(answer)?;
        Ok(if text.is_empty() { Step::Nothing } else { Step::Text(text) })
    }

    fn may_end(&self, so_far: &Answer) -> bool {
        so_far.finish.is_some()
    }

    fn failure(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
        let error = match serde_json::from_slice::<ErrorBody>(body) {
            Ok(ErrorBody::One(body)) => body.error,
            Ok(ErrorBody::Many([body])) => body.error,
            Err(_) => Error::default(),
        };
        error.failure(status, headers)
    }

    fn request_id(&self, _: &HeaderMap) -> Option<String> {
        None // It stands in the body.
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Instruction>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    generation_config: Config<'a>,
}

#[derive(Debug, Serialize)]
struct Content<'a> {
    role: &'static str,
    parts: Vec<Part<'a>>,
}

/// One of its members is there.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline_data: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_response: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<&'a str>,
}

impl<'a> From<&'a Turn> for Content<'a> {
    fn from(turn: &'a Turn) -> Self {
        let role = if turn.role == Role::Assistant { "model" } else { "user" };
        let text = Some(turn.text.as_str()).filter(|text| !text.is_empty());
        let text = text.map(|text| Part { text: Some(text), ..Part::default() });
        let results = turn.results.iter().map(Part::from);
        let media = turn.media.iter().filter_map(Part::of_media);
        let calls = turn.calls.iter().map(Part::from);
        Self { role, parts: results.chain(media).chain(text).chain(calls).collect() }
    }
}

impl Part<'_> {
    /// The check lets no URL through to this provider.
    fn of_media(media: &Media) -> Option<Self> {
        let Source::Data { media_type, data } = &media.source else { return None };
        let inline_data = Some(json!({ "mimeType": media_type, "data": data }));
        Some(Self { inline_data, ..Self::default() })
    }
}

impl<'a> From<&'a ToolCall> for Part<'a> {
    fn from(call: &'a ToolCall) -> Self {
        Self {
            function_call: Some(json!({ "id": call.id, "name": call.name, "args": call.input() })),
            thought_signature: call.signature.as_deref(),
            ..Self::default()
        }
    }
}

impl<'a> From<&'a ToolResult> for Part<'a> {
    fn from(result: &'a ToolResult) -> Self {
        let ToolResult { call, name, content } = result;
        let response = json!({ "id": call, "name": name, "response": { "result": content } });
        Self { function_response: Some(response), ..Self::default() }
    }
}

fn tools(tools: &[Tool]) -> Vec<Value> {
    let declared = tools.iter().map(|tool| {
        json!({
            "name": tool.name,
            "description": tool.description,
            "parametersJsonSchema": tool.json_schema(),
        })
    });
    let declared: Vec<_> = declared.collect();
    if declared.is_empty() { Vec::new() } else { vec![json!({ "functionDeclarations": declared })] }
}

#[derive(Debug, Serialize)]
struct Instruction {
    parts: [InstructionPart; 1],
}

#[derive(Debug, Serialize)]
struct InstructionPart {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop_sequences: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<Thinking>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Thinking {
    thinking_level: &'static str,
}

impl<'a> Body<'a> {
    fn new(ask: &Ask<'a>) -> Self {
        let parameters = &ask.model.parameters;
        let (system, turns) = ask.split_system();
        let schema = ask.schema();
        Self {
            contents: turns.map(Content::from).collect(),
            system_instruction: (!system.is_empty())
                .then_some(Instruction { parts: [InstructionPart { text: system }] }),
            tools: tools(ask.tools),
            generation_config: Config {
                temperature: parameters.temperature,
                top_p: parameters.top_p,
                max_output_tokens: parameters.max_tokens,
                stop_sequences: parameters.stop,
                seed: parameters.seed,
                response_mime_type: schema.as_ref().map(|_| "application/json"),
                response_json_schema: schema,
                thinking_config: parameters
                    .effort
                    .map(|effort| Thinking { thinking_level: level(effort) }),
            },
        }
    }
}

/// The check lets through only the four that exist.
fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High | Effort::Xhigh | Effort::Max => "HIGH",
    }
}

/// A whole answer, or the next piece of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(borrow)]
    candidates: First<Candidate<'a>>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<ReplyUsage>,
    #[serde(borrow)]
    model_version: Option<Str<'a>>,
    #[serde(borrow)]
    response_id: Option<Str<'a>>,
    error: Option<Error>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Candidate<'a> {
    content: ReplyContent,
    #[serde(borrow)]
    finish_reason: Option<Str<'a>>,
    finish_message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReplyContent {
    parts: Parts,
}

/// What the parts of an answer come to, taken one by one: a stream has thousands of them.
#[derive(Debug, Default)]
struct Parts {
    text: String,
    calls: Vec<ToolCall>,
}

impl Parts {
    fn take(&mut self, part: ReplyPart<'_>) {
        if part.thought {
            return;
        }
        let text = part.text.unwrap_or_default();
        match self.text.is_empty() {
            true => self.text = text.into_string(),
            false => self.text.push_str(&text),
        }
        let signature = part.thought_signature;
        self.calls.extend(part.function_call.map(|call| call.read(signature)));
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Parts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of parts")
            }

            fn visit_unit<E>(self) -> Result<Parts, E> {
                Ok(Parts::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Parts, A::Error> {
                let mut parts = Parts::default();
                while let Some(part) = list.next_element()? {
                    parts.take(part);
                }
                Ok(parts)
            }
        }

        deserializer.deserialize_any(List)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReplyPart<'a> {
    #[serde(borrow)]
    text: Option<Str<'a>>,
    thought: bool,
    function_call: Option<FunctionCall>,
    thought_signature: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FunctionCall {
    id: Option<String>,
    name: String,
    args: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
    block_reason_message: Option<String>,
}

/// Counts are cumulative in a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReplyUsage {
    prompt_token_count: u64,
    candidates_token_count: u64,
    cached_content_token_count: u64,
    thoughts_token_count: u64,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ErrorBody {
    // First, since a list would also be read as an object's fields in order.
    Many([OneError; 1]),
    One(OneError),
}

#[derive(Debug, Deserialize)]
struct OneError {
    error: Error,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Error {
    code: Option<u16>,
    message: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    details: Vec<Detail>,
}

/// One of several kinds, told apart by what they hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    reason: Option<String>,
    retry_delay: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    violations: Vec<Violation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Violation {
    quota_id: String,
}

impl Reply<'_> {
    /// Takes over what it tells and gives its text.
    fn read(self, answer: &mut Answer) -> Result<String, Failure> {
        if let Some(error) = self.error {
            let status = error.code.unwrap_or(500);
            return Err(Failure { status: None, ..error.failure(status, &HeaderMap::new()) });
        }
        answer.request_id =
            answer.request_id.take().or_else(|| Some(self.response_id?.into_string()));
        answer.model = answer.model.take().or_else(|| Some(self.model_version?.into_string()));
        answer.usage = self.usage_metadata.map(Usage::from).or(answer.usage);
        if let Some(Feedback { block_reason: Some(word), block_reason_message }) =
            self.prompt_feedback
        {
            answer.finished(&word, Finish::Refusal);
            answer.refuse(&block_reason_message.unwrap_or_default());
        }
        let Some(candidate) = self.candidates.0 else { return Ok(String::new()) };
        let Parts { text, calls } = candidate.content.parts;
        answer.calls.extend(calls);
        if let Some(word) = candidate.finish_reason {
            let finish = match finish(&word) {
                Finish::Stop if !answer.calls.is_empty() => Finish::Tool,
                finish => finish,
            };
            answer.finished(&word, finish);
            if finish == Finish::Refusal {
                answer.refuse(&candidate.finish_message.unwrap_or_default());
            }
        }
        Ok(text)
    }
}

impl FunctionCall {
    fn read(self, signature: Option<String>) -> ToolCall {
        let arguments = self.args.as_ref().map(Value::to_string).unwrap_or_default();
        ToolCall { id: self.id.unwrap_or_default(), name: self.name, arguments, signature }
    }
}

fn finish(word: &str) -> Finish {
    match word {
        "STOP" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "LANGUAGE"
        | "MODEL_ARMOR" => Finish::Refusal,
        _ => Finish::Other,
    }
}

impl From<ReplyUsage> for Usage {
    fn from(usage: ReplyUsage) -> Self {
        Self {
            input: usage.prompt_token_count,
            output: usage.candidates_token_count + usage.thoughts_token_count,
            cached: usage.cached_content_token_count,
            reasoning: usage.thoughts_token_count,
            ..Self::default()
        }
    }
}

impl Error {
    fn failure(&self, status: u16, headers: &HeaderMap) -> Failure {
        let failure = Failure::from_status(status, headers, self.message.as_deref());
        let is_key = |detail: &Detail| detail.reason.as_deref() == Some("API_KEY_INVALID");
        // A quota of a day is not back within any call's time.
        let of_a_day = |detail: &Detail| {
            detail.violations.iter().any(|violation| violation.quota_id.contains("PerDay"))
        };
        if self.details.iter().any(is_key) {
            return failure.final_as(Kind::Key);
        }
        if status == 429 && self.details.iter().any(of_a_day) {
            return failure.final_as(Kind::NoMoney);
        }
        let wait = self.details.iter().find_map(|detail| seconds(detail.retry_delay.as_deref()?));
        Failure { retry_after: failure.retry_after.or(wait), ..failure }
    }
}

/// `28s` or `0.5s`.
fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.strip_suffix('s')?.parse().ok()?).ok()
}
