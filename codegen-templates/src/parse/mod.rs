//! Text in, definition out: TOML or JSON, with everything that is wrong in its structure at once.

mod positions;
mod repair;
mod structure;
mod tree;

#[cfg(test)]
mod tests;

use promptpilot_spec::Definition;
use serde_json::Value;

pub use self::positions::{Positions, Span};
use crate::{
    check::check,
    facts::Facts,
    finding::{Finding, Location, line_and_column, nearest},
};

/// What a text gave.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The definition, if its structure has no errors.
    pub definition: Option<Definition>,
    /// What could be understood of a definition with structural errors, so that its other errors
    /// can be told as well.
    pub(crate) partial: Option<Partial>,
    /// The text as JSON, whether or not it is a definition; nothing where it is no TOML.
    pub json: Option<Value>,
    /// Where its keys and values stand.
    pub positions: Positions,
    /// What is wrong with its structure.
    pub findings: Vec<Finding>,
}

impl Parsed {
    /// The prompt that the definition refers to, as far as it could be read.
    pub fn reference(&self) -> Option<String> {
        let partial = || self.partial.as_ref().map(|partial| &partial.definition);
        self.definition.as_ref().or_else(partial)?.prompt.reference.clone()
    }
}

/// A definition with the faulty parts left out, and which parts those are.
#[derive(Debug, Clone)]
pub(crate) struct Partial {
    pub(crate) definition: Definition,
    pub(crate) damaged: Vec<String>,
}

impl Partial {
    /// What a check finds in the parts that are as they were written.
    pub(crate) fn findings(&self, facts: &Facts) -> Vec<Finding> {
        let (_, mut findings) = check(&self.definition, facts);
        let request = self.damaged.iter().any(|pointer| is_under(pointer, "/request"));
        let whole = self.damaged.iter().any(|pointer| may_hold_fields(pointer));
        findings.retain(|finding| {
            // A field whose type was left out may be of any type, and one that was left out
            // altogether may be the one that a template uses.
            let doubtful = (request && finding.code == "template-type")
                || (whole && finding.code == "undeclared-variable")
                || finding.code == "unbounded-cost";
            !doubtful
                && !self.damaged.iter().any(|damaged| {
                    is_under(&finding.pointer, damaged) || is_under(damaged, &finding.pointer)
                })
        });
        findings
    }
}

/// Whether leaving this out may have left out request fields: one of them, or a whole table whose
/// name may be a misspelt `request`.
fn may_hold_fields(pointer: &str) -> bool {
    let top = pointer.matches('/').count() == 1;
    match pointer.strip_prefix("/request") {
        Some(rest) => rest.matches('/').count() <= 1,
        None => top && nearest(&pointer[1..], ["request"]).is_some(),
    }
}

/// Reads a definition from TOML. `file` is its name in findings.
pub fn parse(text: &str, file: &str) -> Parsed {
    let mut positions =
        Positions { file: file.to_owned(), text: text.to_owned(), ..Positions::default() };
    match tree::read(text) {
        Err(error) => {
            let findings = vec![no_toml(text, file, &error)];
            Parsed { definition: None, partial: None, json: None, positions, findings }
        }
        Ok(tree) => {
            positions.places = tree.places;
            let damaged = tree.findings.iter().map(|finding| finding.pointer.clone()).collect();
            let mut parsed = understand(tree.value, damaged, positions);
            parsed.findings.retain(|finding| !under_any(&finding.pointer, &tree.findings));
            parsed.findings.extend(tree.findings);
            parsed.positions.locate(&mut parsed.findings);
            parsed
        }
    }
}

/// Whether a text is TOML at all; else what keeps it from being read.
pub(crate) fn readable(text: &str, file: &str) -> Result<(), Box<Finding>> {
    tree::read(text).map(|_| ()).map_err(|error| Box::new(no_toml(text, file, &error)))
}

/// Where the keys and values of a text stand, as far as it can be read.
pub(crate) fn positions_of(text: &str, file: &str) -> Positions {
    let places = tree::read(text).map(|tree| tree.places).unwrap_or_default();
    Positions { file: file.to_owned(), text: text.to_owned(), places }
}

fn no_toml(text: &str, file: &str, error: &tree::SyntaxError) -> Finding {
    let (line, column) = line_and_column(text, error.offset);
    let message = format!("could not read TOML: {}", error.message);
    let mut finding = Finding::error("toml-syntax", "", message);
    finding.location = Some(Location { file: file.to_owned(), line, column });
    finding
}

/// Reads a definition from JSON, as the API takes it. Findings have pointers only.
pub fn parse_json(value: &Value) -> Parsed {
    understand(value.clone(), Vec::new(), Positions::default())
}

fn understand(value: Value, unreadable: Vec<String>, positions: Positions) -> Parsed {
    let faults = structure::faults(&value);
    if faults.is_empty() && unreadable.is_empty() {
        return match serde_path_to_error::deserialize::<_, Definition>(&value) {
            Ok(definition) => Parsed {
                definition: Some(definition),
                partial: None,
                json: Some(value),
                positions,
                findings: Vec::new(),
            },
            Err(error) => {
                let mut findings = vec![beyond_the_schema(&error)];
                positions.locate(&mut findings);
                Parsed { definition: None, partial: None, json: Some(value), positions, findings }
            }
        };
    }
    let mut findings = faults.iter().map(|fault| fault.finding.clone()).collect::<Vec<_>>();
    positions.locate(&mut findings);
    let json = Some(value.clone());
    let partial = repair::partial(value, faults, unreadable);
    Parsed { definition: None, partial, json, positions, findings }
}

/// What the schema lets pass and the types do not, such as a duration of a billion years.
fn beyond_the_schema(error: &serde_path_to_error::Error<serde_json::Error>) -> Finding {
    let path = error.path().to_string();
    let pointer = match path.as_str() {
        "." => String::new(),
        path => format!("/{}", path.replace("].", "/").replace(['.', '['], "/").replace(']', "")),
    };
    Finding::error("wrong-value", pointer, error.inner().to_string())
}

fn under_any(pointer: &str, findings: &[Finding]) -> bool {
    findings.iter().any(|finding| is_under(pointer, &finding.pointer))
}

/// Whether a pointer is another or lies below it.
pub(crate) fn is_under(pointer: &str, parent: &str) -> bool {
    pointer.strip_prefix(parent).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
