//! Cohere v2. Peculiar: nucleus sampling is called `p`; a schema does not tell the model to write
//! JSON, so that it must be asked to, or it may write until its context is full; an answer names no
//! model; what is billed is fewer tokens than went through the model, and it is the billed ones that
//! are counted here; a filter that stops an answer is a status of its own, 498.

use http::HeaderMap;
use promptpilot_spec::record::Finish;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Ask, Event, Failure, Kind, Provider, Request, Step, Usage,
    chat_message::{self, Function, Message, ReplyCall},
    event::Str,
    null_as_default,
};
use crate::transport::{HTTP, Transport};

/// Cohere.
pub static COHERE: Cohere = Cohere;

/// Said where the answer is to be JSON.
const ASK_FOR_JSON: &str = "Answer with a JSON object.";

/// A filter stopped the answer.
const FILTERED: u16 = 498;

/// The Chat API, second version.
#[derive(Debug)]
pub struct Cohere;

impl Provider for Cohere {
    fn name(&self) -> &'static str {
        "cohere"
    }

    fn transport(&self) -> &'static dyn Transport {
        &HTTP
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        let url = ask.url("https://api.cohere.com", "/v2/chat");
        let request = Request::json(url, &Body::new(ask));
        match ask.key {
            Some(key) => request.bearer(key),
            None => request,
        }
    }

    fn answer(&self, body: &[u8]) -> Result<Answer, Failure> {
        let reply: Reply<'_> = serde_json::from_slice(body).map_err(|e| Failure::malformed(&e))?;
        let ReplyMessage { content, tool_calls } = reply.message;
        let blocks = content.into_iter();
        let text = blocks.filter(|block| block.r#type == "text").filter_map(|block| block.text);
        let mut answer = Answer { text: text.collect(), request_id: reply.id, ..Answer::default() };
        for call in tool_calls {
            call.read(&mut answer);
        }
        reply.end.read(&mut answer)?;
        Ok(answer)
    }

    fn event(&self, event: Event<'_>, answer: &mut Answer) -> Result<Step, Failure> {
        if event.data.trim() == "[DONE]" {
            return Ok(Step::Done);
        }
        match &*event.kind()? {
            "message-start" => answer.request_id = event.json::<Start>()?.id,
            "content-delta" => {
                let text = event.json::<Delta<ContentDelta<'_>>>()?.delta.message.content.text;
                return Ok(text.map_or(Step::Nothing, |text| Step::Text(text.into_string())));
            }
            "tool-call-start" | "tool-call-delta" => {
                event.json::<Delta<CallDelta<'_>>>()?.delta.message.tool_calls.read(answer);
            }
            "message-end" => {
                event.json::<MessageEnd>()?.delta.read(answer)?;
                return Ok(Step::Done);
            }
            _ => {} // New kinds may appear any day and must not fail a call.
        }
        Ok(Step::Nothing)
    }

    fn failure(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Failure {
        let error = serde_json::from_slice::<Error>(body).unwrap_or_default();
        let failure = Failure::from_status(status, headers, error.message.as_deref());
        if status == FILTERED { failure.final_as(Kind::Refusal) } else { failure }
    }
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<f64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop_sequences: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Function<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
    /// Required, unlike elsewhere.
    stream: bool,
}

impl<'a> Body<'a> {
    fn new(ask: &Ask<'a>) -> Self {
        let parameters = &ask.model.parameters;
        let schema = ask.schema();
        let wish = schema.as_ref().map(|_| Message::text("system", ASK_FOR_JSON));
        Self {
            model: ask.model.name,
            messages: wish.into_iter().chain(chat_message::messages(ask.turns, "system")).collect(),
            max_tokens: parameters.max_tokens,
            temperature: parameters.temperature,
            p: parameters.top_p,
            stop_sequences: parameters.stop,
            seed: parameters.seed,
            tools: chat_message::tools(ask, false),
            response_format: schema
                .map(|schema| json!({ "type": "json_object", "json_schema": schema })),
            stream: ask.stream,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reply<'a> {
    id: Option<String>,
    #[serde(borrow)]
    message: ReplyMessage<'a>,
    #[serde(flatten)]
    end: End,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReplyMessage<'a> {
    #[serde(deserialize_with = "null_as_default")]
    content: Vec<Block>,
    #[serde(borrow, deserialize_with = "null_as_default")]
    tool_calls: Vec<ReplyCall<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Block {
    r#type: String,
    text: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Start {
    id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Delta<T> {
    delta: DeltaMessage<T>,
}

#[derive(Debug, Deserialize)]
struct DeltaMessage<T> {
    message: T,
}

#[derive(Debug, Deserialize)]
struct ContentDelta<'a> {
    #[serde(borrow)]
    content: Piece<'a>,
}

/// A piece of text, or of thinking, which has no `text`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Piece<'a> {
    #[serde(borrow)]
    text: Option<Str<'a>>,
}

#[derive(Debug, Deserialize)]
struct CallDelta<'a> {
    #[serde(borrow)]
    tool_calls: ReplyCall<'a>,
}

#[derive(Debug, Deserialize)]
struct MessageEnd {
    delta: End,
}

/// How an answer ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct End {
    finish_reason: Option<String>,
    usage: Option<ReplyUsage>,
    error: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReplyUsage {
    billed_units: Option<Units>,
    tokens: Option<Units>,
    cached_tokens: Option<f64>,
}

/// Numbers are written with a fraction.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Units {
    input_tokens: Option<f64>,
    output_tokens: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Error {
    message: Option<String>,
}

impl End {
    fn read(self, answer: &mut Answer) -> Result<(), Failure> {
        answer.usage = self.usage.map(Usage::from).or(answer.usage);
        let Some(word) = self.finish_reason else { return Ok(()) };
        let finish = match word.as_str() {
            "COMPLETE" | "STOP_SEQUENCE" => Finish::Stop,
            "MAX_TOKENS" => Finish::Length,
            "TOOL_CALL" => Finish::Tool,
            _ => Finish::Other,
        };
        answer.finished(&word, finish);
        if matches!(word.as_str(), "ERROR" | "TIMEOUT") {
            let message = self.error.as_deref().unwrap_or("the answer ended in an error");
            return Err(Failure::in_answer(500, Some(message)));
        }
        Ok(())
    }
}

impl From<ReplyUsage> for Usage {
    fn from(usage: ReplyUsage) -> Self {
        let (billed, all) =
            (usage.billed_units.unwrap_or_default(), usage.tokens.unwrap_or_default());
        let count = |tokens: Option<f64>| tokens.map_or(0, |tokens| tokens.max(0.0) as u64);
        Self {
            input: count(billed.input_tokens.or(all.input_tokens)),
            output: count(billed.output_tokens.or(all.output_tokens)),
            cached: count(usage.cached_tokens),
            ..Self::default()
        }
    }
}
