//! Keys pasted into text. A definition is committed, sent and stored in the clear.

use promptpilot_spec::Definition;
use serde_json::Value;

use crate::finding::{Finding, child};

/// How well-known secrets begin, and how many characters follow at least.
const SHAPES: [(&str, usize); 14] = [
    ("sk-", 20),
    ("pp_live_", 8),
    ("AKIA", 16),
    ("AIza", 30),
    ("ghp_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("hf_", 30),
    ("gsk_", 30),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("SG.", 40),
    ("npm_", 30),
    ("PRIVATE KEY-----", 0),
];

pub(super) fn check(definition: &Definition, findings: &mut Vec<Finding>) {
    if let Ok(value) = serde_json::to_value(definition) {
        search(&value, "", findings);
    }
}

fn search(value: &Value, pointer: &str, findings: &mut Vec<Finding>) {
    match value {
        Value::String(text) => {
            if let Some(offset) = secret_in(text) {
                findings.push(
                    Finding::warning("secret-in-text", pointer, "this text seems to hold a secret")
                        .hint("definitions are stored in the clear: keep keys as credentials")
                        .within(text, offset),
                );
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                search(item, &child(pointer, index), findings);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                search(value, &child(pointer, key), findings);
            }
        }
        _ => {}
    }
}

fn secret_in(text: &str) -> Option<usize> {
    SHAPES.iter().find_map(|(start, least)| {
        text.match_indices(start).map(|(offset, _)| offset).find(|offset| {
            let before = text[..*offset].chars().next_back();
            let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let follows = text[offset + start.len()..].chars().take_while(|c| word(*c)).count();
            follows >= *least && !before.is_some_and(|c| c.is_ascii_alphanumeric())
        })
    })
}
