//! Checks endpoint definitions and turns them into the Rust sources of their functions.
//!
//! Pure: no I/O, no clock, no randomness. [`parse`] reads a definition, [`check`] judges it by
//! itself and by what is known of the world ([`Facts`]), [`sources`] writes the crate of a checked
//! [`Plan`]. [`examine`] does the first two in one go and finds most. [`edit`] changes a definition's text by a
//! JSON Patch.

mod check;
mod edit;
mod facts;
mod finding;
mod generate;
mod known;
mod parse;
mod plan;
mod prices;
mod schema;
mod snippet;
mod write;

use promptpilot_spec::Definition;
use serde_json::Value;

pub use crate::{
    check::{CheckedPrompt, DEFAULT_MAX_BODY, Use, Variable, check, check_model, check_prompt},
    edit::{Operation, edit, from_json},
    facts::{Facts, FoundPrompt, MissingPrompt, PromptFact, StateFact, Target},
    finding::{Finding, InPrompt, Location, Severity, Within, nearest},
    generate::{Sources, sources},
    known::{KnownModel, known_models},
    parse::{Parsed, Positions, Span, parse, parse_json},
    plan::{Bound, Ceiling, Plan, PlannedMessage, PlannedModel},
    schema::schema,
    snippet::{Language, Sample, sample},
    write::to_toml,
};

/// What a definition came to.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The definition, if its structure has no errors.
    pub definition: Option<Definition>,
    /// What would be built, if nothing at all has errors.
    pub plan: Option<Plan>,
    /// The text as JSON, whether or not it is a definition; nothing where it is no TOML.
    pub json: Option<Value>,
    /// Where its keys and values stand.
    pub positions: Positions,
    /// Everything that was found, errors first, each group in the file's order.
    pub findings: Vec<Finding>,
}

/// Reads and checks a definition in TOML. Even where the structure has errors, whatever can still
/// be understood is checked, so that all errors are told at once.
pub fn examine(text: &str, file: &str, facts: &Facts) -> Examined {
    conclude(parse(text, file), facts)
}

/// The same for a definition in JSON; its findings have pointers only.
pub fn examine_json(value: &Value, facts: &Facts) -> Examined {
    conclude(parse_json(value), facts)
}

fn conclude(parsed: Parsed, facts: &Facts) -> Examined {
    let Parsed { definition, partial, json, positions, mut findings } = parsed;
    let mut plan = None;
    match (&definition, partial) {
        (Some(definition), _) => {
            let (checked, more) = check(definition, facts);
            plan = checked;
            findings.extend(more);
        }
        (None, Some(partial)) => findings.extend(partial.findings(facts)),
        (None, None) => {}
    }
    positions.locate(&mut findings);
    Examined { definition, plan, json, positions, findings }
}
