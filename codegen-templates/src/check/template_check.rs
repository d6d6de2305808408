//! A prompt by itself, without an endpoint around it: is it well formed, and which variables does it
//! have?

use std::collections::BTreeMap;

use promptpilot_spec::definition::{Field, Prompt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{free::Spot, names, prompt, template, variables};
use crate::finding::{Finding, Lines, Within};

/// What a prompt's texts came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckedPrompt {
    /// Its variables, in the order they come in.
    pub variables: Vec<Variable>,
    /// Everything that was found, errors first.
    pub findings: Vec<Finding>,
}

/// A variable of a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The request field that would give it, as far as its places tell.
    pub field: Field,
    /// Where it stands.
    pub uses: Vec<Use>,
}

/// A place of a variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Use {
    /// JSON pointer of the text, as under `prompt`.
    pub pointer: String,
    /// Where it begins.
    pub start: Within,
    /// Where it ends: the place behind it.
    pub end: Within,
}

/// Checks a prompt's texts and finds their variables. Values that somebody has tried tell of types where
/// the texts do not. Pointers begin with `/prompt`.
pub fn check_prompt(text: &Prompt, samples: &Map<String, Value>) -> CheckedPrompt {
    let mut findings = Vec::new();
    let texts = prompt::texts_alone(text, &mut findings);
    let templates = template::parse(&texts, &mut findings);
    let free = variables::find(&templates, &mut findings);
    let lines: BTreeMap<&str, Lines<'_>> =
        templates.iter().map(|it| (it.pointer, Lines::of(it.source))).collect();
    let mut found = Vec::new();
    for (name, field, spots) in free.variables(samples) {
        if let Some(spot) = spots.first().filter(|_| !names::is_field_name(name)) {
            findings.push(
                Finding::error(
                    "bad-variable",
                    spot.pointer,
                    format!("`{name}` is too long a name"),
                )
                .hint("a letter or `_`, then at most 63 letters, digits or `_`")
                .within(spot.source, spot.start),
            );
        }
        let uses = spots.iter().filter_map(|spot| Some(place(spot, lines.get(spot.pointer)?)));
        let uses = uses.collect();
        found.push(Variable { name: name.to_owned(), field, uses });
    }
    findings.sort_by(|a, b| {
        let place = |finding: &Finding| finding.within.map(|within| within.offset);
        (a.severity, &a.pointer, place(a)).cmp(&(b.severity, &b.pointer, place(b)))
    });
    CheckedPrompt { variables: found, findings }
}

fn place(spot: &Spot<'_>, lines: &Lines<'_>) -> Use {
    let at = |offset| {
        let (line, column) = lines.at(offset);
        Within { line, column, offset }
    };
    Use { pointer: spot.pointer.to_owned(), start: at(spot.start), end: at(spot.end) }
}
