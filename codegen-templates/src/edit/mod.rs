//! Edits a definition's text by a JSON Patch (RFC 6902), so that comments, order and formatting stay.

mod list;
mod merge;
mod place;
mod step;
mod table;
mod write;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use toml_edit::DocumentMut;

use crate::{
    finding::Finding,
    parse::{self, positions_of},
};

/// One step of a JSON Patch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Operation {
    /// Puts a value at a place: in a list before the item that is there, or with `-` at its end.
    Add {
        /// Where, as a JSON pointer.
        path: String,
        /// What.
        value: Value,
    },
    /// Takes a value out.
    Remove {
        /// Which, as a JSON pointer.
        path: String,
    },
    /// Puts a value in another one's place. What both have in common stays as it is written; the
    /// path "" is the whole definition.
    Replace {
        /// Where, as a JSON pointer.
        path: String,
        /// What.
        value: Value,
    },
    /// Takes a value from one place to another. Within a table that renames its key, which keeps its
    /// place among the others; with the same key it goes to the table's end.
    Move {
        /// From where, as a JSON pointer.
        from: String,
        /// To where, as a JSON pointer.
        path: String,
    },
}

impl Operation {
    /// The place that is changed.
    pub fn path(&self) -> &str {
        match self {
            Self::Add { path, .. }
            | Self::Remove { path }
            | Self::Replace { path, .. }
            | Self::Move { path, .. } => path,
        }
    }
}

/// Why a step cannot be made.
#[derive(Debug)]
struct Refusal {
    pointer: String,
    message: String,
    hint: Option<String>,
}

impl Refusal {
    fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// The text with a patch applied: all of it, or the finding that says which step cannot be made. A
/// text that is no TOML is not edited at all.
pub fn edit(text: &str, file: &str, patch: &[Operation]) -> Result<String, Box<Finding>> {
    parse::readable(text, file)?;
    // Both readers are the same parser.
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        return Err(refused(text, file, &Refusal::new("", "the text is no TOML")));
    };
    for operation in patch {
        step::apply(&mut document, operation).map_err(|refusal| refused(text, file, &refusal))?;
    }
    let edited = document.to_string();
    match parse::readable(&edited, file) {
        Ok(()) => Ok(edited),
        Err(_) => {
            let pointer = patch.last().map(Operation::path).unwrap_or_default();
            let refusal = Refusal::new(pointer, "the value cannot be written as TOML")
                .hint("values inside one another may be some dozens deep");
            Err(refused(text, file, &refusal))
        }
    }
}

/// A definition in JSON as TOML, in its order, whether or not it is a sound one. Keys that are null
/// are left out, which means the same.
pub fn from_json(json: &Value, file: &str) -> Result<String, Box<Finding>> {
    edit("", file, &[Operation::Replace { path: String::new(), value: json.clone() }])
}

fn refused(text: &str, file: &str, refusal: &Refusal) -> Box<Finding> {
    let mut finding = Finding::error("patch-refused", &refusal.pointer, &refusal.message)
        .maybe_hint(refusal.hint.clone());
    positions_of(text, file).locate(std::slice::from_mut(&mut finding));
    Box::new(finding)
}
