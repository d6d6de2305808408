//! Where a provider is reached.

use promptpilot_spec::definition::ProviderKind;

use super::model::Check;
use crate::finding::Finding;

impl Check<'_, '_> {
    /// Keys that say where and how a provider is reached.
    pub(super) fn address(&mut self) {
        let model = self.model;
        let provider = model.provider.as_str();
        let given = [
            ("api", model.api.is_some(), model.provider == ProviderKind::OpenAi),
            ("api_version", model.api_version.is_some(), false),
            ("region", model.region.is_some(), false),
            ("base_url", model.base_url.is_some(), model.provider != ProviderKind::Sandbox),
        ];
        for (key, _, _) in given.into_iter().filter(|(_, given, taken)| *given && !taken) {
            let message = format!("`{provider}` has no `{key}`");
            self.error("unsupported-parameter", key, message, &format!("leave `{key}` out"));
        }
        match &model.base_url {
            Some(url) if model.provider != ProviderKind::Sandbox => {
                if let Some(problem) = url_problem(url) {
                    let hint = "give the address before the path that the provider adds, such as \
                                `https://llm.example.com/v1`";
                    self.error("bad-url", "base_url", format!("`base_url` {problem}"), hint);
                }
            }
            None if model.provider == ProviderKind::OpenAiCompatible => {
                self.findings.push(
                    Finding::error(
                        "missing-key",
                        &self.pointer,
                        "`openai-compatible` has no `base_url`",
                    )
                    .hint("say where it listens: `base_url = \"http://localhost:8000/v1\"`"),
                );
            }
            _ => {}
        }
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
