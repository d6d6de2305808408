//! Prompts to begin with: each a file in `templates/`, with the request and the response of an endpoint
//! that suits it.

mod routes;

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use promptpilot_spec::{
    Definition,
    definition::{
        Auth, Deploy, Fields, Limits, Log, Model, ModelRef, Prompt, ProviderKind, Response,
    },
    units::Duration,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::model::{Content, NewPrompt};

pub(super) use routes::router;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/prompts/library/templates");

/// All of them by name. A file that cannot be read is left out; a test reads each.
static LIBRARY: LazyLock<Vec<(&str, File)>> = LazyLock::new(|| {
    let mut all: Vec<_> =
        FILES.files().filter_map(|file| Some((name(file)?, read(file)?))).collect();
    all.sort_by_key(|(name, _)| *name);
    all
});

fn name(file: &include_dir::File<'static>) -> Option<&'static str> {
    file.path().file_stem()?.to_str()
}

fn read(file: &include_dir::File<'static>) -> Option<File> {
    toml::from_str(file.contents_utf8()?).ok()
}

/// A file of the library.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    description: String,
    tags: Vec<String>,
    prompt: Prompt,
    model: ModelRef,
    values: Map<String, Value>,
    request: Fields,
    #[serde(default)]
    response: Response,
}

/// A prompt to begin with.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PromptTemplate {
    /// Its name.
    pub name: String,
    /// The same for people.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Names of its variables.
    pub variables: Vec<String>,
    /// Its texts, a model that suits it, and values to try it with.
    pub content: Content,
    /// The definition of an endpoint for it, in TOML, which refers to the prompt by its name.
    pub endpoint: String,
}

impl File {
    fn content(&self, sandbox: bool) -> Content {
        let model = Some(if sandbox { on_sandbox() } else { self.model.clone() });
        Content { prompt: self.prompt.clone(), model, values: self.values.clone() }
    }

    fn new_prompt(&self, name: &str, sandbox: bool) -> NewPrompt {
        NewPrompt {
            name: name.to_owned(),
            description: self.description.clone(),
            tags: self.tags.clone(),
            content: self.content(sandbox),
            message: Some("From the library".to_owned()),
        }
    }

    fn template(&self, name: &str, sandbox: bool) -> PromptTemplate {
        let content = self.content(sandbox);
        let checked = promptpilot_codegen::check_prompt(&content.prompt, &content.values);
        PromptTemplate {
            name: name.to_owned(),
            title: self.title.clone(),
            description: self.description.clone(),
            tags: self.tags.clone(),
            variables: checked.variables.into_iter().map(|variable| variable.name).collect(),
            // A test writes each of them.
            endpoint: promptpilot_codegen::to_toml(&self.definition(name, sandbox))
                .unwrap_or_default(),
            content,
        }
    }

    fn definition(&self, name: &str, sandbox: bool) -> Definition {
        let model = if sandbox { on_sandbox() } else { self.model.clone() };
        Definition {
            name: name.to_owned(),
            description: self.description.clone(),
            log: Log::Full,
            prompt: Prompt { reference: Some(name.to_owned()), ..Prompt::default() },
            model: whole(model),
            request: self.request.clone(),
            response: self.response.clone(),
            auth: Auth::default(),
            limits: Limits::default(),
            cache: None,
            cors: None,
            deploy: Deploy::default(),
            tests: Vec::new(),
            tools: Vec::new(),
        }
    }
}

/// Answers without network, key or cost.
fn on_sandbox() -> ModelRef {
    ModelRef::new(ProviderKind::Sandbox, "sample")
}

/// A model with the usual for the whole call.
pub(crate) fn whole(model: ModelRef) -> Model {
    Model {
        provider: model.provider,
        name: model.name,
        credential: model.credential,
        max_tokens: model.max_tokens,
        timeout: Duration::from_secs(30),
        retries: 2,
        effort: model.effort,
        temperature: model.temperature,
        top_p: model.top_p,
        stop: model.stop,
        seed: model.seed,
        api: model.api,
        base_url: model.base_url,
        api_version: model.api_version,
        region: model.region,
        price: model.price,
        hedge: None,
        fallback: Vec::new(),
        split: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
