//! The link that opens the dashboard in a browser: it works once and leaves the cookie of a session.
//!
//! Cookies do not tell ports apart, so the link's host is `localhost`: functions answer at
//! `127.0.0.1`, and what runs there never gets to see the cookie.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use promptpilot_control_plane::{ControlPlane, SecretToken};

use crate::secret;

/// Where the link leads.
const INSIDE: &str = "/";

/// A door that a link opens once.
#[derive(Clone)]
pub(super) struct Door {
    link: Arc<Mutex<Option<SecretToken>>>,
}

impl Door {
    /// A door, and the path that opens it.
    pub(super) fn new() -> Result<(Self, String), getrandom::Error> {
        let link = secret::random()?;
        let door = Self { link: Arc::new(Mutex::new(Some(SecretToken::new(&link)))) };
        Ok((door, format!("/open/{link}")))
    }

    /// The same API behind this door.
    pub(super) fn before(self, plane: &ControlPlane) -> Router {
        plane.router().layer(middleware::from_fn_with_state((self, plane.clone()), pass))
    }

    /// Spends the link.
    fn open(&self, candidate: &str) -> bool {
        let Ok(mut link) = self.link.lock() else { return false };
        let fits = link.as_ref().is_some_and(|link| link.matches(candidate));
        if fits {
            *link = None;
        }
        fits
    }
}

async fn pass(
    State((door, plane)): State<(Door, ControlPlane)>,
    request: Request,
    next: Next,
) -> Response {
    match request.uri().path().strip_prefix("/open/") {
        None => next.run(request).await,
        Some(candidate) if door.open(candidate) => welcome(&plane).await,
        Some(_) => (
            StatusCode::GONE,
            "This link has been used. `promptpilot up` prints a new one at its next start.\n",
        )
            .into_response(),
    }
}

async fn welcome(plane: &ControlPlane) -> Response {
    match plane.sign_in_local_owner().await {
        Ok(cookie) => {
            (StatusCode::SEE_OTHER, [(SET_COOKIE, cookie)], [(LOCATION, INSIDE)]).into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_opens_once() {
        let (door, path) = Door::new().unwrap();
        let link = path.strip_prefix("/open/").unwrap();
        assert!(!door.open("guess"));
        assert!(door.open(link));
        assert!(!door.open(link));
    }
}
