//! What the definition may already say and this version does not do. It is refused in clear words,
//! never ignored.

use promptpilot_spec::Definition;

use crate::finding::Finding;

pub(super) fn check(definition: &Definition, findings: &mut Vec<Finding>) {
    let mut refuse = |pointer: &str, what: &str, hint: &str| {
        let message = format!("{what} is not available in this version");
        findings.push(Finding::error("not-available", pointer, message).hint(hint));
    };
    if definition.limits.budget.as_ref().is_some_and(|budget| budget.soft.is_some()) {
        refuse("/limits/budget/soft", "a word before a budget is spent", "leave out `soft`");
    }
    if definition.cache.as_ref().is_some_and(|cache| cache.stale.is_some()) {
        refuse("/cache/stale", "an answer that is too old", "leave out `stale`");
    }
}
