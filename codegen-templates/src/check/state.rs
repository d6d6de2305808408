//! What an endpoint keeps outside of its processes, and where.

use promptpilot_spec::{Definition, definition::AuthMode};

use crate::{
    facts::{Facts, StateFact},
    finding::Finding,
};

/// Whether the function asks a store for anything.
pub(super) fn is_needed(definition: &Definition, facts: &Facts) -> bool {
    facts.state == Some(StateFact::Budgeted) || wanted_by(definition).is_some()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_keeps_nothing_asks_a_store_for_its_organizations_budget_alone() {
        let text = "name = \"a\"\n[prompt]\ntemplate = \"Hi\"\n[model]\nprovider = \"sandbox\"\n\
                    name = \"echo\"\n[auth]\nmode = \"public\"\n";
        let asks = |state| {
            let facts = Facts { state: Some(state), ..Facts::default() };
            crate::examine(text, "a.toml", &facts).plan.map(|plan| plan.state)
        };
        assert_eq!(asks(StateFact::Absent), Some(false));
        assert_eq!(asks(StateFact::There), Some(false));
        assert_eq!(asks(StateFact::Budgeted), Some(true));
    }
}
