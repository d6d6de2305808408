//! What an endpoint keeps outside of its processes, and where.

use promptpilot_spec::{Definition, definition::AuthMode};

use crate::{
    facts::{Facts, StateFact},
    finding::Finding,
};

/// Whether the function keeps anything in a store.
pub(super) fn is_needed(definition: &Definition) -> bool {
    wanted_by(definition).is_some()
}

/// The first part of the definition that needs a store, and what to write instead.
fn wanted_by(definition: &Definition) -> Option<(&'static str, &'static str)> {
    let limits = &definition.limits;
    let keyed = definition.auth.mode == AuthMode::ApiKey;
    let parts = [
        ("/auth/mode", "write `mode = \"public\"` under [auth]", keyed),
        ("/limits/rate", "leave out `rate`", limits.rate.is_some()),
        ("/limits/budget", "leave out [limits.budget]", limits.budget.is_some()),
        ("/cache", "leave out [cache]", definition.cache.is_some()),
    ];
    parts.into_iter().find(|(.., wanted)| *wanted).map(|(place, instead, _)| (place, instead))
}

pub(super) fn check(definition: &Definition, facts: &Facts, findings: &mut Vec<Finding>) {
    let Some((pointer, instead)) = wanted_by(definition) else { return };
    if facts.state == Some(StateFact::Absent) {
        let message = "this server has no state store, which this needs";
        let hint = format!("start its parts with `--state URL`, or {instead}");
        findings.push(Finding::error("no-state-store", pointer, message).hint(hint));
    }
}
