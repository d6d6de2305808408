//! API keys as texts: `pp_live_` or `pp_test_`, 48 hexadecimal digits of chance, and 8 of a checksum.
//!
//! The checksum tells a mistyped key from an unknown one without asking anybody, and lets scanners
//! find keys in places where they should not be. What is stored is the [`hash`] alone.

use sha2::{Digest, Sha256};

/// Random bytes in a key.
pub const RANDOM: usize = 24;

/// Characters of a key that people may see: `pp_live_` and the first of its random digits.
const SHOWN: usize = 12;

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Calls that are answered by the endpoint's models.
    Live,
    /// Calls that are answered by the sandbox, at no cost.
    Test,
}

impl KeyKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Live => "pp_live_",
            Self::Test => "pp_test_",
        }
    }
}

/// The key of these random bytes.
pub fn write(kind: KeyKind, random: &[u8; RANDOM]) -> String {
    write_as(kind.prefix(), random)
}

/// The same for what is no key and is written like one.
pub fn write_as(prefix: &str, random: &[u8; RANDOM]) -> String {
    let body = format!("{prefix}{}", hex(random));
    format!("{body}{}", checksum(&body))
}

/// Which kind of key this is; `None` where it is none, or was mistyped.
pub fn kind(text: &str) -> Option<KeyKind> {
    let kind =
        [KeyKind::Live, KeyKind::Test].into_iter().find(|kind| text.starts_with(kind.prefix()))?;
    let length = kind.prefix().len() + 2 * RANDOM;
    let (body, check) = text.split_at_checked(length)?;
    (check == checksum(body)).then_some(kind)
}

/// What a key is stored and looked up by: its SHA-256 in hexadecimal.
pub fn hash(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// Its beginning, which people tell their keys apart by and which opens nothing.
pub fn shown(text: &str) -> &str {
    text.get(..SHOWN).unwrap_or_default()
}

fn checksum(body: &str) -> String {
    hex(&Sha256::digest(body)[..4])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        for (wanted, beginning) in
            [(KeyKind::Live, "pp_live_0707"), (KeyKind::Test, "pp_test_0707")]
        {
            let key = write(wanted, &[7; RANDOM]);
            assert_eq!((kind(&key), shown(&key), key.len()), (Some(wanted), beginning, 64));
        }
    }

    #[test]
    fn a_mistyped_key_is_none() {
        let key = write(KeyKind::Live, &[7; RANDOM]);
        for place in 0..key.len() {
            let mut wrong = key.clone();
            let other = if wrong.as_bytes()[place] == b'0' { "1" } else { "0" };
            wrong.replace_range(place..=place, other);
            assert_eq!(kind(&wrong), None, "{wrong}");
        }
        let (short, long) = (&key[..63], format!("{key}0"));
        for wrong in ["", "pp_live_", "sk-1", short, &long, "pp_live_ööööööööööööööööööööööööööö"]
        {
            assert_eq!(kind(wrong), None, "{wrong}");
        }
        assert_eq!(kind(&key.replace("live", "test")), None);
    }
}
