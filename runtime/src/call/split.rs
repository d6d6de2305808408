//! Shares calls out among models: who asks twice under one name is answered by the same model.

use sha2::{Digest, Sha256};

use crate::endpoint::{Auth, Endpoint, Model};

impl Endpoint {
    /// All models: the first, its fallbacks, those that share the first one's calls, and the one
    /// for test keys.
    pub(crate) fn all_models(&self) -> impl Iterator<Item = &'static Model<'static>> + use<> {
        let test = match self.auth {
            Auth::ApiKey { test } => Some(test),
            Auth::Public => None,
        };
        self.models.iter().chain(self.splits.iter().map(|split| &split.model)).chain(test)
    }

    /// Which of [`Self::all_models`] a call asks, in order: the one whose share it falls into, then
    /// the fallbacks. Calls with a test key ask the one for them and no other.
    pub(crate) fn order(&self, user: Option<&str>, test: bool) -> Vec<usize> {
        if test {
            return vec![self.models.len() + self.splits.len()];
        }
        let first = self.share_of(point(self.name, user));
        std::iter::once(first).chain(1..self.models.len()).collect()
    }

    /// Whose share this hundredth belongs to; what the splits leave is the first model's.
    fn share_of(&self, point: u8) -> usize {
        let mut end = 0;
        for (index, split) in self.splits.iter().enumerate() {
            end += split.percent;
            if point < end {
                return self.models.len() + index;
            }
        }
        0
    }
}

/// A hundredth: the same for the same user of an endpoint, and any where there is none.
fn point(endpoint: &str, user: Option<&str>) -> u8 {
    let number = match user {
        Some(user) => {
            let hash = Sha256::new().chain_update(endpoint).chain_update([0]).chain_update(user);
            hash.finalize().iter().take(4).fold(0, |sum, byte| sum << 8 | u32::from(*byte))
        }
        None => getrandom::u32().unwrap_or_default(),
    };
    u8::try_from(number % 100).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_user_stays_with_one_model(user in ".{1,40}") {
            prop_assert!(point("e", Some(&user)) < 100);
            prop_assert_eq!(point("e", Some(&user)), point("e", Some(&user)));
        }
    }

    #[test]
    fn users_and_calls_are_spread_evenly() {
        let of_users = (0..10_000).map(|user| point("e", Some(&user.to_string())));
        let of_calls = (0..10_000).map(|_| point("e", None));
        for low in [of_users.filter(|p| *p < 10).count(), of_calls.filter(|p| *p < 10).count()] {
            assert!((800..1200).contains(&low), "{low} of 10,000 in a tenth");
        }
    }
}
