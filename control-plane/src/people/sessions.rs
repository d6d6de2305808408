//! Who somebody is, and where they are signed in.

use axum::{Json, response::NoContent};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    Caller, Via,
    access::permissions,
    caller::csrf_token,
    model::{Me, Membership, MyOrganization, Session},
    store,
};
use crate::{
    http::{Page, Problem, extract::Path},
    plane::ControlPlane,
};

pub(super) async fn me(caller: Caller) -> Result<Json<Me>, Problem> {
    let mut db = caller.read().await?;
    about(&mut db, &caller.plane, caller.user, caller.via).await.map(Json)
}

/// Who somebody is, in a transaction of theirs.
pub(super) async fn about(
    db: &mut PgConnection,
    plane: &ControlPlane,
    user: Uuid,
    via: Via,
) -> Result<Me, Problem> {
    let (names, organizations) = store::about(db, user, only(via).as_deref()).await?;
    let (csrf_token, token) = match via {
        Via::Session(session) => (Some(csrf_token(plane, session)), None),
        Via::Token { id, .. } => (None, Some(id)),
        Via::Installation(_) => (None, None),
    };
    let organizations = organizations
        .into_iter()
        .map(|membership| MyOrganization { permissions: permissions(membership.role), membership });
    Ok(Me {
        id: user,
        email: names.email,
        name: names.name,
        organizations: organizations.collect(),
        csrf_token,
        token,
    })
}

/// Where somebody belongs. Who came by a token sees the token's organization only.
pub(crate) async fn memberships(
    db: &mut PgConnection,
    user: Uuid,
    via: Via,
) -> sqlx::Result<Vec<Membership>> {
    store::memberships_of(db, user, only(via).as_deref()).await
}

fn only(via: Via) -> Option<String> {
    match via {
        Via::Token { organization, .. } => Some(organization.to_string()),
        Via::Installation(_) | Via::Session(_) => None,
    }
}

pub(super) async fn list(caller: Caller) -> Result<Json<Page<Session>>, Problem> {
    let current = match caller.via {
        Via::Session(id) => Some(id),
        Via::Installation(_) | Via::Token { .. } => None,
    };
    let mut db = caller.read().await?;
    let items = store::sessions(&mut db, current).await?;
    Ok(Json(Page { items, next: None }))
}

pub(super) async fn end(caller: Caller, Path(id): Path<Uuid>) -> Result<NoContent, Problem> {
    let mut db = caller.begin().await?;
    if !store::remove_session(&mut db, id).await? {
        return Err(Problem::not_found("session", id));
    }
    db.commit().await?;
    Ok(NoContent)
}
