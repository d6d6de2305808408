//! Storing a key: a new version where it is another than the one that is there.

use std::collections::BTreeMap;

use promptpilot_spec::definition::{ProviderKind, key_variable};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    of_variable,
    store::{self, NewVersion, Place},
    vault::{Vault, VaultError},
};
use crate::{
    deploy::release::renew,
    plane::{ControlPlane, LocalOwner},
    secret::Secret,
};

/// The longest key, in bytes.
pub(super) const MOST: usize = 8 << 10;

/// Whether a key can be sent in a header.
pub(super) fn is_sendable(secret: &str) -> bool {
    (1..=MOST).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a credential may be called so: its variable stands for it and for no other.
pub(super) fn is_name(provider: ProviderKind, name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=48).contains(&name.len())
        && name.bytes().all(fits)
        && of_variable(&key_variable(provider, Some(name))) == Some((provider, name.to_owned()))
}

/// What became of a place.
#[derive(Debug)]
pub(super) enum Stored {
    /// It has the same key already.
    Same(Uuid),
    /// It has this one from now on.
    New(Uuid),
    /// Somebody else stored one there in the same moment.
    Raced,
}

/// Stores a key.
pub(super) async fn store(
    db: &mut PgConnection,
    vault: &Vault,
    place: Place<'_>,
    secret: &Secret,
    by: Option<Uuid>,
) -> Result<Stored, VaultError> {
    let found = store::hold(db, place).await?;
    if let Some(found) = &found
        && vault.open(found.id, found.version, &found.sealed)? == *secret
    {
        return Ok(Stored::Same(found.id));
    }
    let (id, version) =
        found.map_or_else(|| (Uuid::now_v7(), 1), |found| (found.id, found.version + 1));
    let sealed = vault.seal(id, version, secret)?;
    let new = NewVersion { id, version, sealed: &sealed, shown: shown(secret), by };
    Ok(if store::save(db, place, new).await? { Stored::New(id) } else { Stored::Raced })
}

/// The end of a key that is long enough to show some of it.
fn shown(secret: &Secret) -> &str {
    let text = secret.expose();
    if text.len() < 16 { "" } else { &text[text.len() - 4..] }
}

/// Stores the keys of a process's own environment for the local organization, and brings what has
/// changed to what is live.
pub(crate) async fn adopt(
    plane: &ControlPlane,
    owner: LocalOwner,
    keys: &BTreeMap<String, Secret>,
) -> Result<(), VaultError> {
    let mut db = plane.database().tenant(owner.organization).await?;
    let vault = Vault::of(&mut db, &plane.settings().secret_key, owner.organization).await?;
    for (variable, secret) in keys {
        let Some((provider, name)) = of_variable(variable) else {
            tracing::warn!(variable, "no provider's key is called so; it is not used");
            continue;
        };
        if !is_name(provider, &name) || !is_sendable(secret.expose()) {
            tracing::warn!(variable, "this cannot be a provider's key; it is not used");
            continue;
        }
        let place = Place {
            organization: owner.organization,
            provider: provider.as_str(),
            name: &name,
            environment: None,
        };
        store(&mut db, &vault, place, secret, None).await?;
    }
    renew::queue(&mut db, owner.organization, None, true).await?;
    db.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_itself_alone() {
        assert!(
            is_name(ProviderKind::OpenAi, "default") && is_name(ProviderKind::OpenAi, "team-b")
        );
        for name in ["", "Team", "team_b", "a b", "compatible", "compatible-x", &"a".repeat(49)] {
            assert!(!is_name(ProviderKind::OpenAi, name), "{name}");
        }
    }

    #[test]
    fn a_key_is_one_word_and_short_ones_are_not_shown() {
        assert!(is_sendable("sk-1") && !is_sendable("") && !is_sendable("a b"));
        assert!(!is_sendable("a\n") && !is_sendable("ä") && !is_sendable(&"a".repeat(MOST + 1)));
        assert_eq!(shown(&"sk-0123456789abcdef".into()), "cdef");
        assert_eq!(shown(&"hunter2".into()), "");
    }
}
