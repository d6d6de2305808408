//! What is checked before it is a definition: a text and its patch, or JSON.

use promptpilot_codegen::{Examined, Facts, Finding, edit, from_json};
use serde_json::Value;

use super::model::Checkable;
use crate::http::Problem;

/// A definition as it is being written.
pub(crate) struct Draft {
    file: String,
    text: Text,
    /// Why it is not as it was meant to be.
    refusal: Option<Box<Finding>>,
}

enum Text {
    Toml(String),
    /// What cannot be written as TOML.
    Json(Value),
}

/// Drafts, with their patches done.
pub(crate) fn all(definitions: Vec<Checkable>) -> Result<Vec<Draft>, Problem> {
    let drafts = definitions.into_iter().enumerate().map(|(index, checkable)| {
        Draft::of(checkable).map_err(|detail| {
            Problem::bad_request("body-invalid", format!("`definitions[{index}]` {detail}"))
        })
    });
    drafts.collect()
}

/// Checks drafts that are to live beside one another; each with its text as TOML, where it can be
/// written so.
pub(crate) fn examine_all(drafts: Vec<Draft>, mut facts: Facts) -> Vec<(Option<String>, Examined)> {
    let checked = drafts.into_iter().map(|draft| {
        let (toml, examined) = draft.examine(&facts);
        let name = examined.definition.as_ref().map(|definition| definition.name.clone());
        facts.taken_names.get_or_insert_default().extend(name);
        (toml, examined)
    });
    checked.collect()
}

impl Draft {
    fn of(checkable: Checkable) -> Result<Self, &'static str> {
        let Checkable { file, toml, json, patch } = checkable;
        let (text, refusal) = match (toml, json) {
            (Some(toml), None) if patch.is_empty() => (Text::Toml(toml), None),
            (Some(toml), None) => match edit(&toml, &file, &patch) {
                Ok(edited) => (Text::Toml(edited), None),
                Err(refusal) => (Text::Toml(toml), Some(refusal)),
            },
            (None, Some(json)) if patch.is_empty() => match from_json(&json, &file) {
                Ok(toml) => (Text::Toml(toml), None),
                Err(refusal) => (Text::Json(json), Some(refusal)),
            },
            (None, Some(_)) => return Err("has a `patch` beside `json`: patches are for `toml`"),
            (Some(_), Some(_)) => return Err("has both `toml` and `json`: give one of them"),
            (None, None) => return Err("has neither `toml` nor `json`"),
        };
        Ok(Self { file, text, refusal })
    }

    /// The prompt that it refers to.
    pub(crate) fn reference(&self) -> Option<String> {
        match &self.text {
            Text::Toml(toml) => promptpilot_codegen::parse(toml, &self.file).reference(),
            Text::Json(json) => promptpilot_codegen::parse_json(json).reference(),
        }
    }

    fn examine(self, facts: &Facts) -> (Option<String>, Examined) {
        let (toml, mut examined) = match self.text {
            Text::Toml(toml) => {
                let examined = promptpilot_codegen::examine(&toml, &self.file, facts);
                (Some(toml), examined)
            }
            Text::Json(json) => (None, promptpilot_codegen::examine_json(&json, facts)),
        };
        // What is wrong with a text that is no TOML is told by its check.
        let refusal = self.refusal.filter(|refusal| !examined.findings.contains(&**refusal));
        examined.findings.splice(0..0, refusal.map(|refusal| *refusal));
        (toml, examined)
    }
}
