//! Another key for the installation. What is sealed with the old one is sealed with the new one, in one
//! transaction: a kill leaves all of it or none, and a second run finds what the first one did.
//!
//! Functions have tokens that were derived from the old key. Their hashes are remembered, so that what
//! serves goes on serving, and what is live is published once more with tokens of the new key.

use promptpilot_spec::key::hash;
use sqlx::{Connection, PgConnection};

use super::{connect, store};
use crate::{
    credentials::vault::DATA_KEY,
    deploy::release::renew,
    http::idempotency,
    people::second_step,
    secret::{SealError, SecretKey},
};

/// What was sealed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Organizations' keys.
    pub organizations: usize,
    /// Endpoints that are published once more, as soon as a worker runs.
    pub renewals: usize,
}

/// Why the key stays what it was.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// No connection, or not with the rights that it takes.
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    /// No random bytes.
    #[error("could not seal anew")]
    Seal(#[source] SealFailure),
    /// What is there was sealed with neither key.
    #[error("what is in the database was sealed with another key than the present one")]
    AnotherKey,
}

/// Why something could not be sealed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SealFailure(SealError);

/// Seals with `new` what was sealed with `old`. Nothing else may work with the database meanwhile; all
/// that does later has the new key.
///
/// # Errors
/// When the database does not answer, or its secrets open with neither key. Then nothing has changed.
pub async fn rotate_key(
    database_url: &str,
    old: &SecretKey,
    new: &SecretKey,
) -> Result<Rotated, RotationError> {
    let mut db = connect(database_url).await?;
    let mut transaction = db.begin().await?;
    store::hold_sealed(&mut transaction).await?;
    let organizations = data_keys(&mut transaction, old, new).await?;
    authenticators(&mut transaction, old, new).await?;
    answers(&mut transaction, old, new).await?;
    for deployment in store::with_tokens(&mut transaction).await? {
        let token = old.deployment_token(deployment.deployment);
        store::add_earlier_token(&mut transaction, &deployment, &hash(token.expose())).await?;
    }
    let mut renewals = 0;
    for organization in store::organizations(&mut transaction).await? {
        renewals += renew::queue(&mut transaction, organization, None, true).await?.len();
    }
    transaction.commit().await?;
    db.close().await.ok();
    Ok(Rotated { organizations, renewals })
}

async fn data_keys(
    db: &mut PgConnection,
    old: &SecretKey,
    new: &SecretKey,
) -> Result<usize, RotationError> {
    let keys = store::data_keys(db).await?;
    for key in &keys {
        let subject = key.organization.as_bytes();
        if let Some(sealed) = again(old, new, DATA_KEY, subject, &key.sealed)? {
            store::set_data_key(db, key.organization, &sealed).await?;
        }
    }
    Ok(keys.len())
}

async fn authenticators(
    db: &mut PgConnection,
    old: &SecretKey,
    new: &SecretKey,
) -> Result<(), RotationError> {
    for kept in store::authenticators(db).await? {
        let subject = kept.user.as_bytes();
        if let Some(sealed) = again(old, new, second_step::PURPOSE, subject, &kept.sealed)? {
            store::set_authenticator(db, kept.user, &sealed).await?;
        }
    }
    Ok(())
}

/// Answers that open with neither key are of a key before; nobody can have them any more.
async fn answers(
    db: &mut PgConnection,
    old: &SecretKey,
    new: &SecretKey,
) -> Result<(), RotationError> {
    for answer in store::answers(db).await? {
        let subject = idempotency::subject(answer.organization, answer.user, &answer.key);
        match again(old, new, idempotency::PURPOSE, &subject, &answer.sealed) {
            Ok(Some(sealed)) => store::set_answer(db, &answer, &sealed).await?,
            Ok(None) | Err(RotationError::AnotherKey) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The same, sealed with the new key; `None` where it is already.
fn again(
    old: &SecretKey,
    new: &SecretKey,
    purpose: &str,
    subject: &[u8],
    sealed: &[u8],
) -> Result<Option<Vec<u8>>, RotationError> {
    if new.open(purpose, subject, sealed).is_some() {
        return Ok(None);
    }
    let plain = old.open(purpose, subject, sealed).ok_or(RotationError::AnotherKey)?;
    let sealed = new.seal(purpose, subject, &plain);
    sealed.map(Some).map_err(|error| RotationError::Seal(SealFailure(error)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_anew_stays_so_and_what_is_anothers_is_left() {
        let [old, new, another] = [1, 2, 3].map(|byte| SecretKey::new([byte; 32]));
        let sealed = old.seal("key", b"acme", b"hunter2").unwrap();
        let fresh = again(&old, &new, "key", b"acme", &sealed).unwrap().unwrap();
        assert_eq!(new.open("key", b"acme", &fresh).unwrap(), b"hunter2");
        assert_eq!(again(&old, &new, "key", b"acme", &fresh).unwrap(), None);
        let theirs = another.seal("key", b"acme", b"hunter2").unwrap();
        assert!(matches!(
            again(&old, &new, "key", b"acme", &theirs),
            Err(RotationError::AnotherKey)
        ));
    }
}
