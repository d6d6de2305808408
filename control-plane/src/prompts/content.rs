//! What may be saved as a prompt, and what tells one content from another.

use axum::http::StatusCode;
use promptpilot_codegen::{CheckedPrompt, Finding, check_prompt};
use promptpilot_spec::definition::{MAX_PROMPT_NAME, Prompt, Role, is_prompt_name};
use sha2::{Digest, Sha256};

use super::model::Content;
use crate::http::Problem;

/// The largest content, in bytes of JSON.
pub(super) const MOST_CONTENT: usize = 1 << 20;

/// Variables of one prompt.
const MOST_VARIABLES: usize = 200;

/// Names that are operations.
const RESERVED: [&str; 2] = ["export", "import"];

/// Checked content, as it is kept.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) json: String,
    pub(super) sha256: String,
    pub(super) words: String,
    /// The names of its variables.
    pub(super) variables: Vec<String>,
}

/// Refuses what cannot be used, with all that is wrong with it.
pub(super) fn check(content: &Content) -> Result<Written, Problem> {
    let json = serde_json::to_string(content)
        .map_err(|error| Problem::internal("write the prompt as JSON", &error))?;
    if json.len() > MOST_CONTENT {
        let detail = format!(
            "a prompt may have {} KiB, and this one has {}",
            MOST_CONTENT >> 10,
            json.len() >> 10
        );
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "prompt-too-large", detail)
            .hint("give long texts as variables"));
    }
    let CheckedPrompt { variables, findings } = check_prompt(&content.prompt, &content.values);
    let errors: Vec<_> = findings.into_iter().filter(Finding::is_error).collect();
    if let Some(first) = errors.first() {
        let detail = match (errors.len(), first.within) {
            (1, Some(place)) => format!(
                "{} (`{}`, line {}, column {})",
                first.message,
                first.pointer.trim_start_matches("/prompt/"),
                place.line,
                place.column
            ),
            (1, None) => first.message.clone(),
            (count, _) => format!("the check found {count} errors; nothing was saved"),
        };
        return Err(invalid(detail).with("findings", errors));
    }
    if variables.len() > MOST_VARIABLES {
        let detail = format!(
            "a prompt has at most {MOST_VARIABLES} variables, and this one has {}",
            variables.len()
        );
        return Err(invalid(detail).hint("put what belongs together into a list or an object"));
    }
    let words = words(&content.prompt);
    if words.contains('\0') {
        return Err(Problem::bad_request("text-invalid", "a text has the character U+0000"));
    }
    let variables = variables.into_iter().map(|variable| variable.name).collect();
    Ok(Written { sha256: hex::encode(Sha256::digest(&json)), words, variables, json })
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "prompt-invalid", detail)
}

/// Refuses a name that no prompt can have, and says why.
pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    let why = if name.is_empty() {
        "it is empty".to_owned()
    } else if name.len() > MAX_PROMPT_NAME {
        format!("it has more than {MAX_PROMPT_NAME} characters")
    } else if RESERVED.contains(&name) {
        "it is reserved".to_owned()
    } else if let Some(odd) = name.chars().find(|c| !is_plain(*c)) {
        format!("it has the character U+{:04X}", u32::from(odd))
    } else if is_prompt_name(name) {
        return Ok(());
    } else {
        "each part of it begins with a letter".to_owned()
    };
    let shown: String = name.chars().filter(|c| is_plain(*c)).take(40).collect();
    let detail = format!("`{shown}` cannot be a prompt's name: {why}");
    Err(invalid(detail).hint(
        "lower-case letters, digits and hyphens, and `/` between folders: `support/first-reply`",
    ))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '/')
}

/// Refuses what cannot stand beside a prompt.
pub(super) fn check_about(
    description: Option<&str>,
    tags: Option<&[String]>,
    message: Option<&str>,
) -> Result<(), Problem> {
    let long = |text: &&str| text.chars().count() > 1000 || text.contains('\0');
    if description.filter(long).is_some() {
        return Err(invalid("`description` has at most 1000 characters"));
    }
    if message.filter(long).is_some() {
        return Err(invalid("`message` has at most 1000 characters"));
    }
    let tags = tags.unwrap_or_default();
    if tags.len() > 50 {
        return Err(invalid("`tags` has at most 50 of them"));
    }
    let is_tag = |tag: &&String| {
        (1..=50).contains(&tag.chars().count()) && !tag.chars().any(|c| c.is_control() || c == ',')
    };
    match tags.iter().find(|tag| !is_tag(tag)) {
        Some(_) => Err(invalid("a tag has 1 to 50 characters, and no comma among them")),
        None => Ok(()),
    }
}

/// Tags as they are kept: each once, in order.
pub(super) fn tidy(tags: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = tags.iter().map(|tag| tag.trim().to_owned()).collect();
    tags.sort();
    tags.dedup();
    tags
}

/// The messages of a prompt, whichever form it has.
pub(crate) fn messages(prompt: &Prompt) -> Vec<(Role, &str)> {
    let simple = [(Role::System, &prompt.system), (Role::User, &prompt.template)];
    let simple = simple.into_iter().filter_map(|(role, text)| Some((role, text.as_deref()?)));
    let listed = prompt.messages.iter().map(|message| (message.role, message.content.as_str()));
    simple.chain(listed).collect()
}

/// The same, to be kept beside the prompt.
pub(crate) fn owned_messages(prompt: &Prompt) -> Vec<(Role, String)> {
    messages(prompt).into_iter().map(|(role, text)| (role, text.to_owned())).collect()
}

fn words(prompt: &Prompt) -> String {
    let texts: Vec<&str> = messages(prompt).into_iter().map(|(_, text)| text).collect();
    texts.join("\n")
}
