//! What the definition may already say and this version does not do. It is refused in clear words,
//! never ignored.

use promptpilot_spec::Definition;

use crate::finding::Finding;

pub(super) fn check(definition: &Definition, findings: &mut Vec<Finding>) {
    let mut refuse = |pointer: &str, what: &str, hint: &str| {
        let message = format!("{what} is not available in this version");
        findings.push(Finding::error("not-available", pointer, message).hint(hint));
    };
    if definition.prompt.reference.is_some() {
        refuse("/prompt/use", "a prompt by reference", "write it as `template` under [prompt]");
    }
}
