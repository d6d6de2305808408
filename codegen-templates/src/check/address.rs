//! Where a provider is reached.

use promptpilot_spec::{
    definition::{Api, ProviderKind},
    provider::{Need, abilities},
};

use super::model::Check;
use crate::finding::Finding;

impl Check<'_, '_> {
    /// Keys that say where and how a provider is reached.
    pub(super) fn address(&mut self) {
        let model = self.model;
        let provider = model.provider.as_str();
        let takes = abilities(model.provider);
        let settings = [
            ("api", model.api.is_some(), takes.api),
            ("api_version", model.api_version.is_some(), takes.api_version),
            ("region", model.region.is_some(), takes.region),
            ("base_url", model.base_url.is_some(), takes.base_url),
        ];
        for (key, given, need) in settings {
            match need {
                Need::Never if given => {
                    let message = format!("`{provider}` has no `{key}`");
                    let hint = format!("leave `{key}` out");
                    self.error("unsupported-parameter", key, message, &hint);
                }
                Need::Must if !given => {
                    let message = format!("`{provider}` has no `{key}`");
                    let finding = Finding::error("missing-key", &self.pointer, message);
                    self.findings.push(finding.hint(example(model.provider, key)));
                }
                _ => {}
            }
        }
        if let Some(url) = &model.base_url
            && takes.base_url != Need::Never
            && let Some(problem) = url_problem(url)
        {
            let hint = "give the address before the path that the provider adds, such as \
                        `https://llm.example.com/v1`";
            self.error("bad-url", "base_url", format!("`base_url` {problem}"), hint);
        }
        self.parts_of_addresses();
    }

    /// What becomes a part of an address must be a name.
    fn parts_of_addresses(&mut self) {
        let model = self.model;
        let is_name = |text: &str| {
            let simple = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            !text.is_empty() && text.bytes().all(|byte| simple(byte) || byte == b'-')
        };
        for (key, value) in [("region", &model.region), ("api_version", &model.api_version)] {
            if value.as_deref().is_some_and(|value| !is_name(value)) {
                let message = format!("`{key}` is no name of one");
                let hint = "it has lower-case letters, digits and hyphens";
                self.error("wrong-value", key, message, hint);
            }
        }
        if model.api == Some(Api::Responses) && is_dated(model.api_version.as_deref()) {
            let message = "Azure's dated versions have no Responses API";
            self.error("unsupported-parameter", "api", message, "leave `api_version` out");
        }
    }
}

/// Whether Azure is asked by its older door, which the dated versions are of.
pub(crate) fn is_dated(api_version: Option<&str>) -> bool {
    api_version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
}

/// How to write a setting that a provider does not work without.
fn example(provider: ProviderKind, key: &str) -> &'static str {
    match (provider, key) {
        (_, "region") => "say where the model is served: `region = \"eu-central-1\"`",
        (ProviderKind::AzureOpenAi, _) => {
            "give your resource's address: `base_url = \"https://NAME.openai.azure.com\"`"
        }
        _ => "say where it listens: `base_url = \"http://localhost:8000/v1\"`",
    }
}

fn url_problem(url: &str) -> Option<&'static str> {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return Some("does not begin with `https://` or `http://`");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        Some("contains white space")
    } else if host.contains('@') {
        Some("carries a user or a password, which belong into a credential")
    } else if host.is_empty() || host.starts_with(':') {
        Some("names no host")
    } else if rest.contains(['?', '#']) {
        Some("has a query or a fragment")
    } else {
        None
    }
}
