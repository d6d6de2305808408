//! Who asks: by the installation's token, a token of their own, or the cookie of a session.

use aide::OperationInput;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};
use promptpilot_spec::key;
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

use super::{
    cookie,
    model::Membership,
    store::{self, Known},
};
use crate::{
    audit::Actor,
    http::{Problem, context},
    plane::ControlPlane,
};

/// What pages of ours send with every write, so that pages of others cannot.
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";

/// How somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Via {
    /// By the installation's own token, as its owner, in this organization where none is named.
    Installation(Uuid),
    /// By an access token, which is for one organization.
    Token { id: Uuid, organization: Uuid },
    /// By signing in.
    Session(Uuid),
}

/// Whether a request is for an organization.
#[derive(Debug, Clone, Copy)]
pub(super) enum For<'a> {
    /// For none.
    Person,
    /// For the one that it names, or else for the only one that it may mean.
    Organization(Option<&'a str>),
}

impl For<'_> {
    fn named(&self) -> Option<&str> {
        match self {
            Self::Person => None,
            Self::Organization(named) => *named,
        }
    }
}

/// Somebody who is known.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) plane: ControlPlane,
    pub(crate) user: Uuid,
    pub(crate) via: Via,
    /// The same, as the audit log has it.
    pub(crate) actor: Actor,
}

impl Caller {
    /// A transaction that sees what is this person's own.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, Problem> {
        Ok(self.plane.database().person(self.user, Some(&self.actor.origin)).await?)
    }

    /// The same, in which nothing can be changed.
    pub(crate) async fn read(&self) -> Result<Transaction<'static, Postgres>, Problem> {
        Ok(self.plane.database().read_person(self.user).await?)
    }

    /// Who sent a request, and what they are in the organizations that it may be for.
    pub(super) async fn of(
        db: &mut PgConnection,
        parts: &Parts,
        plane: &ControlPlane,
        asked: For<'_>,
    ) -> Result<(Self, Vec<Membership>), Problem> {
        let (via, user, memberships) = match bearer(&parts.headers) {
            Some(token) => by_token(db, token, plane, asked).await?,
            None => by_cookie(db, parts, plane, asked.named()).await?,
        };
        let actor = Actor::of(parts, plane.settings(), user, via);
        Ok((Self { plane: plane.clone(), user, via, actor }, memberships))
    }
}

/// Whether a request carries the installation's own token.
pub(super) fn is_installation(headers: &HeaderMap, plane: &ControlPlane) -> bool {
    bearer(headers).is_some_and(|token| opens_installation(token, plane))
}

fn opens_installation(token: &str, plane: &ControlPlane) -> bool {
    plane.settings().token.as_ref().is_some_and(|installed| installed.matches(token))
}

type Found = (Via, Uuid, Vec<Membership>);

async fn by_token(
    db: &mut PgConnection,
    token: &str,
    plane: &ControlPlane,
    asked: For<'_>,
) -> Result<Found, Problem> {
    if opens_installation(token, plane) {
        let owner = plane.ensure_local_owner().await?;
        let memberships = match asked {
            For::Person => Vec::new(),
            For::Organization(named) => {
                let usual = owner.organization.to_string();
                store::memberships_of(db, owner.user, named.or(Some(&usual))).await?
            }
        };
        return Ok((Via::Installation(owner.organization), owner.user, memberships));
    }
    let found = store::token_of(db, &key::hash(token), asked.named()).await?;
    let (Known { id, user, memberships }, organization) = found.ok_or_else(unknown)?;
    Ok((Via::Token { id, organization }, user, memberships))
}

async fn by_cookie(
    db: &mut PgConnection,
    parts: &Parts,
    plane: &ControlPlane,
    named: Option<&str>,
) -> Result<Found, Problem> {
    let cookie = cookie::SESSION.read(&parts.headers, plane.settings()).ok_or_else(unknown)?;
    let found = store::session_of(db, &key::hash(cookie), named).await?;
    let Known { id, user, memberships } = found.ok_or_else(unknown)?;
    if !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        check_csrf(&parts.headers, plane, id)?;
    }
    Ok((Via::Session(id), user, memberships))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn unknown() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "this request carries no token and no session, or one that is not good any more",
    )
    .hint("send `Authorization: Bearer <token>`, or sign in")
}

/// What a session's pages send with writes. It is derived, so that another session's, or that of
/// this person's last one, is worth nothing.
pub(super) fn csrf_token(plane: &ControlPlane, session: Uuid) -> String {
    plane.settings().secret_key.derive("csrf", session.as_bytes()).expose().to_owned()
}

fn check_csrf(headers: &HeaderMap, plane: &ControlPlane, session: Uuid) -> Result<(), Problem> {
    let given = headers.get(CSRF_HEADER).and_then(|given| given.to_str().ok()).unwrap_or_default();
    if plane.settings().secret_key.derive("csrf", session.as_bytes()).matches(given) {
        return Ok(());
    }
    let detail = format!("a write by cookie takes the session's token in `{CSRF_HEADER}`");
    Err(Problem::new(StatusCode::FORBIDDEN, "csrf-token-wrong", detail)
        .hint("take `csrf_token` from `GET /api/me`"))
}

impl FromRequestParts<ControlPlane> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &ControlPlane,
    ) -> Result<Self, Self::Rejection> {
        context::admitted(parts)
    }
}

/// What it takes to be let in is told by the list of operations.
impl OperationInput for Caller {}
