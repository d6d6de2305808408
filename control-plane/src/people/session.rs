//! Sessions begin here: by a password, by signing up, or by the link of one's own machine.

use std::net::IpAddr;

use aide::OperationInput;
use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, header, request::Parts},
};
use promptpilot_spec::key;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    cookie,
    store::{self, NewSession},
};
use crate::{
    http::{Problem, address},
    plane::ControlPlane,
    secret,
};

/// The browser that a session begins with.
#[derive(Debug, Default)]
pub(super) struct Browser {
    pub(super) address: Option<IpAddr>,
    agent: Option<String>,
    /// The cookie that it came with.
    before: Option<String>,
}

impl FromRequestParts<ControlPlane> for Browser {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        plane: &ControlPlane,
    ) -> Result<Self, Self::Rejection> {
        let headers = &parts.headers;
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Self {
            address: address::of(headers, &parts.extensions, plane.settings()),
            agent: agent.map(|agent| agent.chars().take(200).collect()),
            before: cookie::SESSION.read(headers, plane.settings()).map(ToOwned::to_owned),
        })
    }
}

impl OperationInput for Browser {}

/// A session that began.
pub(super) struct Begun {
    pub(super) id: Uuid,
    /// What its cookie holds.
    token: String,
}

/// An answer that leaves a cookie, or takes it away.
pub(super) type WithCookie<T> = ([(HeaderName, HeaderValue); 1], T);

impl Begun {
    /// An answer with the session's cookie.
    pub(super) fn with<T>(&self, plane: &ControlPlane, answer: T) -> WithCookie<T> {
        ([(header::SET_COOKIE, cookie::SESSION.set(&self.token, plane.settings()))], answer)
    }
}

/// Begins a session in a transaction of its person. The one that the browser came with ends: nobody
/// can have chosen the cookie of somebody who has signed in.
pub(super) async fn begin(
    db: &mut PgConnection,
    user: Uuid,
    browser: &Browser,
) -> Result<Begun, Problem> {
    if let Some(before) = &browser.before {
        store::end_session(db, &key::hash(before)).await?;
    }
    let token = secret::random().map_err(|error| Problem::internal("make a session", &error))?;
    let new = NewSession {
        user,
        hash: &key::hash(&token),
        address: browser.address.map(|address| address.to_string()),
        agent: browser.agent.as_deref(),
        expires: OffsetDateTime::now_utc() + cookie::SESSION.lifetime,
    };
    let id = store::add_session(db, new).await?;
    Ok(Begun { id, token })
}

/// The cookie of a new session of the local owner's, for who opened the link of `up`.
pub(crate) async fn begin_local(plane: &ControlPlane) -> Result<HeaderValue, Problem> {
    let owner = plane.ensure_local_owner().await?;
    let mut db = plane.database().person(owner.user, None).await?;
    let begun = begin(&mut db, owner.user, &Browser::default()).await?;
    db.commit().await?;
    Ok(cookie::SESSION.set(&begun.token, plane.settings()))
}
