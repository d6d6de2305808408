//! Everything about a definition that can be known before anything is built.

mod address;
mod availability;
mod ceiling;
mod credential;
mod fields;
mod guards;
mod limits;
mod media;
mod model;
mod names;
mod operators;
mod prompt;
mod secrets;
mod shape;
mod size;
mod state;
mod template;
mod tests;
mod tools;
mod values;
mod variables;

#[cfg(test)]
mod cases;

use promptpilot_spec::{Definition, definition::AuthMode};

use crate::{facts::Facts, finding::Finding, plan::Plan};
pub(crate) use address::is_dated;

/// The largest request body where the definition names none.
const DEFAULT_MAX_BODY: u64 = 1 << 20;

/// Checks a definition against itself and against what is known of the world. There is a plan
/// exactly if no finding is an error. Findings have pointers; `Positions::locate` adds lines.
pub fn check(definition: &Definition, facts: &Facts) -> (Option<Plan>, Vec<Finding>) {
    let mut findings = Vec::new();
    names::check(definition, facts, &mut findings);
    availability::check(definition, &mut findings);
    let texts = prompt::texts(definition, &mut findings);
    fields::check(definition, &mut findings);
    tools::check(definition, &mut findings);
    let templates = template::parse(&texts, &mut findings);
    variables::check(&templates, &definition.request, &mut findings);
    let mut models = model::check(definition, facts, &mut findings);
    let mut splits = model::splits(definition, facts, &mut findings);
    let shares = splits.iter_mut().map(|split| &mut split.model);
    guards::bound_answers(definition, models.iter_mut().chain(shares));
    let all: Vec<_> = models.iter().chain(splits.iter().map(|split| &split.model)).collect();
    limits::check(definition, facts, &all, &mut findings);
    media::check(definition, &all, &mut findings);
    tests::check(definition, &mut findings);
    secrets::check(definition, &mut findings);
    guards::check(definition, &mut findings);
    state::check(definition, facts, &mut findings);
    let ceiling = ceiling::of(definition, &templates, &models, &splits);
    ceiling::check(definition, &ceiling, &mut findings);

    if findings.iter().any(Finding::is_error) {
        return (None, findings);
    }
    let messages = texts.iter().map(prompt::Text::planned).collect();
    let mut key_variables: Vec<_> =
        all.iter().filter_map(|model| model.key_variable.clone()).collect();
    key_variables.sort();
    key_variables.dedup();
    let deploy = &definition.deploy;
    let plan = Plan {
        name: definition.name.clone(),
        description: definition.description.clone(),
        log: definition.log,
        messages,
        request: definition.request.clone(),
        tools: definition.tools.clone(),
        response: definition.response.clone(),
        models,
        splits,
        call_timeout: definition.model.timeout,
        retries: definition.model.retries,
        hedge: definition.model.hedge,
        max_body: max_body(definition),
        origins: definition.cors.as_ref().map(|cors| cors.origins.clone()).unwrap_or_default(),
        public: definition.auth.mode == AuthMode::Public,
        rate: guards::rate(definition),
        budgets: guards::budgets(definition),
        unbudgeted: guards::unbudgeted(definition),
        cache: guards::cache(definition),
        state: state::is_needed(definition),
        key_variables,
        memory: deploy.memory,
        timeout: deploy.timeout,
        architecture: limits::architecture(definition, facts),
        concurrency: deploy.concurrency,
        profile: deploy.profile,
        tests: definition.tests.clone(),
        ceiling,
    };
    (Some(plan), findings)
}

fn max_body(definition: &Definition) -> u64 {
    definition.limits.max_body.map_or(DEFAULT_MAX_BODY, promptpilot_spec::units::Bytes::get)
}
