//! One authorization code flow, while it is under way. What belongs to it is in a cookie of the browser that
//! went, sealed: so nobody comes back in another browser, or with an answer to another question, and no
//! replica of this server has to remember anything.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth2::{CsrfToken, PkceCodeVerifier};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    people::cookie,
    secret::{SealError, Secret, SecretKey},
};

/// What its cookie is sealed for.
const PURPOSE: &str = "oidc-flow";

/// What a flow is for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Goal {
    /// Somebody signs in, or up: by this invitation, or by none.
    SignIn { invitation: Option<String> },
    /// Somebody who is signed in wants to come in by the provider, too.
    Link { user: Uuid },
}

/// A flow that has begun.
#[derive(Serialize, Deserialize)]
pub(super) struct Flow {
    state: String,
    pub(super) nonce: String,
    /// What PKCE's challenge was made of.
    pub(super) verifier: String,
    /// The page that it ends at.
    pub(super) to: String,
    pub(super) goal: Goal,
    /// In seconds since 1970.
    expires: i64,
}

impl Flow {
    pub(super) fn new(
        state: CsrfToken,
        nonce: CsrfToken,
        verifier: PkceCodeVerifier,
        to: String,
        goal: Goal,
    ) -> Self {
        let expires = (OffsetDateTime::now_utc() + cookie::OIDC.lifetime).unix_timestamp();
        Self {
            state: state.into_secret(),
            nonce: nonce.into_secret(),
            verifier: verifier.into_secret(),
            to,
            goal,
            expires,
        }
    }

    /// As its cookie holds it.
    pub(super) fn sealed(&self, key: &SecretKey) -> Result<String, SealError> {
        // Texts and numbers always serialise.
        let plain = serde_json::to_vec(self).unwrap_or_default();
        Ok(URL_SAFE_NO_PAD.encode(key.seal(PURPOSE, b"", &plain)?))
    }

    /// The flow of a cookie, if `state` is its answer and it did not take too long.
    pub(super) fn of(cookie: &str, state: &str, key: &SecretKey) -> Option<Self> {
        let sealed = URL_SAFE_NO_PAD.decode(cookie).ok()?;
        let flow: Self = serde_json::from_slice(&key.open(PURPOSE, b"", &sealed)?).ok()?;
        let answers = Secret::from(flow.state.as_str()).matches(state);
        let in_time = OffsetDateTime::now_utc().unix_timestamp() < flow.expires;
        (answers && in_time).then_some(flow)
    }
}

/// Where a flow ends: at a page of ours, whatever was asked for.
pub(super) fn page(to: Option<&str>, invitation: Option<&str>) -> String {
    let ours = |to: &String| {
        to.starts_with('/')
            && !to[1..].starts_with(['/', '\\'])
            && to.len() <= 500
            && to.chars().all(|c| c.is_ascii_graphic() && c != '#')
    };
    let invited = || Some(format!("/invite/{}", invitation?));
    to.map(str::to_owned).or_else(invited).filter(ours).unwrap_or_else(|| "/".to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_ends_in_the_browser_that_it_began_in_and_in_time() {
        let key = SecretKey::new([7; 32]);
        let token = |text: &str| CsrfToken::new(text.to_owned());
        let verifier = PkceCodeVerifier::new("v".to_owned());
        let goal = Goal::SignIn { invitation: None };
        let mut flow = Flow::new(token("s"), token("n"), verifier, "/".to_owned(), goal);
        let cookie = flow.sealed(&key).unwrap();
        assert_eq!(Flow::of(&cookie, "s", &key).unwrap().nonce, "n");
        assert!(Flow::of(&cookie, "t", &key).is_none() && Flow::of("", "s", &key).is_none());
        assert!(Flow::of(&cookie, "s", &SecretKey::new([8; 32])).is_none());
        flow.expires = 0;
        assert!(Flow::of(&flow.sealed(&key).unwrap(), "s", &key).is_none());
    }

    #[test]
    fn only_pages_of_ours_are_gone_to() {
        let goes = |to: &str| page(Some(to), None);
        assert_eq!(goes("/calls?status=5xx"), "/calls?status=5xx");
        for to in [
            "",
            "calls",
            "//evil.example",
            "/\\evil.example",
            "https://evil",
            "/a\nb",
            "/#challenge=x",
        ] {
            assert_eq!(goes(to), "/", "{to}");
        }
        assert_eq!(page(None, Some("0123abcd")), "/invite/0123abcd");
        assert_eq!(page(None, None), "/");
    }
}
