//! Messages and tools in the form that OpenAI's Chat Completions gave them and Cohere took over: what
//! a tool answers is a message of its own, and a tool's arguments are a text that holds JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Ask, Media, ToolCall, Turn, answer::CallPiece, event::Str};
use crate::endpoint::{Form, Role, Tool};

/// One message.
#[derive(Debug, Serialize)]
pub(super) struct Message<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
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
        Self::Parts(media.chain([json!({ "type": "text", "text": turn.text })]).collect())
    }
}

fn part(media: &Media) -> Value {
    match media.form {
        Form::Image => json!({ "type": "image_url", "image_url": { "url": media.url() } }),
        Form::File => {
            let file = json!({ "filename": "file.pdf", "file_data": media.url() });
            json!({ "type": "file", "file": file })
        }
    }
}

#[derive(Debug, Serialize)]
struct Call<'a> {
    id: &'a str,
    r#type: &'static str,
    function: CalledFunction<'a>,
}

#[derive(Debug, Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a str,
}

impl<'a> Message<'a> {
    /// A text.
    pub(super) fn text(role: &'static str, text: &'a str) -> Self {
        Self {
            role,
            content: Some(Content::Text(text)),
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }

    fn result(id: &'a str, content: &'a str) -> Self {
        Self { tool_call_id: Some(id), ..Self::text("tool", content) }
    }
}

/// The conversation; system text has a role by this name.
pub(super) fn messages<'a>(
    turns: &'a [Turn],
    system: &'static str,
) -> impl Iterator<Item = Message<'a>> {
    turns.iter().flat_map(move |turn| {
        let role = match turn.role {
            Role::System => system,
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let results = turn.results.iter();
        let results = results.map(|result| Message::result(&result.call, &result.content));
        let own = turn.results.is_empty().then(|| Message {
            content: (!turn.text.is_empty() || turn.calls.is_empty()).then(|| turn.into()),
            tool_calls: turn.calls.iter().map(Call::from).collect(),
            ..Message::text(role, "")
        });
        results.chain(own)
    })
}

impl<'a> From<&'a ToolCall> for Call<'a> {
    fn from(call: &'a ToolCall) -> Self {
        let function = CalledFunction { name: &call.name, arguments: &call.arguments };
        Self { id: &call.id, r#type: "function", function }
    }
}

/// A declared tool.
#[derive(Debug, Serialize)]
pub(super) struct Function<'a> {
    r#type: &'static str,
    function: Declared<'a>,
}

#[derive(Debug, Serialize)]
struct Declared<'a> {
    name: &'a str,
    description: &'a str,
    parameters: Value,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    strict: bool,
}

/// The declared tools, to whose parameters the model is held where that can be asked for.
pub(super) fn tools<'a>(ask: &Ask<'a>, strict: bool) -> Vec<Function<'a>> {
    let function = |tool: &'a Tool| Function {
        r#type: "function",
        function: Declared {
            name: tool.name,
            description: tool.description,
            parameters: tool.json_schema(),
            strict,
        },
    };
    ask.tools.iter().map(function).collect()
}

/// A call in an answer, or a piece of one in a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReplyCall<'a> {
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    function: ReplyFunction<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ReplyFunction<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    arguments: Option<Str<'a>>,
}

impl ReplyCall<'_> {
    pub(super) fn read(&self, answer: &mut Answer) {
        answer.call_piece(&CallPiece {
            id: self.id.as_deref().unwrap_or_default(),
            name: self.function.name.as_deref().unwrap_or_default(),
            arguments: self.function.arguments.as_deref().unwrap_or_default(),
        });
    }
}
