//! What an endpoint keeps outside of its processes, and where.

use promptpilot_spec::{Definition, definition::AuthMode};

use crate::{
    facts::{Facts, StateFact},
    finding::Finding,
    plan::StateKind,
};

/// The store that the function is linked with.
pub(super) fn kind(definition: &Definition) -> Option<StateKind> {
    wanted_by(definition).map(|_| StateKind::Http)
}

/// The first part of the definition that needs a store.
fn wanted_by(definition: &Definition) -> Option<&'static str> {
    (definition.auth.mode == AuthMode::ApiKey).then_some("/auth/mode")
}

pub(super) fn check(definition: &Definition, facts: &Facts, findings: &mut Vec<Finding>) {
    let Some(pointer) = wanted_by(definition) else { return };
    if facts.state == Some(StateFact::Absent) {
        let message = "this server has no state store, where keys are looked up";
        let hint = "start its parts with `--state URL`, or write `mode = \"public\"` under [auth]";
        findings.push(Finding::error("no-state-store", pointer, message).hint(hint));
    }
}
