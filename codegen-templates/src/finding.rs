//! What a check has to say, in a form that terminals, editors and the API share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing found in a definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable name of the kind of finding, such as `undeclared-variable`.
    pub code: String,
    /// JSON pointer of the place in the definition.
    pub pointer: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What would be right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where inside the text at the pointer, for templates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
    /// Where in the prompt that the definition refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<InPrompt>,
    /// Where in the file, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// A place in a version of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InPrompt {
    /// The prompt's name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// JSON pointer of the text in it.
    pub pointer: String,
    /// Where inside that text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// How much a finding matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is built.
    Error,
    /// Deployed all the same, but probably not meant so.
    Warning,
    /// Could not be checked here, since only a server knows.
    Unchecked,
}

/// A place inside a text of the definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Within {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// In bytes, counted from 0.
    pub offset: usize,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// The file, as it was named to us.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
}

impl Finding {
    /// Something that keeps the endpoint from being built.
    pub fn error(code: &str, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, pointer.into(), message.into())
    }

    /// Something that is probably not meant so.
    pub fn warning(code: &str, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, pointer.into(), message.into())
    }

    /// Something that only a server can tell.
    pub fn unchecked(code: &str, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Severity::Unchecked, code, pointer.into(), message.into())
    }

    fn new(severity: Severity, code: &str, pointer: String, message: String) -> Self {
        Self {
            severity,
            code: code.to_owned(),
            pointer,
            message,
            hint: None,
            within: None,
            prompt: None,
            location: None,
        }
    }

    /// Adds what would be right.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Adds a hint if there is one.
    #[must_use]
    pub(crate) fn maybe_hint(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    /// Points into the text at the pointer.
    #[must_use]
    pub(crate) fn within(self, text: &str, offset: usize) -> Self {
        let (line, column) = line_and_column(text, offset);
        Self { within: Some(Within { line, column, offset }), ..self }
    }

    /// Whether nothing is built because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Line and column of a byte offset, both counted from 1, the column in characters.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Where a text's lines begin: many offsets of one text are looked up quickly.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let after = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Self { text, starts: std::iter::once(0).chain(after).collect() }
    }

    /// Line and column of an offset, as `line_and_column` counts them.
    pub(crate) fn at(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        (line, self.text[start..offset].chars().count() + 1)
    }
}

/// The known name that was probably meant, as a hint.
pub(crate) fn did_you_mean<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(written, known).map(|name| format!("did you mean `{name}`?"))
}

/// The known name nearest to what was written, if one is near enough to be meant.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(3) / 3)
        .min()
        .map(|(_, name)| name)
}

/// Names as people list them: `a`, `b` or `c`.
pub(crate) fn one_of<S: AsRef<str>>(names: &[S]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::from("nothing"),
    }
}

/// A pointer's child.
pub(crate) fn child(pointer: &str, key: impl std::fmt::Display) -> String {
    let key = key.to_string().replace('~', "~0").replace('/', "~1");
    format!("{pointer}/{key}")
}
