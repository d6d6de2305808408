//! Fields of requests, responses and tools: names, and bounds that make sense.

use std::collections::BTreeSet;

use promptpilot_spec::{
    Definition,
    definition::{Field, FieldType, Fields, ResponseFormat},
};

use super::{
    names::{is_field_name, is_template_word},
    values,
};
use crate::finding::{Finding, child};

/// Fields within fields; providers take no deeper schemas.
const DEEPEST: usize = 8;

/// Whole numbers beyond this are no longer exact in JSON.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

pub(super) fn check(definition: &Definition, findings: &mut Vec<Finding>) {
    check_all(&definition.request, "/request", Side::Request, findings);
    for name in definition.request.keys().filter(|name| is_template_word(name)) {
        findings.push(
            Finding::error(
                "bad-name",
                child("/request", name),
                format!("`{name}` means something of its own in a template"),
            )
            .hint("choose another name for the field"),
        );
    }
    check_conversations(&definition.request, findings);
    let response = &definition.response;
    check_all(&response.fields, "/response/fields", Side::Response, findings);
    match response.format {
        ResponseFormat::Text if !response.fields.is_empty() => findings.push(
            Finding::error("response-fields", "/response/fields", "a text answer has no fields")
                .hint("write `format = \"json\"` under [response]"),
        ),
        ResponseFormat::Json if response.fields.is_empty() => findings.push(
            Finding::error("response-fields", "/response", "a JSON answer needs fields")
                .hint("declare at least one: a table [response.fields.<name>] with its type"),
        ),
        _ => {}
    }
}

/// A prompt has one place for a conversation.
fn check_conversations(request: &Fields, findings: &mut Vec<Finding>) {
    let conversations = request.iter().filter(|(_, field)| field.kind == FieldType::Messages);
    for (name, _) in conversations.skip(1) {
        findings.push(
            Finding::error(
                "two-conversations",
                child("/request", name),
                "the request has more than one conversation",
            )
            .hint("keep one field of type `messages`"),
        );
    }
}

/// Whose fields they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
    Tool,
}

pub(super) fn check_all(fields: &Fields, pointer: &str, side: Side, findings: &mut Vec<Finding>) {
    for (name, field) in fields {
        let pointer = child(pointer, name);
        if !is_field_name(name) {
            findings.push(
                Finding::error("bad-name", &pointer, format!("`{name}` cannot be a field's name"))
                    .hint("a letter or `_`, then at most 63 letters, digits or `_`"),
            );
        }
        Check { field, pointer: &pointer, side, findings }.run(1);
    }
}

struct Check<'a, 'f> {
    field: &'a Field,
    pointer: &'a str,
    side: Side,
    findings: &'f mut Vec<Finding>,
}

impl Check<'_, '_> {
    fn run(&mut self, depth: usize) {
        self.check_kind(depth);
        self.check_bounds_fit_the_type();
        self.check_bounds_fit_each_other();
        self.check_values();
        self.check_default();
        self.check_parts(depth);
    }

    fn error(&mut self, code: &str, key: &str, message: String, hint: &str) {
        let pointer =
            if key.is_empty() { self.pointer.to_owned() } else { child(self.pointer, key) };
        self.findings.push(Finding::error(code, pointer, message).hint(hint));
    }

    fn check_kind(&mut self, depth: usize) {
        let kind = self.field.kind;
        match kind {
            FieldType::Image | FieldType::File | FieldType::Messages => {}
            _ => return,
        }
        if self.side != Side::Request || depth > 1 {
            let kind = values::type_name(kind);
            let message = format!("only a request has {kind}, and as a field of its own");
            self.error("misplaced-type", "type", message, "choose another type here");
        }
    }

    fn check_bounds_fit_the_type(&mut self) {
        let field = self.field;
        let kind = field.kind;
        let (is_text, is_list) = (kind == FieldType::String, kind == FieldType::Array);
        let is_talk = kind == FieldType::Messages;
        let given = [
            ("min_length", field.min_length.is_some(), is_text),
            ("max_length", field.max_length.is_some(), is_text || is_talk),
            ("minimum", field.minimum.is_some(), is_numeric(kind)),
            ("maximum", field.maximum.is_some(), is_numeric(kind)),
            ("values", !field.values.is_empty(), kind == FieldType::Enum),
            ("items", field.items.is_some(), is_list),
            ("min_items", field.min_items.is_some(), is_list || is_talk),
            ("max_items", field.max_items.is_some(), is_list || is_talk),
            ("fields", !field.fields.is_empty(), kind == FieldType::Object),
            ("max_images", field.max_images.is_some(), is_talk),
            ("max_size", field.max_size.is_some(), field.has_media()),
            ("urls", field.urls, field.has_media()),
        ];
        for (key, _, _) in given.into_iter().filter(|(_, given, fits)| *given && !fits) {
            let message = format!("`{key}` says nothing about {}", values::type_name(kind));
            self.error("bound-not-for-type", key, message, bounds_of(kind));
        }
        let missing = match kind {
            FieldType::Enum if field.values.is_empty() => Some("values"),
            FieldType::Array if field.items.is_none() => Some("items"),
            FieldType::Object if field.fields.is_empty() => Some("fields"),
            _ => None,
        };
        if let Some(key) = missing {
            let message = format!("this field has no `{key}`");
            let hint = match key {
                "values" => "list the texts it may be: `values = [\"a\", \"b\"]`",
                "items" => "say what it holds: `items = { type = \"string\" }`",
                _ => "declare its fields: a table `fields.<name>` with a type each",
            };
            self.error("missing-key", "", message, hint);
        }
    }

