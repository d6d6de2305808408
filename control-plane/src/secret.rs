//! Text that must not be shown: in no log, no error, no debug output.

use std::{fmt, str::FromStr};

use base64::Engine;
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// A secret text. Its debug output is `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that sends it on.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Secret {
    /// Whether this is the text; takes the same time whatever the answer.
    pub fn matches(&self, candidate: &str) -> bool {
        self.0.as_bytes().ct_eq(candidate.as_bytes()).into()
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The token that opens the API. Only its hash is kept.
#[derive(Clone)]
pub struct SecretToken([u8; 32]);

impl SecretToken {
    /// Keeps the hash of a token.
    pub fn new(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether this is the token; takes the same time whatever the answer.
    pub fn matches(&self, candidate: &str) -> bool {
        let hash: [u8; 32] = Sha256::digest(candidate.as_bytes()).into();
        self.0.ct_eq(&hash).into()
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A secret of 256 bits, in hexadecimal.
pub(crate) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// The one key of an installation, from which its other secrets are derived: so none of them has
/// to be kept. All processes that share a database have the same.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

/// A text that is no key. The text itself is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret key is not 32 bytes in hexadecimal or base64")]
pub struct NoKey;

impl SecretKey {
    /// Keeps the bytes of a key, which have to be random.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret that a deployment's function and we know one another by.
    pub fn deployment_token(&self, deployment: Uuid) -> Secret {
        self.derive("deployment-token", deployment.as_bytes())
    }

    /// A secret for one `purpose` and one `subject`. Neither it nor any number of them tells the
    /// key, or a secret for another.
    pub(crate) fn derive(&self, purpose: &str, subject: &[u8]) -> Secret {
        Secret(hex::encode(self.derive_bytes(purpose, subject)))
    }

    /// The same as bytes.
    fn derive_bytes(&self, purpose: &str, subject: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        mac.update(purpose.as_bytes());
        // No purpose has this byte, so where it ends is never in doubt.
        mac.update(&[0]);
        mac.update(subject);
        mac.finalize().into_bytes().into()
    }

    /// Encrypts for one `purpose`; what comes out opens with the same `subject` only.
    pub(crate) fn seal(
        &self,
        purpose: &str,
        subject: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(SealError::Random)?;
        let sealed = self
            .cipher(purpose)
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: subject })
            .map_err(|_| SealError::TooLong)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Decrypts what [`seal`](Self::seal) encrypted; `None` if anything about it is another.
    pub(crate) fn open(&self, purpose: &str, subject: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: subject };
        self.cipher(purpose).decrypt(&XNonce::from(*nonce), payload).ok()
    }

    fn cipher(&self, purpose: &str) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derive_bytes(purpose, b"seal").into())
    }
}

const NONCE_BYTES: usize = 24;

/// Why something could not be sealed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error("the system gave no random bytes")]
    Random(#[source] getrandom::Error),
    #[error("it is longer than can be sealed")]
    TooLong,
}

impl FromStr for SecretKey {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let text = text.trim();
        let bytes = hex::decode(text)
            .or_else(|_| base64::engine::general_purpose::STANDARD.decode(text))
            .map_err(|_| NoKey)?;
        bytes.try_into().map(Self).map_err(|_| NoKey)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show_themselves() {
        let (text, token, key) =
            (Secret::from("hunter2"), SecretToken::new("hunter2"), SecretKey::new([7; 32]));
        assert_eq!(format!("{text:?} {token:?} {key:?}"), "*** *** ***");
    }

    #[test]
    fn only_the_token_matches() {
        let token = SecretToken::new("right");
        assert!(token.matches("right"));
        assert!(!token.matches("wrong"));
        assert!(!token.matches(""));
    }

    #[test]
    fn a_key_is_read_in_hexadecimal_and_in_base64() {
        let hexadecimal = "07".repeat(32);
        let base64 = base64::engine::general_purpose::STANDARD.encode([7; 32]);
        for text in [hexadecimal, base64] {
            let key: SecretKey = format!("{text}\n").parse().unwrap();
            assert_eq!(key.0, [7; 32]);
        }
        for text in ["", "07", "a passphrase", &"07".repeat(31), &"07".repeat(33)] {
            assert_eq!(text.parse::<SecretKey>().unwrap_err(), NoKey, "{text}");
        }
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_purpose_and_subject_only() {
        let key = SecretKey::new([7; 32]);
        let sealed = key.seal("answer", b"one", b"hunter2").unwrap();
        assert_eq!(key.open("answer", b"one", &sealed).unwrap(), b"hunter2");
        assert_ne!(key.seal("answer", b"one", b"hunter2").unwrap(), sealed);
        assert!(key.open("another", b"one", &sealed).is_none());
        assert!(key.open("answer", b"two", &sealed).is_none());
        assert!(SecretKey::new([8; 32]).open("answer", b"one", &sealed).is_none());
        assert!(key.open("answer", b"one", &sealed[..20]).is_none());
    }

    #[test]
    fn derived_secrets_differ_by_key_purpose_and_subject() {
        let key = SecretKey::new([7; 32]);
        let secret = key.derive("deployment-token", b"one");
        assert_eq!(secret, key.derive("deployment-token", b"one"));
        assert_eq!(secret.expose().len(), 64);
        for other in [
            key.derive("deployment-token", b"two"),
            key.derive("another", b"one"),
            key.derive("deployment-toke", b"none"),
            SecretKey::new([8; 32]).derive("deployment-token", b"one"),
        ] {
            assert_ne!(secret, other);
        }
    }
}
