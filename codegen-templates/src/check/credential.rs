//! Provider keys: which one a model needs, and whether it is stored.

use promptpilot_spec::{
    definition::{ProviderKind, key_variable},
    provider::{Need, abilities},
};

use super::model::Check;
use crate::finding::{Finding, child, one_of};

impl Check<'_, '_> {
    /// The variable with its key, if it needs one; checks that the key is stored.
    pub(super) fn key(&mut self) -> Option<String> {
        let model = self.model;
        let need = abilities(model.provider).key;
        if need == Need::Never {
            if model.credential.is_some() {
                self.error(
                    "unsupported-parameter",
                    "credential",
                    "the sandbox takes no key",
                    "leave `credential` out",
                );
            }
            return None;
        }
        if need == Need::May && model.credential.is_none() {
            return None;
        }
        let credential = model.credential.as_deref().unwrap_or("default");
        if !self.credential_name(credential) {
            return None;
        }
        let variable = key_variable(model.provider, Some(credential));
        let wanted = (model.provider, credential.to_owned());
        let provider = model.provider.as_str();
        let place = match model.credential {
            Some(_) => child(&self.pointer, "credential"),
            None => child(&self.pointer, "provider"),
        };
        match &self.facts.credentials {
            Some(stored) if stored.contains(&wanted) => {}
            Some(stored) => {
                let others: Vec<_> = stored
                    .iter()
                    .filter(|(stored, _)| *stored == model.provider)
                    .map(|(_, name)| name.as_str())
                    .collect();
                let message = format!("no key `{credential}` is stored for `{provider}`");
                let name = match credential {
                    "default" => String::new(),
                    name => format!(" --name {name}"),
                };
                let store = format!("store it with `promptpilot credentials set {provider}{name}`");
                let hint = match others.as_slice() {
                    [] => store,
                    others => format!("stored are {}; or {store}", one_of(others)),
                };
                self.findings.push(Finding::error("no-credential", place, message).hint(hint));
            }
            None => self.findings.push(Finding::unchecked(
                "credential-unchecked",
                place,
                format!(
                    "whether the key `{credential}` of `{provider}` is stored was not checked \
                     without a server"
                ),
            )),
        }
        Some(variable)
    }

    fn credential_name(&mut self, credential: &str) -> bool {
        let simple = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if credential.is_empty() || credential.len() > 48 || !credential.bytes().all(simple) {
            self.error(
                "bad-name",
                "credential",
                format!("`{credential}` cannot be a credential's name"),
                "at most 48 lower-case letters, digits or hyphens",
            );
            return false;
        }
        if self.model.provider == ProviderKind::OpenAi
            && (credential == "compatible" || credential.starts_with("compatible-"))
        {
            // Its variable would be that of a key of the provider `openai-compatible`.
            self.error(
                "reserved-name",
                "credential",
                "a credential of `openai` cannot be named so",
                "choose a name that does not begin with `compatible`",
            );
            return false;
        }
        true
    }
}
