//! How often callers may call, what calls may cost, and what is remembered.

use promptpilot_spec::{
    Definition,
    definition::{AuthMode, CacheScope, FieldType, OnStateFailure, Per, Whose},
    model,
    units::Money,
};

use crate::{
    finding::{Finding, child},
    plan::{PlannedBudget, PlannedCache, PlannedModel, PlannedRate},
};

/// The rate, with what the definition leaves open. A step is rounded up: never more than was said.
pub(super) fn rate(definition: &Definition) -> Option<PlannedRate> {
    let limits = &definition.limits;
    let rate = limits.rate?;
    let period_us = rate.per.as_secs() * 1_000_000;
    Some(PlannedRate {
        capacity: limits.burst.unwrap_or(rate.calls),
        step_us: period_us.div_ceil(u64::from(rate.calls.max(1))),
        per: match limits.per {
            Some(Per::User) => Whose::User,
            Some(Per::Address) => Whose::Address,
            Some(Per::Key) => Whose::Key,
            None if definition.auth.mode == AuthMode::Public => Whose::Address,
            None => Whose::Key,
        },
    })
}

/// The budgets that each call counts towards.
pub(super) fn budgets(definition: &Definition) -> Vec<PlannedBudget> {
    let Some(budget) = &definition.limits.budget else { return Vec::new() };
    let all = [
        (Whose::Endpoint, budget.endpoint),
        (Whose::Key, budget.per_key),
        (Whose::User, budget.per_user),
    ];
    let given = all.into_iter().filter_map(|(per, limit)| Some((per, limit?)));
    let share =
        |limit: Money| budget.soft.map(|soft| (limit.micro_usd as f64 * soft).ceil() as u64);
    given.map(|(per, limit)| PlannedBudget { per, limit, soft: share(limit) }).collect()
}

/// What an answer may cost has to be known before it is paid: beside a budget, models are told the
/// largest answer that they can give where the definition names none.
pub(super) fn bound_answers<'a>(
    definition: &Definition,
    models: impl Iterator<Item = &'a mut PlannedModel>,
) {
    for planned in models.filter(|_| definition.limits.budget.is_some()) {
        let most = || Some(model::find(planned.provider, &planned.name)?.output);
        planned.max_tokens = planned.max_tokens.or_else(most);
    }
}

/// Whether calls go on where nobody can say what is left of a budget.
pub(super) fn unbudgeted(definition: &Definition) -> bool {
    let budget = definition.limits.budget.as_ref();
    budget.is_some_and(|budget| budget.on_state_failure == OnStateFailure::Allow)
}

/// What is remembered.
pub(super) fn cache(definition: &Definition) -> Option<PlannedCache> {
    let cache = definition.cache.as_ref()?;
    let per = match cache.scope {
        CacheScope::Endpoint => Whose::Endpoint,
        CacheScope::Key => Whose::Key,
        CacheScope::User => Whose::User,
    };
    Some(PlannedCache { ttl: cache.ttl, stale: cache.stale, per })
}

pub(super) fn check(definition: &Definition, findings: &mut Vec<Finding>) {
    let limits = &definition.limits;
    let nothing = [
        ("/limits/rate", "`rate`", limits.rate.is_some_and(|rate| rate.calls == 0)),
        ("/limits/burst", "`burst`", limits.burst == Some(0)),
    ];
    for (pointer, name, _) in nothing.into_iter().filter(|(.., wrong)| *wrong) {
        let message = format!("{name} lets nobody call");
        findings.push(Finding::error("out-of-range", pointer, message).hint("give at least 1"));
    }
    let idle = [("/limits/burst", limits.burst.is_some()), ("/limits/per", limits.per.is_some())];
    for (pointer, _) in idle.into_iter().filter(|(_, given)| *given && limits.rate.is_none()) {
        findings.push(
            Finding::error("rate-missing", pointer, "without a rate this limits nothing")
                .hint("give `rate`, such as \"60/minute\", or leave this out"),
        );
    }
    check_budget(definition, findings);
    check_cache(definition, findings);
    check_keys(definition, findings);
}

fn check_cache(definition: &Definition, findings: &mut Vec<Finding>) {
    let Some(cache) = &definition.cache else { return };
    if cache.ttl.as_millis() == 0 {
        findings.push(
            Finding::error("out-of-range", "/cache/ttl", "an answer is good for no time at all")
                .hint("give a time such as \"1h\", or leave out [cache]"),
        );
    }
    if cache.stale.is_some_and(|stale| stale.as_millis() == 0) {
        findings.push(
            Finding::error(
                "out-of-range",
                "/cache/stale",
                "an old answer is used for no time at all",
            )
            .hint("give a time such as \"10m\", or leave out `stale`"),
        );
    }
}

fn check_budget(definition: &Definition, findings: &mut Vec<Finding>) {
    let Some(budget) = &definition.limits.budget else { return };
    if budgets(definition).is_empty() {
        findings.push(
            Finding::error("budget-empty", "/limits/budget", "this budget holds nobody back")
                .hint("give `endpoint`, `per_key` or `per_user`, such as \"20 USD/day\""),
        );
    }
    for (name, _) in definition.request.iter().filter(|(_, it)| it.kind == FieldType::File) {
        let message = "a file may have any number of pages, so no budget can hold";
        findings.push(
            Finding::error("unbounded-cost", child("/request", name), message)
                .hint("take `image` fields, or leave out [limits.budget]"),
        );
    }
    let limits =
        [("endpoint", budget.endpoint), ("per_key", budget.per_key), ("per_user", budget.per_user)];
    for (name, _) in limits.into_iter().filter(|(_, it)| it.is_some_and(|it| it.micro_usd == 0)) {
        let message = format!("`{name}` lets nobody call");
        let pointer = format!("/limits/budget/{name}");
        findings.push(
            Finding::error("out-of-range", pointer, message).hint("give an amount above 0 USD"),
        );
    }
}

/// Callers of a public endpoint have no keys that they could be told apart by.
fn check_keys(definition: &Definition, findings: &mut Vec<Finding>) {
    let budget = definition.limits.budget.as_ref();
    let places = [
        ("/limits/per", definition.limits.per == Some(Per::Key)),
        ("/limits/budget/per_key", budget.is_some_and(|budget| budget.per_key.is_some())),
        (
            "/cache/scope",
            definition.cache.as_ref().is_some_and(|cache| cache.scope == CacheScope::Key),
        ),
    ];
    let public = definition.auth.mode == AuthMode::Public;
    for (pointer, _) in places.into_iter().filter(|(_, wrong)| *wrong && public) {
        let message = "callers of a public endpoint have no keys";
        let hint =
            "choose another way to tell them apart, or write `mode = \"api-key\"` under [auth]";
        findings.push(Finding::error("no-keys", pointer, message).hint(hint));
    }
}
