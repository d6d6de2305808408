//! Keys of providers, for runs.

use promptpilot_runtime::Secret;
use promptpilot_spec::definition::{ProviderKind, key_variable};

use crate::{
    credentials::{Credentials, store, vault::Vault},
    http::{Problem, Tenant},
};

/// The key of a provider's credential among those of an environment; `None` if there is none. The one
/// place that opens keys for runs.
pub(crate) async fn key_for(
    tenant: &impl Tenant,
    credentials: &Credentials,
    provider: ProviderKind,
    credential: Option<&str>,
) -> Result<Option<Secret>, Problem> {
    let Some(kept) = credentials.get(&key_variable(provider, credential)) else { return Ok(None) };
    let organization = tenant.organization();
    let mut db = tenant.transaction().await?;
    let vault = Vault::of(&mut db, &tenant.plane().settings().secret_key, organization).await?;
    let secret = vault.open(kept.version.id, kept.version.version, &kept.sealed)?;
    store::touch(&mut db, organization, kept.version.id).await?;
    db.commit().await?;
    Ok(Some(Secret::from(secret.expose())))
}
