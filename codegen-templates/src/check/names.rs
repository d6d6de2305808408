//! The endpoint's own name.

use promptpilot_spec::Definition;

use crate::{facts::Facts, finding::Finding};

/// Names that stand for something else where an endpoint is named in the API.
const RESERVED: [&str; 6] = ["all", "check", "health", "new", "plan", "try"];

pub(super) fn check(definition: &Definition, facts: &Facts, findings: &mut Vec<Finding>) {
    let name = &definition.name;
    if !is_endpoint_name(name) {
        findings.push(
            Finding::error("bad-name", "/name", format!("`{name}` cannot be an endpoint's name"))
                .hint("a lower-case letter, then at most 47 lower-case letters, digits or hyphens"),
        );
    } else if RESERVED.contains(&name.as_str()) {
        findings.push(
            Finding::error("reserved-name", "/name", format!("the name `{name}` is reserved"))
                .hint("choose another name, such as `my-".to_owned() + name + "`"),
        );
    }
    match &facts.taken_names {
        Some(taken) if taken.contains(name) => findings.push(
            Finding::error("name-taken", "/name", format!("another definition is named `{name}`"))
                .hint("names are unique in an organization: rename one of them"),
        ),
        Some(_) => {}
        None => findings.push(Finding::unchecked(
            "name-unchecked",
            "/name",
            "whether the name is taken was not checked without a server",
        )),
    }
}

fn is_endpoint_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= 48
        && bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether templates and JSON can name a field so.
pub(super) fn is_field_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= 64
        && bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a word means something of its own in a template.
pub(super) fn is_template_word(name: &str) -> bool {
    TEMPLATE_WORDS.contains(&name)
}

const TEMPLATE_WORDS: [&str; 14] = [
    "and", "caller", "else", "false", "if", "in", "is", "loop", "none", "not", "or", "self",
    "super", "true",
];
