//! A conversation that a caller passes: what it may look like, and where in the prompt it goes.
//!
//! It has messages of the user and of the assistant and, where the endpoint declares tools, what those
//! answered. System text is the endpoint's own.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    media::{self, Bounds},
    validate::Check,
};
use crate::{
    endpoint::{Form, Images, Role, Tool},
    provider::{Media, ToolCall, ToolResult, Turn},
};

/// What a message may have; the last only where the endpoint takes it.
const MEMBERS: [&str; 5] = ["role", "content", "tool_calls", "tool_call_id", "images"];

/// What a tool that was asked for may have.
const CALL_MEMBERS: [&str; 4] = ["id", "name", "arguments", "signature"];

/// What messages of an endpoint may have.
#[derive(Clone, Copy)]
pub(super) struct Talk {
    pub(super) tools: &'static [Tool],
    /// Most characters of a message.
    pub(super) max_length: Option<u32>,
    pub(super) images: Option<Images>,
}

/// Looks at one message after the other.
pub(super) struct Reader<'a> {
    check: &'a mut Check,
    talk: Talk,
    /// Calls that no tool has answered yet.
    open: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(check: &'a mut Check, talk: Talk) -> Self {
        Self { check, talk, open: Vec::new() }
    }

    /// Tells all that is wrong with the messages.
    pub(super) fn read(&mut self, messages: &[Value], pointer: &str) {
        for (index, message) in messages.iter().enumerate() {
            let pointer = format!("{pointer}/{index}");
            match message {
                Value::Object(members) => self.message(members, &pointer),
                _ => self.wrong(&pointer, "must be an object with `role` and `content`"),
            }
        }
        if !self.open.is_empty() {
            self.wrong(
                pointer,
                "must go on with an answer, of the role `tool`, to every tool call",
            );
        }
    }

    fn wrong(&mut self, pointer: &str, detail: &str) {
        self.check.wrong::<()>(pointer, detail);
    }

    fn message(&mut self, members: &Map<String, Value>, pointer: &str) {
        let known = if self.talk.images.is_some() { &MEMBERS[..] } else { &MEMBERS[..4] };
        self.known_only(members, known, pointer);
        let length = characters(members);
        if let Some(most) = self.talk.max_length.filter(|most| length > *most as usize) {
            let detail = format!("must have at most {most} characters and has {length}");
            self.wrong(pointer, &detail);
        }
        let text = match members.get("content") {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text,
            Some(_) => return self.wrong(&format!("{pointer}/content"), "must be a string"),
        };
        match members.get("role").and_then(Value::as_str) {
            Some("tool") if !self.talk.tools.is_empty() => return self.result(members, pointer),
            Some("user") => {
                let images = self.images(members, pointer);
                if text.is_empty() && images == 0 {
                    self.wrong(&format!("{pointer}/content"), "must not be empty");
                }
                if members.contains_key("tool_calls") {
                    let pointer = format!("{pointer}/tool_calls");
                    self.wrong(&pointer, "belongs to a message of the assistant");
                }
            }
            Some("assistant") => self.no_images(members, pointer),
            _ if self.talk.tools.is_empty() => {
                self.wrong(&format!("{pointer}/role"), "must be one of `user`, `assistant`");
            }
            _ => {
                let detail = "must be one of `user`, `assistant`, `tool`";
                self.wrong(&format!("{pointer}/role"), detail);
            }
        }
        if !std::mem::take(&mut self.open).is_empty() {
            self.wrong(pointer, "must be an answer, of the role `tool`, to a tool call before it");
        }
        if members.contains_key("tool_call_id") {
            let detail = "belongs to a message of the role `tool`";
            self.wrong(&format!("{pointer}/tool_call_id"), detail);
        }
        self.calls(members, text, pointer);
    }

    fn result(&mut self, members: &Map<String, Value>, pointer: &str) {
        let id = members.get("tool_call_id").and_then(Value::as_str).unwrap_or_default();
        match self.open.iter().position(|open| open == id) {
            Some(place) => _ = self.open.remove(place),
            None => {
                let detail = "must be the `id` of a tool call before it that has no answer yet";
                self.wrong(&format!("{pointer}/tool_call_id"), detail);
            }
        }
        if members.contains_key("tool_calls") {
            let detail = "belongs to a message of the assistant";
            self.wrong(&format!("{pointer}/tool_calls"), detail);
        }
        self.no_images(members, pointer);
    }

    fn no_images(&mut self, members: &Map<String, Value>, pointer: &str) {
        if self.talk.images.is_some() && members.contains_key("images") {
            self.wrong(&format!("{pointer}/images"), "belongs to a message of the user");
        }
    }

    /// How many images a message of the user's has.
    fn images(&mut self, members: &Map<String, Value>, pointer: &str) -> usize {
        let Some((Images { most, max_bytes, urls }, given)) =
            self.talk.images.zip(members.get("images").filter(|given| !given.is_null()))
        else {
            return 0;
        };
        let pointer = format!("{pointer}/images");
        let Value::Array(images) = given else {
            self.wrong(&pointer, "must be an array of images");
            return 0;
        };
        if images.len() > most as usize {
            let detail = format!("must have at most {most} items and has {}", images.len());
            self.wrong(&pointer, &detail);
        }
        let bounds = Bounds { form: Form::Image, max_bytes, urls };
        for (index, image) in images.iter().take(most as usize).enumerate() {
            media::check(self.check, image, bounds, &format!("{pointer}/{index}"));
        }
        images.len()
    }

    /// The tools that a message of the assistant asks for.
    fn calls(&mut self, members: &Map<String, Value>, text: &str, pointer: &str) {
        let is_assistant = members.get("role").is_some_and(|role| role == "assistant");
        let calls = match members.get("tool_calls").filter(|_| is_assistant) {
            None | Some(Value::Null) => [].as_slice(),
            Some(Value::Array(calls)) => calls,
            Some(_) => return self.wrong(&format!("{pointer}/tool_calls"), "must be an array"),
        };
        if is_assistant && text.is_empty() && calls.is_empty() {
            self.wrong(pointer, "must have `content` or `tool_calls`");
        }
        for (index, call) in calls.iter().enumerate() {
            self.call(call, &format!("{pointer}/tool_calls/{index}"));
        }
    }

    fn call(&mut self, call: &Value, pointer: &str) {
        let Value::Object(members) = call else {
            return self.wrong(pointer, "must be an object with `id`, `name` and `arguments`");
        };
        self.known_only(members, &CALL_MEMBERS, pointer);
        let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
        let (id, name) = (text("id").to_owned(), text("name"));
        if !self.talk.tools.iter().any(|tool| tool.name == name) {
            self.wrong(&format!("{pointer}/name"), "must be the name of a declared tool");
        }
        if !members.get("arguments").is_some_and(Value::is_object) {
            self.wrong(&format!("{pointer}/arguments"), "must be an object");
        }
        if members.get("signature").is_some_and(|it| !it.is_string() && !it.is_null()) {
            self.wrong(&format!("{pointer}/signature"), "must be a string");
        }
        if id.is_empty() || self.open.contains(&id) {
            self.wrong(&format!("{pointer}/id"), "must be a string that no other call has");
        } else {
            self.open.push(id);
        }
    }

    fn known_only(&mut self, members: &Map<String, Value>, known: &[&str], pointer: &str) {
        for name in members.keys().filter(|name| !known.contains(&name.as_str())) {
            let known = known.join("`, `");
            let pointer = super::validate::below(pointer, name);
            self.wrong(&pointer, &format!("is not known here: there are `{known}`"));
        }
    }
}

