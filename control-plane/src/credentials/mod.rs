//! Keys of providers: kept sealed, given to functions when they are published, and to nobody else.
//!
//! A credential is for every environment, or for one, where it then comes before the other.

mod change;
pub mod model;
pub(crate) mod probe;
pub(crate) mod routes;
pub(crate) mod store;
pub(crate) mod vault;

use std::collections::{BTreeMap, BTreeSet};

use promptpilot_spec::definition::{ProviderKind, key_variable};
use sqlx::PgConnection;
use uuid::Uuid;

use self::model::KeyName;
pub(crate) use self::{change::adopt, store::Version};
use crate::{
    environments,
    http::{Problem, Tenant},
};

/// What an environment's functions are given, by the name of the variable that carries it.
#[derive(Debug, Default)]
pub(crate) struct Credentials(BTreeMap<String, store::Kept>);

impl Credentials {
    /// Those of an environment. The connection sees the organization, or passes row-level security.
    pub(crate) async fn of(
        db: &mut PgConnection,
        organization: Uuid,
        environment: Uuid,
    ) -> sqlx::Result<Self> {
        let kept = store::kept(db, organization, environment).await?;
        let named = kept.into_iter().filter_map(|kept| {
            let provider = provider(&kept.version.provider)?;
            Some((key_variable(provider, Some(&kept.version.name)), kept))
        });
        Ok(Self(named.collect()))
    }

    /// An environment by its name, with what its functions are given.
    pub(crate) async fn named(tenant: &impl Tenant, name: &str) -> Result<(Uuid, Self), Problem> {
        let mut db = tenant.read().await?;
        let environment = environments::find(&mut db, name).await?;
        Ok((environment, Self::of(&mut db, tenant.organization(), environment).await?))
    }

    /// By the names that definitions use.
    pub(crate) fn names(&self) -> BTreeSet<(ProviderKind, String)> {
        let versions = self.0.values().map(|kept| &kept.version);
        versions
            .filter_map(|version| Some((provider(&version.provider)?, version.name.clone())))
            .collect()
    }

    /// What a variable carries.
    pub(crate) fn get(&self, variable: &str) -> Option<&store::Kept> {
        self.0.get(variable)
    }

    /// Whether this version is what would be given now.
    pub(crate) fn has(&self, version: &Version) -> bool {
        self.0.values().any(|kept| kept.version == *version)
    }

    /// Which of these variables carry nothing, as definitions call it.
    pub(crate) fn lacking(&self, variables: &[String]) -> Vec<KeyName> {
        let lacking = variables.iter().filter(|variable| self.get(variable).is_none());
        lacking
            .filter_map(|variable| of_variable(variable))
            .map(|(provider, name)| KeyName { provider, name })
            .collect()
    }

    /// Which versions these variables carry.
    pub(crate) fn versions(&self, variables: &[String]) -> Vec<Version> {
        let kept = variables.iter().filter_map(|variable| self.get(variable));
        kept.map(|kept| kept.version.clone()).collect()
    }
}

/// The provider of a name that the database holds.
fn provider(name: &str) -> Option<ProviderKind> {
    ProviderKind::ALL.into_iter().find(|kind| kind.as_str() == name)
}

/// The credential that a variable of the environment stands for.
fn of_variable(variable: &str) -> Option<(ProviderKind, String)> {
    // The longest first: `…_OPENAI_COMPATIBLE` is no key of OpenAI's.
    let fitting = ProviderKind::ALL.into_iter().filter_map(|kind| {
        let stem = key_variable(kind, None);
        let rest = variable.strip_prefix(&stem)?;
        let name = match rest.strip_prefix('_') {
            Some(name) => name.to_ascii_lowercase().replace('_', "-"),
            None if rest.is_empty() => DEFAULT.to_owned(),
            None => return None,
        };
        Some((stem.len(), (kind, name)))
    });
    fitting.max_by_key(|(length, _)| *length).map(|(_, found)| found)
}

/// What a provider's one credential is called where nobody says otherwise.
const DEFAULT: &str = "default";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_stands_for_one_credential() {
        let of = |variable: &str| of_variable(&format!("PROMPTPILOT_KEY_{variable}"));
        let named = |kind, name: &str| Some((kind, name.to_owned()));
        assert_eq!(of("OPENAI"), named(ProviderKind::OpenAi, "default"));
        assert_eq!(of("OPENAI_TEAM_B"), named(ProviderKind::OpenAi, "team-b"));
        assert_eq!(of("OPENAI_COMPATIBLE"), named(ProviderKind::OpenAiCompatible, "default"));
        assert_eq!(of("OPENAI_COMPATIBLE_X"), named(ProviderKind::OpenAiCompatible, "x"));
        assert_eq!(of("AZURE_OPENAI"), named(ProviderKind::AzureOpenAi, "default"));
        assert_eq!(of("OPENAIX"), None);
        assert_eq!(of("NOBODY"), None);
    }
}
