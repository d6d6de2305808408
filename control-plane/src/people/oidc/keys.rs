//! The keys that the provider signs with.

use std::time::{Duration, Instant};

use jsonwebtoken::jwk::JwkSet;
use tokio::sync::Mutex;
use url::Url;

use super::fetch::{Fetch, FetchError};

/// How long a key is believed to be the provider's without asking again.
const LASTS: Duration = Duration::from_secs(3600);

/// The provider's keys, as it told them last.
#[derive(Debug, Default)]
pub(super) struct Keys {
    kept: Mutex<Option<(JwkSet, Instant)>>,
}

impl Keys {
    /// The keys. One that a token names and that is not among them makes us ask anew: providers change
    /// their keys. Tokens come from the provider itself, so nobody else makes us ask often.
    pub(super) async fn with(
        &self,
        kid: Option<&str>,
        fetch: &Fetch,
        url: &Url,
    ) -> Result<JwkSet, FetchError> {
        let mut kept = self.kept.lock().await;
        if let Some((keys, since)) = &*kept
            && since.elapsed() < LASTS
            && kid.is_none_or(|kid| keys.find(kid).is_some())
        {
            return Ok(keys.clone());
        }
        let keys: JwkSet = fetch.json(url, None).await?;
        *kept = Some((keys.clone(), Instant::now()));
        Ok(keys)
    }
}
