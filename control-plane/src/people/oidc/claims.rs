//! What an ID token says, once it is known to be the provider's, for us, and of this flow.

use jsonwebtoken::{
    DecodingKey, Header, Validation, decode, decode_header,
    errors::{Error as JwtError, ErrorKind},
    jwk::{Jwk, JwkSet, PublicKeyUse},
};
use serde::{Deserialize, Deserializer};

use super::verifier::ALGORITHMS;

/// Why a token is not believed.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotBelieved {
    #[error("the ID token is not good")]
    Token(#[from] JwtError),
    #[error("the provider has no key that the ID token names")]
    Key,
    #[error("the ID token is of another sign-in")]
    Nonce,
    #[error("the ID token was issued to another client")]
    Client,
}

/// What is believed of a token.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    /// The provider's name for the person, which stays.
    pub(super) sub: String,
    nonce: Option<String>,
    azp: Option<String>,
    #[serde(flatten)]
    pub(super) about: About,
}

/// What a provider says of a person.
#[derive(Debug, Default, Deserialize)]
pub(super) struct About {
    pub(super) email: Option<String>,
    #[serde(default, deserialize_with = "yes")]
    pub(super) email_verified: bool,
    pub(super) name: Option<String>,
}

/// Some providers write it as a text.
fn yes<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(value == true || value == "true")
}

/// What a token is checked against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client: &'a str,
    pub(super) nonce: &'a str,
}

/// The name of the key that a token says it is signed with.
pub(super) fn key_of(token: &str) -> Result<Option<String>, NotBelieved> {
    Ok(decode_header(token)?.kid)
}

/// Checks a token: who signed it, for whom, until when, and that it is the answer to this flow.
pub(super) fn check(
    token: &str,
    keys: &JwkSet,
    expected: Expected<'_>,
) -> Result<Claims, NotBelieved> {
    let header = decode_header(token)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(JwtError::from(ErrorKind::InvalidAlgorithm).into());
    }
    let key = DecodingKey::from_jwk(signed_with(&header, keys).ok_or(NotBelieved::Key)?)?;
    let mut validation = Validation::new(header.alg);
    validation.validate_nbf = true;
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let claims = decode::<Claims>(token, &key, &validation)?.claims;
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(NotBelieved::Nonce);
    }
    if claims.azp.as_deref().is_some_and(|party| party != expected.client) {
        return Err(NotBelieved::Client);
    }
    Ok(claims)
}

/// The one key that it can be: the named one, or the only one where none is named.
fn signed_with<'a>(header: &Header, keys: &'a JwkSet) -> Option<&'a Jwk> {
    let fits = |key: &&Jwk| {
        let named = header.kid.is_none() || header.kid == key.common.key_id;
        named && key.common.public_key_use != Some(PublicKeyUse::Encryption)
    };
    let mut fitting = keys.keys.iter().filter(fits);
    let key = fitting.next()?;
    fitting.next().is_none().then_some(key)
}
