//! What is checked before it is a definition: a text and its patch, or JSON.

use std::collections::BTreeSet;

use promptpilot_codegen::{Examined, Facts, Finding, edit, from_json};

use super::{check::facts, model::Checkable};
use crate::{http::Problem, settings::Settings};

/// A definition as it is being written.
pub(super) struct Draft {
    /// As TOML, where it can be written so.
    pub(super) toml: Option<String>,
    pub(super) examined: Examined,
}

/// Checks definitions that are to live beside one another.
pub(super) fn check_all(
    definitions: Vec<Checkable>,
    settings: &Settings,
) -> Result<Vec<Draft>, Problem> {
    let mut taken = BTreeSet::new();
    let mut drafts = Vec::new();
    for (index, checkable) in definitions.into_iter().enumerate() {
        let draft = check(checkable, &facts(settings, taken.clone())).map_err(|detail| {
            Problem::bad_request("body-invalid", format!("`definitions[{index}]` {detail}"))
        })?;
        taken.extend(draft.examined.definition.as_ref().map(|definition| definition.name.clone()));
        drafts.push(draft);
    }
    Ok(drafts)
}

fn check(checkable: Checkable, facts: &Facts) -> Result<Draft, &'static str> {
    let Checkable { file, toml, json, patch } = checkable;
    match (toml, json) {
        (Some(toml), None) => Ok(match edit(&toml, &file, &patch) {
            Ok(edited) if !patch.is_empty() => text(edited, &file, facts, None),
            Ok(_) => text(toml, &file, facts, None),
            Err(refusal) => text(toml, &file, facts, Some(refusal)),
        }),
        (None, Some(json)) if patch.is_empty() => Ok(match from_json(&json, &file) {
            Ok(toml) => text(toml, &file, facts, None),
            Err(refusal) => {
                let mut examined = promptpilot_codegen::examine_json(&json, facts);
                examined.findings.insert(0, *refusal);
                Draft { toml: None, examined }
            }
        }),
        (None, Some(_)) => Err("has a `patch` beside `json`: patches are for `toml`"),
        (Some(_), Some(_)) => Err("has both `toml` and `json`: give one of them"),
        (None, None) => Err("has neither `toml` nor `json`"),
    }
}

fn text(toml: String, file: &str, facts: &Facts, refusal: Option<Box<Finding>>) -> Draft {
    let mut examined = promptpilot_codegen::examine(&toml, file, facts);
    // What is wrong with a text that is no TOML is told by its check.
    let refusal = refusal.filter(|refusal| !examined.findings.contains(&**refusal));
    examined.findings.splice(0..0, refusal.map(|refusal| *refusal));
    Draft { toml: Some(toml), examined }
}
