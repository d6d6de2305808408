//! Text that must not be shown: in no log, no error, no debug output.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A secret text. Its debug output is `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that sends it on.
    pub fn expose(&self) -> &str {
        &self.0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_show_themselves() {
        let text = format!("{:?} {:?}", Secret::from("hunter2"), SecretToken::new("hunter2"));
        assert_eq!(text, "*** ***");
    }

    #[test]
    fn only_the_token_matches() {
        let token = SecretToken::new("right");
        assert!(token.matches("right"));
        assert!(!token.matches("wrong"));
        assert!(!token.matches(""));
    }
}
