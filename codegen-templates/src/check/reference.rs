//! A prompt by reference: its texts are put in its place, so that everything else is checked and built
//! as if they stood in the definition. What is found in them is told with the prompt's own place.

use std::borrow::Cow;

use promptpilot_spec::{
    Definition,
    definition::{PromptReference, ReferenceError},
};

use crate::{
    facts::{Facts, FoundPrompt, MissingPrompt, PromptFact},
    finding::{Finding, InPrompt, did_you_mean, one_of},
};

const PLACE: &str = "/prompt/use";

/// A definition whose reference was followed, if it has one.
pub(super) struct Followed<'a> {
    definition: Cow<'a, Definition>,
    /// Where the texts are from.
    found: Option<&'a FoundPrompt>,
    /// The texts are not known.
    open: bool,
}

/// Follows the reference, or tells why it leads nowhere.
pub(super) fn follow<'a>(
    definition: &'a Definition,
    facts: &'a Facts,
    findings: &mut Vec<Finding>,
) -> Followed<'a> {
    let as_it_is = |open| Followed { definition: Cow::Borrowed(definition), found: None, open };
    let prompt = &definition.prompt;
    let Some(written) = &prompt.reference else { return as_it_is(false) };
    if prompt.system.is_some() || prompt.template.is_some() || !prompt.messages.is_empty() {
        // Given in two forms, which the check of the form tells.
        return as_it_is(true);
    }
    let reference = match written.parse() {
        Ok(reference) => reference,
        Err(error) => {
            findings.push(malformed(written, error));
            return as_it_is(true);
        }
    };
    match facts.prompts.as_ref().and_then(|prompts| prompts.get(written)) {
        Some(PromptFact::Found(found)) => {
            let mut definition = definition.clone();
            definition.prompt = found.prompt.clone();
            return Followed {
                definition: Cow::Owned(definition),
                found: Some(found),
                open: false,
            };
        }
        Some(PromptFact::Missing(missing)) => findings.push(dangling(&reference, missing)),
        None => findings.push(Finding::unchecked(
            "prompt-unchecked",
            PLACE,
            "the prompt that the definition refers to was not checked without a server",
        )),
    }
    as_it_is(true)
}

fn malformed(written: &str, error: ReferenceError) -> Finding {
    let hint = match error {
        ReferenceError::Name => {
            "a prompt's name is lower-case letters, digits and hyphens, with `/` between folders"
        }
        ReferenceError::Wanted => {
            "write `name@3` for a version, `name@production` for a label, `name` for the newest"
        }
    };
    let message = format!("`{written}` does not refer to a prompt: {error}");
    Finding::error("prompt-reference", PLACE, message).hint(hint)
}

/// What is told of a reference that leads nowhere.
pub(crate) fn dangling(reference: &PromptReference, missing: &MissingPrompt) -> Finding {
    let name = &reference.name;
    let (code, message, hint) = match missing {
        MissingPrompt::Prompt(known) => (
            "no-prompt",
            format!("there is no prompt `{name}`"),
            did_you_mean(name, known.iter().map(String::as_str))
                .unwrap_or_else(|| "make it first: `promptpilot prompts push`".to_owned()),
        ),
        MissingPrompt::Label(known) => (
            "no-prompt-label",
            format!("the prompt `{name}` has no such label: `{reference}`"),
            match did_you_mean(&after(reference), known.iter().map(String::as_str)) {
                Some(hint) => hint,
                None if known.is_empty() => {
                    format!("it has no labels yet: `promptpilot prompts label {name}`")
                }
                None => format!("its labels are {}", one_of(known)),
            },
        ),
        MissingPrompt::Version(newest) => (
            "no-prompt-version",
            format!("the prompt `{name}` has no such version: `{reference}`"),
            format!("its newest version is {newest}"),
        ),
    };
    Finding::error(code, PLACE, message).hint(hint)
}

/// What stands behind the `@`.
fn after(reference: &PromptReference) -> String {
    let text = reference.to_string();
    text.split_once('@').map(|(_, wanted)| wanted.to_owned()).unwrap_or_default()
}

impl Followed<'_> {
    /// The definition with the texts in it, where they are known.
    pub(super) fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Whether the texts are not known.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Puts what was found in the texts where it can be seen: the reference is in the file, the text is
    /// in the prompt.
    pub(super) fn tell(&self, findings: &mut [Finding]) {
        let Some(found) = self.found else { return };
        for finding in findings {
            let Some(inside) = finding.pointer.strip_prefix("/prompt") else { continue };
            let place = InPrompt {
                name: found.name.clone(),
                version: found.version,
                pointer: inside.to_owned(),
                within: finding.within.take(),
            };
            finding.message = format!("{}: {}", place, finding.message);
            PLACE.clone_into(&mut finding.pointer);
            finding.prompt = Some(place);
        }
    }
}

impl std::fmt::Display for InPrompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "in `{}@{}`", self.name, self.version)?;
        let mut parts = self.pointer.split('/').skip(1);
        match (parts.next(), parts.next().and_then(|index| index.parse::<usize>().ok())) {
            (Some("messages"), Some(index)) => write!(f, ", message {}", index + 1)?,
            (Some(text @ ("system" | "template")), _) => write!(f, ", `{text}`")?,
            _ => {}
        }
        match self.within {
            Some(place) => write!(f, ", line {}, column {}", place.line, place.column),
            None => Ok(()),
        }
    }
}
