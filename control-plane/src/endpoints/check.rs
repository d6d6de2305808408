//! What a definition comes to on this server.

use std::collections::{BTreeMap, BTreeSet};

use promptpilot_codegen::{Examined, Facts, Finding, Plan, StateFact, Target};
use promptpilot_spec::{
    Definition,
    definition::{Architecture, ProviderKind, key_variable},
};

use crate::{deploy::model::Source, secret::Secret, settings::Settings};

/// Definition and plan of a definition without errors, with its warnings; else what is wrong.
pub(crate) fn sound(examined: Examined) -> Result<(Definition, Plan, Vec<Finding>), Vec<Finding>> {
    match (examined.definition, examined.plan) {
        (Some(definition), Some(plan)) if !examined.findings.iter().any(Finding::is_error) => {
            Ok((definition, plan, examined.findings))
        }
        _ => Err(examined.findings),
    }
}

/// Checks one definition; `taken` are names that others of the same request hold.
pub(crate) fn examine(source: &Source, settings: &Settings, taken: BTreeSet<String>) -> Examined {
    promptpilot_codegen::examine(&source.toml, &source.file, &facts(settings, taken))
}

/// Checks definitions that are to live beside one another.
pub(crate) fn examine_all(sources: &[Source], settings: &Settings) -> Vec<Examined> {
    let mut taken = BTreeSet::new();
    sources
        .iter()
        .map(|source| {
            let examined = examine(source, settings, taken.clone());
            taken.extend(examined.definition.as_ref().map(|definition| definition.name.clone()));
            examined
        })
        .collect()
}

/// What is known of the world around a definition; `taken` as above.
pub(super) fn facts(settings: &Settings, taken: BTreeSet<String>) -> Facts {
    let target = match settings.lambda.endpoint_url {
        Some(_) => Target::Local(host_architecture()),
        None => Target::Aws,
    };
    Facts {
        credentials: Some(credentials(&settings.keys)),
        taken_names: Some(taken),
        target: Some(target),
        state: Some(match settings.state {
            Some(_) => StateFact::There,
            None => StateFact::Absent,
        }),
    }
}

/// This machine's instruction set.
pub(crate) const fn host_architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 }
}

/// Credentials by the names that definitions use. A variable's name has lost whether a credential
/// is written with `-` or `_`, so both are known.
fn credentials(keys: &BTreeMap<String, Secret>) -> BTreeSet<(ProviderKind, String)> {
    let mut known = BTreeSet::new();
    for provider in ProviderKind::ALL {
        let variable = key_variable(provider, None);
        for key in keys.keys() {
            let Some(rest) = key.strip_prefix(&variable) else { continue };
            if rest.is_empty() {
                known.insert((provider, "default".to_owned()));
            } else if let Some(name) = rest.strip_prefix('_') {
                let name = name.to_ascii_lowercase();
                known.insert((provider, name.replace('_', "-")));
                known.insert((provider, name));
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_by_the_names_that_definitions_use() {
        let keys = ["PROMPTPILOT_KEY_OPENAI", "PROMPTPILOT_KEY_ANTHROPIC_TEAM_B"]
            .map(|name| (name.to_owned(), Secret::from("k")));
        let known = credentials(&keys.into());
        for (provider, name) in [
            (ProviderKind::OpenAi, "default"),
            (ProviderKind::Anthropic, "team-b"),
            (ProviderKind::Anthropic, "team_b"),
        ] {
            assert!(known.contains(&(provider, name.to_owned())), "{provider:?} {name}");
        }
        assert!(!known.contains(&(ProviderKind::Anthropic, "default".to_owned())));
    }
}
