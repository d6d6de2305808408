//! Answers in the forms of OpenAI's API: whole, and in chunks.

use axum::{
    Json,
    http::HeaderMap,
    response::{IntoResponse, Response, sse::Event},
};
use promptpilot_spec::record::{CallRecord, Finish};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    PREFIX, errors,
    model::{
        Answered, ChatCompletion, ChatUsage, Choice, Chunk, ChunkChoice, ChunkDelta,
        CompletionTokens, PromptTokens,
    },
};
use crate::{
    execution::{
        answer::{Done, Said},
        stream::Framing,
    },
    http::Problem,
};

fn id(call: Uuid) -> String {
    format!("chatcmpl-{call}")
}

fn model(done: &Done) -> String {
    format!("{PREFIX}{}@{}", done.prompt, done.version)
}

/// The whole answer.
pub(super) fn whole(done: Done, headers: HeaderMap) -> Response {
    let model = model(&done);
    let finish_reason = finish(&done);
    let (content, refusal) = match done.said {
        Said::Text(text) => (Some(text), None),
        Said::Refusal(why) => (None, Some(why)),
    };
    let message = Answered { role: "assistant", content, refusal };
    let completion = ChatCompletion {
        id: id(done.record.call_id),
        object: "chat.completion",
        created: done.record.time.unix_timestamp(),
        model,
        choices: vec![Choice { index: 0, message, logprobs: None, finish_reason }],
        usage: usage(&done.record),
    };
    (headers, Json(completion)).into_response()
}

fn finish(done: &Done) -> &'static str {
    match (&done.said, done.record.finish) {
        (Said::Refusal(_), _) | (_, Some(Finish::Refusal)) => "content_filter",
        (_, Some(Finish::Length)) => "length",
        _ => "stop",
    }
}

fn usage(record: &CallRecord) -> ChatUsage {
    ChatUsage {
        prompt_tokens: record.tokens_in,
        completion_tokens: record.tokens_out,
        total_tokens: record.tokens_in + record.tokens_out,
        prompt_tokens_details: PromptTokens { cached_tokens: record.tokens_cached },
        completion_tokens_details: CompletionTokens { reasoning_tokens: record.tokens_reasoning },
    }
}

/// An answer in chunks.
#[derive(Debug)]
pub(super) struct Chunks {
    id: String,
    created: i64,
    /// As the caller named it: which version it is shows at the end.
    model: String,
    includes_usage: bool,
    begun: bool,
}

impl Chunks {
    pub(super) fn new(call: Uuid, model: String, includes_usage: bool) -> Self {
        let created = OffsetDateTime::now_utc().unix_timestamp();
        Self { id: id(call), created, model, includes_usage, begun: false }
    }

    fn chunk(&self, choices: Vec<ChunkChoice>, usage: Option<ChatUsage>) -> Event {
        event(&Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            choices,
            usage: self.includes_usage.then_some(usage),
        })
    }

    fn choice(&mut self, delta: ChunkDelta, finish_reason: Option<&'static str>) -> Event {
        let begun = std::mem::replace(&mut self.begun, true);
        let role = (!begun).then_some("assistant");
        let delta = ChunkDelta { role, ..delta };
        self.chunk(vec![ChunkChoice { index: 0, delta, logprobs: None, finish_reason }], None)
    }
}

impl Framing for Chunks {
    fn delta(&mut self, text: String) -> Event {
        self.choice(ChunkDelta { content: Some(text), ..ChunkDelta::default() }, None)
    }

    fn done(&mut self, done: Done) -> Vec<Event> {
        let (finish, usage) = (finish(&done), usage(&done.record));
        let mut events = Vec::new();
        if let Said::Refusal(why) = done.said {
            let delta = ChunkDelta { refusal: Some(why), ..ChunkDelta::default() };
            events.push(self.choice(delta, None));
        }
        events.push(self.choice(ChunkDelta::default(), Some(finish)));
        if self.includes_usage {
            events.push(self.chunk(Vec::new(), Some(usage)));
        }
        events.push(Event::default().data("[DONE]"));
        events
    }

    fn error(&mut self, problem: Problem) -> Vec<Event> {
        let status = errors::status(problem.status().as_u16());
        vec![event(&errors::document(&problem.into_told(), status))]
    }
}

fn event(data: &impl Serialize) -> Event {
    Event::default().data(serde_json::to_string(data).unwrap_or_default())
}
