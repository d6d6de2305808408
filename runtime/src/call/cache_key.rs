//! What an answer is remembered by: everything that decides it.

use std::hash::{Hash, Hasher};

use promptpilot_spec::deployment::Identity;
use sha2::{Digest, Sha256};

use super::party::hexadecimal;
use crate::{event::Incoming, provider::Turn};

/// What a caller says of remembered answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CacheControl {
    /// `no-cache` or `no-store`: not answered from memory.
    pub(super) fresh: bool,
    /// `no-store`: not remembered either.
    pub(super) forget: bool,
}

impl CacheControl {
    pub(super) fn read(incoming: &Incoming) -> Self {
        let said = incoming.header("cache-control").unwrap_or_default();
        let says = |word: &str| said.split(',').any(|it| it.trim().eq_ignore_ascii_case(word));
        let forget = says("no-store");
        Self { fresh: forget || says("no-cache"), forget }
    }
}

/// Of the endpoint's version, the model that is asked first, who shares the answer, and the
/// conversation as the model sees it.
pub(super) fn cache_key(identity: &Identity, scope: &str, model: usize, turns: &[Turn]) -> String {
    let mut key = Key(Sha256::new());
    (identity.version, scope, model, turns).hash(&mut key);
    hexadecimal(&key.0.finalize())
}

/// Values write themselves free of ambiguity into a hasher. Should another compiler let them do so
/// in another way, answers are made anew and no wrong one is given.
struct Key(Sha256);

impl Hasher for Key {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks for the short form.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::endpoint::Role;

    #[test]
    fn whatever_decides_an_answer_is_in_its_key() {
        let identity = |version| Identity {
            organization: Uuid::nil(),
            environment: "production".to_owned(),
            endpoint: Uuid::nil(),
            version,
            deployment: Uuid::nil(),
        };
        let say = |texts: &[&str]| -> Vec<Turn> {
            texts.iter().map(|text| Turn::new(Role::User, *text)).collect()
        };
        let keys = [
            cache_key(&identity(1), "e", 0, &say(&["ab"])),
            cache_key(&identity(2), "e", 0, &say(&["ab"])),
            cache_key(&identity(1), "e/key:1", 0, &say(&["ab"])),
            cache_key(&identity(1), "e", 1, &say(&["ab"])),
            cache_key(&identity(1), "e", 0, &say(&["a", "b"])),
            cache_key(&identity(1), "e", 0, &[Turn::new(Role::System, "ab")]),
            cache_key(&identity(1), "e", 0, &[]),
        ];
        let different: std::collections::HashSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len());
        assert_eq!(keys[0], cache_key(&identity(1), "e", 0, &say(&["ab"])));
        assert_eq!(keys[0].len(), 64);
    }
}
