//! Names of prompts, of their labels, and how a definition refers to a version of one.

use std::{fmt, str::FromStr};

/// Longest name of a prompt, in bytes.
pub const MAX_PROMPT_NAME: usize = 128;

/// Longest name of a label, in bytes.
pub const MAX_LABEL: usize = 32;

/// What a definition's `use` means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptReference {
    /// The prompt.
    pub name: String,
    /// Which of its versions.
    pub wanted: Wanted,
}

/// Which version of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The newest, whichever that is.
    Newest,
    /// The one with this number, counted from 1.
    Version(u32),
    /// The one that a label points at.
    Label(String),
}

/// Why a text is no reference to a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// What stands before the `@` cannot be a prompt's name.
    #[error("this cannot be a prompt's name")]
    Name,
    /// What stands behind it is neither a version nor a label.
    #[error("what stands behind the `@` is neither a version's number nor a label")]
    Wanted,
}

impl FromStr for PromptReference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let (name, wanted) = match text.split_once('@') {
            None => (text, Wanted::Newest),
            Some((name, wanted)) => (name, wanted.parse()?),
        };
        if !is_prompt_name(name) {
            return Err(ReferenceError::Name);
        }
        Ok(Self { name: name.to_owned(), wanted })
    }
}

impl FromStr for Wanted {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            let number =
                text.parse().ok().filter(|number| *number > 0 && i32::try_from(*number).is_ok());
            return number.map(Self::Version).ok_or(ReferenceError::Wanted);
        }
        if is_label(text) { Ok(Self::Label(text.to_owned())) } else { Err(ReferenceError::Wanted) }
    }
}

impl fmt::Display for PromptReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.wanted {
            Wanted::Newest => f.write_str(&self.name),
            Wanted::Version(number) => write!(f, "{}@{number}", self.name),
            Wanted::Label(label) => write!(f, "{}@{label}", self.name),
        }
    }
}

/// Whether a prompt may be called so: `[a-z][a-z0-9-]*`, and the same again behind each `/`.
pub fn is_prompt_name(name: &str) -> bool {
    name.len() <= MAX_PROMPT_NAME && name.split('/').all(is_word)
}

/// Whether a label may be called so. `latest` is none: a prompt without `@` means the newest version.
pub fn is_label(name: &str) -> bool {
    name.len() <= MAX_LABEL && is_word(name) && name != "latest"
}

/// A lower-case letter, then lower-case letters, digits and hyphens.
fn is_word(word: &str) -> bool {
    let mut bytes = word.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_name_and_what_is_wanted_of_it() {
        for (text, name, wanted) in [
            ("a", "a", Wanted::Newest),
            ("support/reply", "support/reply", Wanted::Newest),
            ("a-1@3", "a-1", Wanted::Version(3)),
            ("a/b/c@production", "a/b/c", Wanted::Label("production".into())),
        ] {
            let read: PromptReference = text.parse().unwrap();
            assert_eq!((&*read.name, &read.wanted), (name, &wanted), "{text}");
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in ["", "@1", "A", "a/", "/a", "a//b", "1a", "ä", "a b", "a\u{202e}b", "😀", "a.b"]
        {
            assert_eq!(text.parse::<PromptReference>(), Err(ReferenceError::Name), "{text}");
        }
        for text in
            ["a@", "a@0", "a@-1", "a@1x", "a@latest", "a@B", "a@9999999999", "a@x@y", "a@a/b"]
        {
            assert_eq!(text.parse::<PromptReference>(), Err(ReferenceError::Wanted), "{text}");
        }
        assert!(!is_prompt_name(&"a".repeat(MAX_PROMPT_NAME + 1)));
        assert!(!is_label(&"a".repeat(MAX_LABEL + 1)));
    }
}
