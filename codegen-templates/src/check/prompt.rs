//! The prompt's form: which texts are sent, in which role.

use promptpilot_spec::{
    Definition,
    definition::{Field, FieldType, Prompt, Role},
};

use crate::{
    finding::{Finding, child},
    plan::PlannedMessage,
};

/// One message with its place in the definition.
pub(super) struct Text<'a> {
    pub(super) role: Role,
    pub(super) content: &'a str,
    pub(super) pointer: String,
}

impl Text<'_> {
    pub(super) fn planned(&self) -> PlannedMessage {
        PlannedMessage {
            pointer: self.pointer.clone(),
            role: self.role,
            template: self.content.to_owned(),
        }
    }
}

/// The prompt's messages in order.
pub(super) fn texts<'a>(definition: &'a Definition, findings: &mut Vec<Finding>) -> Vec<Text<'a>> {
    let prompt = &definition.prompt;
    let mut fields = definition.request.iter();
    let conversation = fields.find(|(_, field)| field.kind == FieldType::Messages);
    check_form(prompt, conversation, findings);
    check_order(prompt, conversation.is_some(), findings);
    written(prompt, findings)
}

/// The messages of a prompt that no endpoint is known of: it may bring the message that asks.
pub(super) fn texts_alone<'a>(prompt: &'a Prompt, findings: &mut Vec<Finding>) -> Vec<Text<'a>> {
    if prompt.reference.is_some() {
        findings.push(
            Finding::error("prompt-form", "/prompt/use", "a prompt does not refer to another one")
                .hint("write its text: `template`, or `messages`"),
        );
    }
    let simple = prompt.system.is_some() || prompt.template.is_some();
    match (simple, prompt.messages.is_empty()) {
        (false, true) if prompt.reference.is_none() => findings.push(
            Finding::error("empty-prompt", "/prompt", "the prompt is empty")
                .hint("give `template`, the text sent to the model"),
        ),
        (true, false) => findings.push(
            Finding::error("prompt-form", "/prompt", "the prompt is given in more than one form")
                .hint("either `template` with `system`, or `messages`"),
        ),
        _ => {}
    }
    check_order(prompt, true, findings);
    written(prompt, findings)
}

fn written<'a>(prompt: &'a Prompt, findings: &mut Vec<Finding>) -> Vec<Text<'a>> {
    let simple = [
        (Role::System, &prompt.system, "/prompt/system"),
        (Role::User, &prompt.template, "/prompt/template"),
    ];
    let simple = simple.into_iter().filter_map(|(role, text, pointer)| {
        Some(Text { role, content: text.as_deref()?, pointer: pointer.to_owned() })
    });
    let listed = prompt.messages.iter().enumerate().map(|(index, message)| Text {
        role: message.role,
        content: &message.content,
        pointer: child(&child("/prompt/messages", index), "content"),
    });
    let texts: Vec<_> = simple.chain(listed).collect();
    for text in texts.iter().filter(|text| text.content.trim().is_empty()) {
        findings.push(
            Finding::error("empty-prompt", &text.pointer, "this message has no text")
                .hint("write what the model shall do, or leave the message out"),
        );
    }
    texts
}

fn check_form(
    prompt: &Prompt,
    conversation: Option<(&String, &Field)>,
    findings: &mut Vec<Finding>,
) {
    let simple = prompt.system.is_some() || prompt.template.is_some();
    let forms = [prompt.reference.is_some(), simple, !prompt.messages.is_empty()];
    let asks = prompt.template.is_some()
        || prompt.messages.last().is_some_and(|message| message.role == Role::User);
    match forms.iter().filter(|given| **given).count() {
        0 | 1 if conversation.is_some() && prompt.reference.is_none() && !asks => {
            check_conversation_asks(conversation, findings);
        }
        0 => findings.push(
            Finding::error("empty-prompt", "/prompt", "the prompt is empty")
                .hint("give `template`, the text sent to the model"),
        ),
        1 if simple && prompt.template.is_none() => findings.push(
            Finding::error("empty-prompt", "/prompt", "the prompt has `system` but no `template`")
                .hint("give `template`, the text that asks the model"),
        ),
        1 => {}
        _ => findings.push(
            Finding::error("prompt-form", "/prompt", "the prompt is given in more than one form")
                .hint("either `use`, or `template` with `system`, or `messages`"),
        ),
    }
}

/// Where no message of the prompt asks, the caller's conversation does.
fn check_conversation_asks(conversation: Option<(&String, &Field)>, findings: &mut Vec<Finding>) {
    let Some((name, _)) = conversation.filter(|(_, field)| field.optional) else { return };
    let pointer = child(&child("/request", name), "optional");
    findings.push(
        Finding::error("empty-prompt", pointer, "without this field there is nothing to answer")
            .hint("leave `optional` out, or give the prompt a `template` that asks"),
    );
}

/// Providers take system texts first and want the last word to be the caller's.
fn check_order(prompt: &Prompt, has_conversation: bool, findings: &mut Vec<Finding>) {
    let messages = &prompt.messages;
    let leading = messages.iter().take_while(|message| message.role == Role::System).count();
    for (index, message) in messages.iter().enumerate().skip(leading) {
        if message.role == Role::System {
            findings.push(
                Finding::error(
                    "message-order",
                    child(&child("/prompt/messages", index), "role"),
                    "a system message stands behind other messages",
                )
                .hint("put system messages first"),
            );
        }
    }
    match messages.last().map(|message| message.role) {
        Some(Role::User) | None => {}
        // The caller's conversation comes after it.
        Some(Role::System | Role::Assistant) if has_conversation => {}
        Some(Role::System | Role::Assistant) => findings.push(
            Finding::error(
                "message-order",
                child(&child("/prompt/messages", messages.len() - 1), "role"),
                "the last message is not the user's",
            )
            .hint("end with a message whose role is `user`: newer models refuse another end"),
        ),
    }
}
