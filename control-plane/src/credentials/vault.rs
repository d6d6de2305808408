//! Sealing an organization's secrets: each with the organization's own key, which is kept sealed with
//! the installation's. Whoever has the database alone has nothing, and what is sealed for one
//! organization, or for one version of a credential, opens for no other.

use sqlx::PgConnection;
use uuid::Uuid;

use super::store;
use crate::{
    http::problem::chain,
    secret::{SealError, Secret, SecretKey},
};

/// What an organization's key is sealed for.
pub(crate) const DATA_KEY: &str = "data-key";

/// What a secret is sealed for.
const CREDENTIAL: &str = "provider-credential";

/// Opens and seals one organization's secrets.
pub(crate) struct Vault(SecretKey);

/// Why a secret could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    #[error("could not seal the secret")]
    Seal(#[from] SealError),
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    #[error("it was sealed with another secret key than this installation's")]
    AnotherKey,
    #[error("what is kept of it is damaged")]
    Damaged,
}

impl Vault {
    /// The organization's, made at its first use.
    pub(crate) async fn of(
        db: &mut PgConnection,
        installation: &SecretKey,
        organization: Uuid,
    ) -> Result<Self, VaultError> {
        let sealed = match store::data_key(db, organization).await? {
            Some(sealed) => sealed,
            None => {
                let mut fresh = [0; 32];
                getrandom::fill(&mut fresh).map_err(SealError::Random)?;
                let fresh = installation.seal(DATA_KEY, organization.as_bytes(), &fresh)?;
                store::first_data_key(db, organization, &fresh).await?
            }
        };
        let opened = installation.open(DATA_KEY, organization.as_bytes(), &sealed);
        let key = opened.ok_or(VaultError::AnotherKey)?;
        Ok(Self(SecretKey::new(key.try_into().map_err(|_| VaultError::Damaged)?)))
    }

    /// Seals one version of a credential's secret.
    pub(crate) fn seal(
        &self,
        credential: Uuid,
        version: i32,
        secret: &Secret,
    ) -> Result<Vec<u8>, VaultError> {
        let subject = subject(credential, version);
        Ok(self.0.seal(CREDENTIAL, &subject, secret.expose().as_bytes())?)
    }

    /// Opens one version of a credential's secret.
    pub(crate) fn open(
        &self,
        credential: Uuid,
        version: i32,
        sealed: &[u8],
    ) -> Result<Secret, VaultError> {
        let opened = self.0.open(CREDENTIAL, &subject(credential, version), sealed);
        let text = String::from_utf8(opened.ok_or(VaultError::Damaged)?);
        text.map(Secret::from).map_err(|_| VaultError::Damaged)
    }
}

fn subject(credential: Uuid, version: i32) -> Vec<u8> {
    [credential.as_bytes().as_slice(), &version.to_be_bytes()].concat()
}

impl From<VaultError> for crate::http::Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Database(error) => error.into(),
            other => {
                tracing::error!(error = chain(&other), "a provider's key could not be read");
                Self::internal("read the provider's key", &other)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_its_own_version_and_with_its_own_key_only() {
        let (ours, theirs) = (Vault(SecretKey::new([1; 32])), Vault(SecretKey::new([2; 32])));
        let id = Uuid::now_v7();
        let sealed = ours.seal(id, 1, &"sk-test".into()).unwrap();
        assert_eq!(ours.open(id, 1, &sealed).unwrap().expose(), "sk-test");
        assert!(ours.open(id, 2, &sealed).is_err());
        assert!(ours.open(Uuid::now_v7(), 1, &sealed).is_err());
        assert!(theirs.open(id, 1, &sealed).is_err());
    }
}
