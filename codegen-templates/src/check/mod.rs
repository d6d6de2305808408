//! Everything about a definition that can be known before anything is built.

mod address;
mod ceiling;
mod credential;
mod fields;
mod free;
mod guards;
mod guess;
mod limits;
mod media;
mod model;
mod names;
mod operators;
mod prompt;
mod reference;
mod secrets;
mod shape;
mod size;
mod state;
mod template;
mod template_check;
mod tests;
mod tools;
mod values;
mod variables;

#[cfg(test)]
mod cases;

use promptpilot_spec::{
    Definition,
    definition::{AuthMode, ModelRef},
};

use crate::{
    facts::Facts,
    finding::Finding,
    plan::{Plan, PlannedModel},
};
pub(crate) use address::is_dated;
pub use template_check::{CheckedPrompt, Use, Variable, check_prompt};

/// The largest request body where the definition names none.
pub const DEFAULT_MAX_BODY: u64 = 1 << 20;

/// Checks a model that no endpoint is known of, and resolves it.
pub fn check_model(model: &ModelRef, facts: &Facts) -> (PlannedModel, Vec<Finding>) {
    let mut findings = Vec::new();
    let planned = model::check_alone(model, facts, &mut findings);
    (planned, findings)
}

/// Checks a definition against itself and against what is known of the world. There is a plan
/// exactly if no finding is an error. Findings have pointers; `Positions::locate` adds lines.
pub fn check(definition: &Definition, facts: &Facts) -> (Option<Plan>, Vec<Finding>) {
    let mut findings = Vec::new();
    let followed = reference::follow(definition, facts, &mut findings);
    let plan = check_whole(followed.definition(), facts, followed.is_open(), &mut findings);
    followed.tell(&mut findings);
    // Without its texts, there is nothing to be built.
    let sound = !followed.is_open() && !findings.iter().any(Finding::is_error);
    (plan.filter(|_| sound), findings)
}

/// The same for a definition that has its texts itself. Where they are not known, what depends on them
/// is left open.
fn check_whole(
    definition: &Definition,
    facts: &Facts,
    open: bool,
    findings: &mut Vec<Finding>,
) -> Option<Plan> {
    names::check(definition, facts, findings);
    let texts = prompt::texts(definition, findings);
    fields::check(definition, findings);
    tools::check(definition, findings);
    let templates = template::parse(&texts, findings);
    if !open {
        variables::check(&templates, &definition.request, findings);
    }
    let mut models = model::check(definition, facts, findings);
    let mut splits = model::splits(definition, facts, findings);
    let shares = splits.iter_mut().map(|split| &mut split.model);
    guards::bound_answers(definition, models.iter_mut().chain(shares));
    let all: Vec<_> = models.iter().chain(splits.iter().map(|split| &split.model)).collect();
    limits::check(definition, facts, &all, findings);
    media::check(definition, &all, findings);
    tests::check(definition, findings);
    secrets::check(definition, findings);
    guards::check(definition, findings);
    state::check(definition, facts, findings);
    let ceiling = ceiling::of(definition, &templates, &models, &splits);
    ceiling::check(definition, &ceiling, findings);

    if findings.iter().any(Finding::is_error) {
        return None;
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
        state: state::is_needed(definition, facts),
        key_variables,
        memory: deploy.memory,
        timeout: deploy.timeout,
        architecture: limits::architecture(definition, facts),
        concurrency: deploy.concurrency,
        profile: deploy.profile,
        tests: definition.tests.clone(),
        ceiling,
    };
    Some(plan)
}

fn max_body(definition: &Definition) -> u64 {
    definition.limits.max_body.map_or(DEFAULT_MAX_BODY, promptpilot_spec::units::Bytes::get)
}