    fn check_bounds_fit_each_other(&mut self) {
        let field = self.field;
        let pairs = [
            ("min_length", "max_length", whole(field.min_length), whole(field.max_length)),
            ("min_items", "max_items", whole(field.min_items), whole(field.max_items)),
            ("minimum", "maximum", field.minimum, field.maximum),
        ];
        for (low, high, least, most) in pairs {
            if let (Some(least), Some(most)) = (least, most)
                && least > most
            {
                let message = format!("`{low}` is {least}, more than `{high}`, which is {most}");
                self.error("bounds-crossed", low, message, "no value can fit both: change one");
            }
        }
        for (key, bound) in [("minimum", field.minimum), ("maximum", field.maximum)] {
            let Some(bound) = bound.filter(|_| field.kind == FieldType::Integer) else { continue };
            if bound.fract() != 0.0 || bound.abs() > LARGEST_WHOLE {
                let message = format!("`{key}` of a whole number is {bound:?}");
                self.error("wrong-value", key, message, "give a whole number within ±2^53");
            }
        }
    }

    fn check_values(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, value) in self.field.values.iter().enumerate() {
            let key = format!("values/{index}");
            if !seen.insert(value) {
                let pointer = format!("{}/{key}", self.pointer);
                let message = format!("the value `{value}` is listed twice");
                self.findings.push(
                    Finding::error("duplicate-value", pointer, message).hint("leave one out"),
                );
            }
        }
    }

    fn check_default(&mut self) {
        let Some(default) = &self.field.default else { return };
        let without = match (self.side, self.field.kind) {
            (Side::Response, _) => Some("a response field"),
            (Side::Tool, _) => Some("a tool's parameter"),
            (Side::Request, FieldType::Messages) => Some("a conversation"),
            (Side::Request, FieldType::Image | FieldType::File) => Some("an image or a file"),
            (Side::Request, _) => None,
        };
        if let Some(what) = without {
            let message = format!("{what} has no default");
            return self.error("wrong-value", "default", message, "leave `default` out");
        }
        let mut refusals = Vec::new();
        values::value(self.field, default, &child(self.pointer, "default"), &mut refusals);
        self.findings.extend(refusals.into_iter().map(|refusal| {
            Finding::error(
                "bad-default",
                refusal.pointer,
                format!("the default: {}", refusal.message),
            )
            .maybe_hint(refusal.hint)
        }));
    }

    fn check_parts(&mut self, depth: usize) {
        let field = self.field;
        if depth >= DEEPEST && (field.items.is_some() || !field.fields.is_empty()) {
            let message = format!("fields are nested more than {DEEPEST} deep");
            return self.error("too-deep", "", message, "flatten the structure");
        }
        if let Some(items) = &field.items {
            let pointer = child(self.pointer, "items");
            let only_on_fields = [
                ("default", items.default.is_some()),
                ("optional", items.optional),
                ("sensitive", items.sensitive),
            ];
            for (key, _) in only_on_fields.into_iter().filter(|(_, given)| *given) {
                let message = format!("`{key}` says nothing about an item of a list");
                self.findings.push(
                    Finding::error("bound-not-for-type", child(&pointer, key), message)
                        .hint("write it on the list itself, or leave it out"),
                );
            }
            Check { field: items, pointer: &pointer, side: self.side, findings: self.findings }
                .run(depth + 1);
        }
        let parts = child(self.pointer, "fields");
        for (name, part) in &field.fields {
            let pointer = child(&parts, name);
            if !is_field_name(name) {
                self.findings.push(
                    Finding::error(
                        "bad-name",
                        &pointer,
                        format!("`{name}` cannot be a field's name"),
                    )
                    .hint("a letter or `_`, then at most 63 letters, digits or `_`"),
                );
            }
            Check { field: part, pointer: &pointer, side: self.side, findings: self.findings }
                .run(depth + 1);
        }
    }
}

fn whole(bound: Option<u32>) -> Option<f64> {
    bound.map(f64::from)
}

fn is_numeric(kind: FieldType) -> bool {
    matches!(kind, FieldType::Integer | FieldType::Number)
}

fn bounds_of(kind: FieldType) -> &'static str {
    match kind {
        FieldType::String => "a text is bounded by `min_length` and `max_length`",
        FieldType::Integer | FieldType::Number => "a number is bounded by `minimum` and `maximum`",
        FieldType::Array => "a list is bounded by `min_items` and `max_items`",
        FieldType::Enum => "an enum has `values` and no other bounds",
        FieldType::Image | FieldType::File => "it is bounded by `max_size`",
        FieldType::Messages => {
            "a conversation is bounded by `min_items` and `max_items`, its messages by `max_length`, \
             and images in them by `max_images` and `max_size`"
        }
        _ => "this type has no bounds",
    }
}
