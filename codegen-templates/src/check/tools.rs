//! Tools that the model may ask for: names, and parameters as fields.

use std::collections::BTreeSet;

use promptpilot_spec::{Definition, definition::Tool};

use super::fields::{Side, check_all};
use crate::finding::{Finding, child};

/// More than these no provider takes.
const MOST: usize = 128;

/// The member of an answer that holds the tools which are asked for.
const TOOL_CALLS: &str = "tool_calls";

pub(super) fn check(definition: &Definition, findings: &mut Vec<Finding>) {
    let tools = &definition.tools;
    let mut names = BTreeSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let pointer = child("/tools", index);
        check_tool(tool, &pointer, findings);
        if !names.insert(tool.name.as_str()) {
            let message = format!("two tools are named `{}`", tool.name);
            findings.push(
                Finding::error("duplicate-value", child(&pointer, "name"), message)
                    .hint("rename one of them"),
            );
        }
    }
    if tools.len() > MOST {
        let message = format!("there are {} tools", tools.len());
        findings.push(
            Finding::error("out-of-range", "/tools", message)
                .hint(format!("providers take at most {MOST}")),
        );
    }
    if !tools.is_empty() && definition.response.fields.contains_key(TOOL_CALLS) {
        let pointer = child("/response/fields", TOOL_CALLS);
        let message = format!("an answer has `{TOOL_CALLS}` already where tools are declared");
        findings.push(Finding::error("bad-name", pointer, message).hint("choose another name"));
    }
}

fn check_tool(tool: &Tool, pointer: &str, findings: &mut Vec<Finding>) {
    if !is_tool_name(&tool.name) {
        let message = format!("`{}` cannot be a tool's name", tool.name);
        findings.push(
            Finding::error("bad-name", child(pointer, "name"), message)
                .hint("1 to 64 letters, digits, `_` or `-`"),
        );
    }
    if tool.description.trim().is_empty() {
        findings.push(
            Finding::error(
                "missing-key",
                child(pointer, "description"),
                "the tool's description is empty",
            )
            .hint("say what it does and when to use it: the model decides by it"),
        );
    }
    check_all(&tool.parameters, &child(pointer, "parameters"), Side::Tool, findings);
}

fn is_tool_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
