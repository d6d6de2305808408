//! The link that opens the API in a browser: it works once and leaves a cookie.
//!
//! Cookies do not tell ports apart, so the link's host is `localhost`: functions answer at
//! `127.0.0.1`, and what runs there never gets to see the cookie.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use promptpilot_control_plane::SecretToken;

use crate::secret;

const COOKIE_NAME: &str = "promptpilot";

/// Where the link leads.
const INSIDE: &str = "/api/status";

/// A door that a link opens once, and a cookie as often as it is shown.
#[derive(Clone)]
pub(super) struct Door {
    shared: Arc<Shared>,
}

struct Shared {
    link: Mutex<Option<SecretToken>>,
    session: String,
    /// What the API itself asks for.
    bearer: HeaderValue,
}

impl Door {
    /// A door to an API that asks for `token`, and the path that opens it.
    pub(super) fn new(token: &str) -> Result<(Self, String), getrandom::Error> {
        let link = secret::random()?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {token}"))
            .unwrap_or_else(|_| unreachable!("tokens are hexadecimal"));
        bearer.set_sensitive(true);
        let shared = Shared {
            link: Mutex::new(Some(SecretToken::new(&link))),
            session: secret::random()?,
            bearer,
        };
        Ok((Self { shared: Arc::new(shared) }, format!("/open/{link}")))
    }

    /// The same API behind this door.
    pub(super) fn before(self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self, pass))
    }

    /// Spends the link.
    fn open(&self, candidate: &str) -> bool {
        let Ok(mut link) = self.shared.link.lock() else { return false };
        let fits = link.as_ref().is_some_and(|link| link.matches(candidate));
        if fits {
            *link = None;
        }
        fits
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let session = SecretToken::new(&self.shared.session);
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .any(|(name, value)| name == COOKIE_NAME && session.matches(value))
    }
}

async fn pass(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    if let Some(candidate) = request.uri().path().strip_prefix("/open/") {
        return match door.open(candidate) {
            true => welcome(&door),
            false => (
                StatusCode::GONE,
                "This link has been used. `promptpilot up` prints a new one at its next start.\n",
            )
                .into_response(),
        };
    }
    let headers = request.headers_mut();
    if !headers.contains_key(AUTHORIZATION) && door.knows(headers) {
        headers.insert(AUTHORIZATION, door.shared.bearer.clone());
    }
    next.run(request).await
}

fn welcome(door: &Door) -> Response {
    let cookie =
        format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict", door.shared.session);
    (StatusCode::SEE_OTHER, [(LOCATION, INSIDE.to_owned()), (SET_COOKIE, cookie)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_opens_once() {
        let (door, path) = Door::new("aa").unwrap();
        let link = path.strip_prefix("/open/").unwrap();
        assert!(!door.open("guess"));
        assert!(door.open(link));
        assert!(!door.open(link));
    }

    #[test]
    fn only_the_right_cookie_is_known() {
        let (door, _) = Door::new("aa").unwrap();
        let with = |cookie: String| {
            HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(cookie).unwrap())])
        };
        assert!(door.knows(&with(format!("a=b; {COOKIE_NAME}={}", door.shared.session))));
        assert!(!door.knows(&with(format!("{COOKIE_NAME}=guess"))));
        assert!(!door.knows(&HeaderMap::new()));
    }
}
