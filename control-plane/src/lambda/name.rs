//! What functions are called at the target.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// `pp-<12 characters>-<name>`: the characters keep apart what has the same name in other
/// organizations and environments, the name is for people who look at the console. Lambda allows
/// 64 characters.
pub(crate) fn function_name(
    organization: Uuid,
    environment: Uuid,
    endpoint: Uuid,
    name: &str,
) -> String {
    let mut hash = Sha256::new();
    for id in [organization, environment, endpoint] {
        hash.update(id.as_bytes());
    }
    let id = hex::encode(hash.finalize());
    let cut: String = name.chars().take(40).collect();
    format!("pp-{}-{}", &id[..12], cut.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_lambda() {
        let id = Uuid::from_u128(1);
        let name = function_name(id, id, id, &"a".repeat(48));
        assert_eq!(name.len(), 3 + 12 + 1 + 40);
        assert_eq!(name, function_name(id, id, id, &"a".repeat(48)));
        assert_ne!(name, function_name(id, id, Uuid::from_u128(2), &"a".repeat(48)));
    }
}
