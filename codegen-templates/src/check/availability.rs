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
    let limits = &definition.limits;
    if limits.rate.is_some() {
        refuse("/limits/rate", "a rate limit", "leave out `rate`");
    }
    if limits.per.is_some() {
        refuse("/limits/per", "a rate limit", "leave out `per`");
    }
    if limits.burst.is_some() {
        refuse("/limits/burst", "a rate limit", "leave out `burst`");
    }
    if limits.budget.is_some() {
        refuse("/limits/budget", "a budget", "leave out [limits.budget]");
    }
    if definition.cache.is_some() {
        refuse("/cache", "a cache", "leave out [cache]");
    }
}
