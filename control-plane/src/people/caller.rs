//! Who asks: by the installation's token, a token of their own, or the cookie of a session.

use std::future::Future;

use aide::OperationInput;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
};
use promptpilot_spec::key;
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::{
    cookie,
    model::Membership,
    store::{self, Known},
};
use crate::{
    audit::Actor,
    http::{Problem, context},
    plane::{ControlPlane, recent::Recent},
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
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum For {
    /// For none.
    Person,
    /// For the one that it names, or else for the only one that it may mean.
    Organization(Option<String>),
}

impl For {
    pub(super) fn named(&self) -> Option<&str> {
        match self {
            Self::Person => None,
            Self::Organization(named) => named.as_deref(),
        }
    }
}

/// Whom a secret belongs to, and what they are in the organizations that were asked for.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    via: Via,
    user: Uuid,
    memberships: Vec<Membership>,
}

/// By the hashes of secrets, and by what requests were for.
pub(crate) type RecentCallers = Recent<(String, For), Found>;

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
        parts: &Parts,
        plane: &ControlPlane,
        asked: &For,
    ) -> Result<(Self, Vec<Membership>), Problem> {
        let Found { via, user, memberships } = match bearer(&parts.headers) {
            Some(token) => by_token(token, plane, asked).await?,
            None => by_cookie(parts, plane, asked).await?,
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

async fn by_token(token: &str, plane: &ControlPlane, asked: &For) -> Result<Found, Problem> {
    let look_up = async {
        if opens_installation(token, plane) {
            return Ok(installation(plane, asked).await?);
        }
        let mut db = plane.database().unbound().await?;
        let found = store::token_of(&mut db, &key::hash(token), asked.named()).await?;
        let (Known { id, user, memberships }, organization) = found.ok_or_else(unknown)?;
        Ok(Found { via: Via::Token { id, organization }, user, memberships })
    };
    known(token, plane, asked, look_up).await
}

async fn installation(plane: &ControlPlane, asked: &For) -> sqlx::Result<Found> {
    let owner = plane.ensure_local_owner().await?;
    let memberships = match asked {
        For::Person => Vec::new(),
        For::Organization(named) => {
            let usual = owner.organization.to_string();
            let mut db = plane.database().unbound().await?;
            store::memberships_of(&mut db, owner.user, named.as_deref().or(Some(&usual))).await?
        }
    };
    Ok(Found { via: Via::Installation(owner.organization), user: owner.user, memberships })
}

async fn by_cookie(parts: &Parts, plane: &ControlPlane, asked: &For) -> Result<Found, Problem> {
    let cookie = cookie::SESSION.read(&parts.headers, plane.settings()).ok_or_else(unknown)?;
    let look_up = async {
        let mut db = plane.database().unbound().await?;
        let found = store::session_of(&mut db, &key::hash(cookie), asked.named()).await?;
        let Known { id, user, memberships } = found.ok_or_else(unknown)?;
        Ok(Found { via: Via::Session(id), user, memberships })
    };
    let found = known(cookie, plane, asked, look_up).await?;
    if let Via::Session(id) = found.via
        && !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS)
    {
        check_csrf(&parts.headers, plane, id)?;
    }
    Ok(found)
}

/// Whom a secret belongs to.
async fn known(
    secret: &str,
    plane: &ControlPlane,
    asked: &For,
    look_up: impl Future<Output = Result<Found, Problem>>,
) -> Result<Found, Problem> {
    plane.lookups().callers.get((key::hash(secret), asked.clone()), look_up).await
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