/// In a record, hash and size stand for the images of messages.
pub(super) fn summarize(messages: &mut Value) {
    let messages = messages.as_array_mut().into_iter().flatten();
    for images in messages.filter_map(|message| message.get_mut("images")) {
        match images {
            Value::Array(images) => images.iter_mut().for_each(media::summarize),
            other => media::summarize(other),
        }
    }
}

/// All texts of a message, names and arguments of tools included.
fn characters(members: &Map<String, Value>) -> usize {
    let length = |value: &Value| match value {
        Value::String(text) => text.chars().count(),
        Value::Null => 0,
        value => value.to_string().chars().count(),
    };
    let said = members.iter().filter(|(name, _)| !matches!(name.as_str(), "role" | "images"));
    said.map(|(_, value)| length(value)).sum()
}

#[derive(Deserialize)]
struct Message {
    role: Speaker,
    content: Option<String>,
    tool_calls: Option<Vec<Call>>,
    tool_call_id: Option<String>,
    images: Option<Vec<Value>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Speaker {
    User,
    Assistant,
    Tool,
}

#[derive(Deserialize)]
struct Call {
    id: String,
    name: String,
    arguments: Value,
    signature: Option<String>,
}

/// The turns of a conversation that was checked. What tools answered to one message is one turn.
pub(super) fn turns(value: Value) -> Vec<Turn> {
    let messages: Vec<Message> = serde_json::from_value(value).unwrap_or_default();
    let mut turns: Vec<Turn> = Vec::new();
    for message in messages {
        let content = message.content.unwrap_or_default();
        if message.role == Speaker::Tool {
            let call = message.tool_call_id.unwrap_or_default();
            let asked = turns.iter().rev().flat_map(|turn| &turn.calls).find(|it| it.id == call);
            let name = asked.map(|call| call.name.clone()).unwrap_or_default();
            let result = ToolResult { call, name, content };
            match turns.last_mut().filter(|turn| !turn.results.is_empty()) {
                Some(turn) => turn.results.push(result),
                None => {
                    turns.push(Turn { results: vec![result], ..Turn::new(Role::User, "") });
                }
            }
            continue;
        }
        let role = if message.role == Speaker::User { Role::User } else { Role::Assistant };
        let calls = message.tool_calls.unwrap_or_default().into_iter().map(ToolCall::from);
        let images = message.images.unwrap_or_default().into_iter();
        let media: Vec<Media> = images.filter_map(|it| media::read(Form::Image, it)).collect();
        turns.push(Turn { calls: calls.collect(), media, ..Turn::new(role, content) });
    }
    turns
}

impl From<Call> for ToolCall {
    fn from(call: Call) -> Self {
        let Call { id, name, arguments, signature } = call;
        Self { id, name, arguments: arguments.to_string(), signature }
    }
}

/// The prompt with the conversation in its place: before the prompt's last message where that asks,
/// unless the conversation begins with the assistant's answer to it; else at the end. An error says
/// what is wrong with the conversation there.
pub(super) fn place(
    mut prompt: Vec<Turn>,
    conversation: Vec<Turn>,
) -> Result<Vec<Turn>, &'static str> {
    let asks = prompt.last().is_some_and(|turn| turn.role == Role::User);
    let Some((first, last)) = conversation.first().zip(conversation.last()) else {
        return if asks { Ok(prompt) } else { Err("must have at least one message") };
    };
    let answers = first.role == Role::Assistant;
    if answers && !asks {
        return Err("must begin with a message of the user");
    }
    if asks && !answers {
        let end = prompt.len() - 1;
        prompt.splice(end..end, conversation);
        return Ok(prompt);
    }
    if last.role == Role::Assistant {
        return Err("must not end with a message of the assistant");
    }
    prompt.extend(conversation);
    Ok(prompt)
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
