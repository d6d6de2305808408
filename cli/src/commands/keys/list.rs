//! Keys, as they are listed.

use std::fmt::{self, Write as _};

use serde::Serialize;
use time::OffsetDateTime;

use crate::api::ApiKey;
use crate::style::{FAINT, STRONG};
use crate::text::ago;

#[derive(Debug, Serialize)]
pub(super) struct Listed {
    pub(super) items: Vec<ApiKey>,
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return writeln!(f, "There are no keys. Make one with `promptpilot keys create NAME`.");
        }
        let width = self.items.iter().map(|key| key.name.chars().count()).max().unwrap_or(0);
        for key in &self.items {
            let state = state(key, OffsetDateTime::now_utc());
            write!(f, "{STRONG}{:width$}{STRONG:#}  {}…  {state:8}", key.name, key.shown)?;
            write!(f, "  {}", scope(key))?;
            writeln!(f, "  {FAINT}{}{FAINT:#}", ago(key.created))?;
        }
        Ok(())
    }
}

/// What a key is good for now, in a word.
fn state(key: &ApiKey, now: OffsetDateTime) -> &'static str {
    if key.revoked.is_some() {
        "revoked"
    } else if key.expires.is_some_and(|end| end <= now) {
        "expired"
    } else if key.test {
        "test"
    } else {
        "live"
    }
}

/// What a key opens, and what holds it back.
pub(super) fn scope(key: &ApiKey) -> String {
    let all = |names: &Option<Vec<String>>, what: &str| match names {
        None => format!("all {what}"),
        Some(names) if names.is_empty() => format!("no {what}"),
        Some(names) => names.join(", "),
    };
    let mut scope = all(&key.endpoints, "endpoints");
    match key.prompts.names() {
        None => scope.push_str(", all prompts"),
        Some([]) => {}
        Some(names) => write!(scope, ", prompts {}", names.join(", ")).unwrap_or_default(),
    }
    if key.environments.is_some() {
        write!(scope, " in {}", all(&key.environments, "environments")).unwrap_or_default();
    }
    if let Some(budget) = key.limits.budget {
        write!(scope, ", for {budget}").unwrap_or_default();
    }
    if let Some(rate) = key.limits.rate {
        write!(scope, ", {rate}/minute").unwrap_or_default();
    }
    scope
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{KeyLimits, PromptScope};

    fn key() -> ApiKey {
        ApiKey {
            id: uuid::Uuid::nil(),
            name: "website".to_owned(),
            shown: "pp_live_0707".to_owned(),
            test: false,
            endpoints: None,
            environments: None,
            prompts: PromptScope::default(),
            limits: KeyLimits::default(),
            created: OffsetDateTime::UNIX_EPOCH,
            expires: None,
            revoked: None,
            rotated: None,
            earlier_until: None,
        }
    }

    #[test]
    fn a_key_says_in_a_word_what_it_is_good_for() {
        let now = OffsetDateTime::now_utc();
        assert_eq!(state(&key(), now), "live");
        assert_eq!(state(&ApiKey { test: true, ..key() }, now), "test");
        assert_eq!(state(&ApiKey { test: true, expires: Some(now), ..key() }, now), "expired");
        assert_eq!(state(&ApiKey { revoked: Some(now), ..key() }, now), "revoked");
    }

    #[test]
    fn a_scope_is_named_or_all() {
        let some = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(scope(&key()), "all endpoints");
        assert_eq!(scope(&ApiKey { endpoints: some(&["a", "b"]), ..key() }), "a, b");
        let narrow = ApiKey { endpoints: some(&["a"]), environments: some(&["staging"]), ..key() };
        assert_eq!(scope(&narrow), "a in staging");
        let prompts = ApiKey { endpoints: some(&[]), prompts: PromptScope::ALL, ..key() };
        assert_eq!(scope(&prompts), "no endpoints, all prompts");
        let prompts = PromptScope::Only(vec!["greet".to_owned()]);
        assert_eq!(scope(&ApiKey { prompts, ..narrow }), "a, prompts greet in staging");
        let limits = KeyLimits { budget: "5 USD/day".parse().ok(), rate: Some(60) };
        assert_eq!(scope(&ApiKey { limits, ..key() }), "all endpoints, for 5 USD/day, 60/minute");
    }
}
