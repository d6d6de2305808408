//! Environment values at rest: sealed with XChaCha20-Poly1305 under a key that lives outside the
//! store, bound to the function's name so that one function's values cannot be moved to another.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};

use super::files;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Environment variables nobody can read without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed(String);

/// The key.
pub(crate) struct Secrets {
    cipher: XChaCha20Poly1305,
}

/// Sealed values that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "could not decrypt the environment of `{function}`: the key file is not the one it was \
     written with"
)]
pub(crate) struct SecretsError {
    function: String,
}

impl Secrets {
    /// Reads the key file, or makes it with a new key.
    pub(crate) fn open(key_file: &Path) -> io::Result<Self> {
        let text = files::read_or_create_private(key_file, || {
            let mut key = [0; KEY_BYTES];
            getrandom::fill(&mut key).map_err(io::Error::other)?;
            Ok(hex::encode(key).into_bytes())
        })?;
        let key = hex::decode(text.trim_ascii())
            .ok()
            .filter(|key| key.len() == KEY_BYTES)
            .ok_or_else(|| {
                let hint = "it must hold 64 hexadecimal digits";
                io::Error::new(io::ErrorKind::InvalidData, hint)
            })?;
        let cipher = XChaCha20Poly1305::new_from_slice(&key).map_err(io::Error::other)?;
        Ok(Self { cipher })
    }

    pub(crate) fn seal(
        &self,
        function: &str,
        variables: &BTreeMap<String, String>,
    ) -> io::Result<Sealed> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        let plain = serde_json::to_vec(variables)?;
        let payload = Payload { msg: &plain, aad: function.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| io::Error::other("encryption failed"))?;
        Ok(Sealed(STANDARD.encode([nonce.as_slice(), &sealed].concat())))
    }

    pub(crate) fn open_sealed(
        &self,
        function: &str,
        sealed: &Sealed,
    ) -> Result<BTreeMap<String, String>, SecretsError> {
        let open = || {
            let bytes = STANDARD.decode(&sealed.0).ok()?;
            let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
            let payload = Payload { msg: sealed, aad: function.as_bytes() };
            let plain = self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
            serde_json::from_slice(&plain).ok()
        };
        open().ok_or_else(|| SecretsError { function: function.to_owned() })
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn values_are_readable_with_the_same_key_and_function_only() {
        let dir = tempfile::tempdir().unwrap();
        let key_file = dir.path().join("keys/lambda.key");
        let variables = BTreeMap::from([("TOKEN".to_owned(), "s3cret".to_owned())]);

        let sealed = Secrets::open(&key_file).unwrap().seal("echo", &variables).unwrap();
        let again = Secrets::open(&key_file).unwrap();
        assert_eq!(again.open_sealed("echo", &sealed).unwrap(), variables);
        assert!(again.open_sealed("other", &sealed).is_err());
        assert!(!sealed.0.contains("s3cret"));

        let other = Secrets::open(&dir.path().join("other.key")).unwrap();
        assert!(other.open_sealed("echo", &sealed).is_err());
        assert_eq!(std::fs::metadata(&key_file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
