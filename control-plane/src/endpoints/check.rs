//! What a definition comes to on this server.

use std::collections::BTreeSet;

use promptpilot_codegen::{Examined, Facts, Finding, Plan, StateFact, Target};
use promptpilot_spec::{Definition, definition::Architecture};

use crate::{
    credentials::Credentials,
    deploy::model::Source,
    http::{Problem, Tenant},
    prompts::resolve::{Resolved, resolve},
    settings::Settings,
};

/// Definition and plan of a definition without errors, with its warnings; else what is wrong.
pub(crate) fn sound(examined: Examined) -> Result<(Definition, Plan, Vec<Finding>), Vec<Finding>> {
    match (examined.definition, examined.plan) {
        (Some(definition), Some(plan)) if !examined.findings.iter().any(Finding::is_error) => {
            Ok((definition, plan, examined.findings))
        }
        _ => Err(examined.findings),
    }
}

/// Checks one definition.
pub(crate) fn examine(source: &Source, facts: &Facts) -> Examined {
    promptpilot_codegen::examine(&source.toml, &source.file, facts)
}

/// Where the references of definitions lead. Where there are none, nobody is asked.
pub(crate) async fn references(
    tenant: &impl Tenant,
    references: impl Iterator<Item = Option<String>>,
) -> Result<Resolved, Problem> {
    let references: BTreeSet<String> = references.flatten().collect();
    if references.is_empty() {
        return Ok(Resolved::default());
    }
    let mut db = tenant.read().await?;
    Ok(resolve(&mut db, references).await?)
}

/// What is known here of the world: where references to prompts lead, whether functions have a budget of
/// the organization's to ask for and, where they are given, an environment's credentials.
pub(crate) fn facts(
    settings: &Settings,
    credentials: Option<&Credentials>,
    prompts: &Resolved,
    budgeted: bool,
) -> Facts {
    let target = match settings.lambda.endpoint_url {
        Some(_) => Target::Local(host_architecture()),
        None => Target::Aws,
    };
    Facts {
        credentials: credentials.map(Credentials::names),
        taken_names: Some(BTreeSet::new()),
        target: Some(target),
        state: Some(match settings.state {
            Some(_) if budgeted => StateFact::Budgeted,
            Some(_) => StateFact::There,
            None => StateFact::Absent,
        }),
        prompts: Some(prompts.facts()),
    }
}

/// This machine's instruction set.
pub(crate) const fn host_architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 }
}
