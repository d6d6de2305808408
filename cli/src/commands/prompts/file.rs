//! A prompt as a file, which people edit: the parts of a version, with what stands beside them.

use promptpilot_spec::definition::{ModelRef, Prompt, is_prompt_name};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::{Content, StoredPrompt};
use crate::error::Failure;

/// Where prompts are, beside `endpoints/`.
const FOLDER: &str = "prompts";

/// What a new prompt looks like before anything is written.
pub(super) const SKELETON: &str = "\
description = \"\"
tags = []

[prompt]
system = \"You are helpful and brief.\"
template = \"\"\"
Answer this question:
{{ question }}\"\"\"

# A model that suits it; the sandbox answers without network, key or cost.
[model]
provider = \"sandbox\"
name = \"echo\"

# Values to try it with.
[values]
question = \"Why is the sky blue?\"
";

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PromptFile {
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) prompt: Prompt,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<ModelRef>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) values: Map<String, Value>,
}

impl PromptFile {
    /// Reads the text of a file; `path` is its name in what is said about it.
    pub(super) fn read(text: &str, path: &str) -> Result<Self, Failure> {
        toml::from_str(text)
            .map_err(|error| Failure::usage(format!("`{path}` is no prompt")).caused_by(&error))
    }

    /// A prompt as a file.
    pub(super) fn of(prompt: &StoredPrompt) -> Self {
        let content = prompt.content.clone().unwrap_or_default();
        Self {
            description: prompt.description.clone(),
            tags: prompt.tags.clone(),
            prompt: content.prompt,
            model: content.model,
            values: content.values,
        }
    }

    /// The file's text.
    pub(super) fn text(&self) -> Result<String, Failure> {
        toml::to_string_pretty(self)
            .map_err(|error| Failure::new("could not write the prompt as TOML").caused_by(&error))
    }

    pub(super) fn content(&self) -> Content {
        Content {
            prompt: self.prompt.clone(),
            model: self.model.clone(),
            values: self.values.clone(),
        }
    }
}

/// What a prompt is called that lies in this file: its path below `prompts/`.
pub(super) fn name_of(path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    let path = path.strip_suffix(".toml").unwrap_or(&path);
    let inside =
        format!("/{path}").rsplit_once(&format!("/{FOLDER}/")).map(|(_, it)| it.to_owned());
    let last = || path.rsplit('/').next().unwrap_or_default().to_owned();
    Some(inside.unwrap_or_else(last)).filter(|name| is_prompt_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_path_below_the_folder() {
        for (path, name) in [
            ("prompts/support/reply.toml", Some("support/reply")),
            ("./work/prompts/reply.toml", Some("reply")),
            ("drafts/reply.toml", Some("reply")),
            ("reply", Some("reply")),
            ("prompts/Reply.toml", None),
        ] {
            assert_eq!(name_of(path).as_deref(), name, "{path}");
        }
    }

    #[test]
    fn the_skeleton_is_a_prompt_and_comes_back_as_it_went() {
        let file = PromptFile::read(SKELETON, "new").unwrap();
        assert_eq!(PromptFile::read(&file.text().unwrap(), "again").unwrap(), file);
    }
}
