//! Invitations by link: made by an admin, accepted once, within a week.

use axum::{Json, extract::State, http::StatusCode, response::NoContent};
use promptpilot_spec::key;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    members::too_great,
    model::{ByToken, CreatedInvitation, Invitation, NewInvitation, Organization, ShownInvitation},
    store::{self, OfInvitation},
};
use crate::{
    database::see,
    http::{
        Context, Page, Paging, Problem,
        address::Site,
        body::Body,
        extract::{Path, Query},
    },
    mail::Letter,
    people::{Caller, check_email, store as people},
    plane::ControlPlane,
    secret,
};

/// How long an invitation is good.
const LIFETIME: Duration = Duration::days(7);

pub(super) async fn list(
    context: Context,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<Invitation>>, Problem> {
    let mut db = context.read().await?;
    let limit = paging.limit();
    let items = store::invitations(&mut db, paging.after, limit + 1).await?;
    Ok(Json(Page::new(items, limit, |invitation| invitation.id)))
}

pub(super) async fn create(
    context: Context,
    site: Site,
    Body(new): Body<NewInvitation>,
) -> Result<(StatusCode, Json<CreatedInvitation>), Problem> {
    if !context.role.may_change(None, Some(new.role)) {
        return Err(too_great(context.role));
    }
    new.email.as_deref().map_or(Ok(()), check_email)?;
    let token =
        secret::random().map_err(|error| Problem::internal("make an invitation", &error))?;
    let about = Invitation {
        id: Uuid::now_v7(),
        email: new.email,
        role: new.role,
        expires: OffsetDateTime::now_utc() + LIFETIME,
    };
    let mut db = context.begin().await?;
    let (organization, by) = (context.organization, context.user);
    store::add_invitation(&mut db, organization, &about, &key::hash(&token), by).await?;
    let shown = store::show_invitation(&mut db, about.id).await?.ok_or_else(gone)?;
    db.commit().await?;
    let url = site.page(&format!("/invite/{token}"));
    let mailed = send(&context.plane, &shown, &url);
    Ok((StatusCode::CREATED, Json(CreatedInvitation { token, url, mailed, about })))
}

/// Sends the link to whom the invitation is for, where that is known and letters reach people. Whoever
/// made the invitation has the link, too.
fn send(plane: &ControlPlane, shown: &ShownInvitation, url: &str) -> bool {
    let Some(email) = shown.email.as_deref().filter(|_| plane.mailer().reaches_people()) else {
        return false;
    };
    let by = shown.invited_by.as_deref().unwrap_or("Somebody");
    plane.mailer().send(Letter::invitation(email, url, by, &shown.organization));
    true
}

pub(super) async fn revoke(
    context: Context,
    Path((_, id)): Path<(String, Uuid)>,
) -> Result<NoContent, Problem> {
    let mut db = context.begin().await?;
    if store::take_invitation(&mut db, id).await?.is_none() {
        return Err(Problem::not_found("invitation", id));
    }
    db.commit().await?;
    Ok(NoContent)
}

/// For whoever has the link: it is the token that lets them see it, and nothing else.
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    Body(by): Body<ByToken>,
) -> Result<Json<ShownInvitation>, Problem> {
    let of = find(&mut *plane.database().unbound().await?, &by.token).await?;
    let mut db = plane.database().read_tenant(of.organization).await?;
    store::show_invitation(&mut db, of.invitation).await?.map(Json).ok_or_else(gone)
}

/// Which invitation a token accepts.
pub(crate) async fn find(db: &mut PgConnection, token: &str) -> Result<OfInvitation, Problem> {
    store::invitation_of(db, &key::hash(token)).await?.ok_or_else(gone)
}

fn gone() -> Problem {
    let detail = "this invitation was accepted, taken back, or is too old";
    Problem::new(StatusCode::NOT_FOUND, "invitation-not-found", detail).hint("ask for another one")
}

/// Takes somebody into the organization that invited them, which the transaction sees from then on.
pub(crate) async fn accept(
    db: &mut PgConnection,
    user: Uuid,
    email: &str,
    token: &str,
) -> Result<Organization, Problem> {
    let of = find(db, token).await?;
    see(db, of.organization).await?;
    let taken = store::take_invitation(db, of.invitation).await?.ok_or_else(gone)?;
    if taken.email.is_some_and(|meant| !meant.eq_ignore_ascii_case(email)) {
        let detail = "this invitation is for another address of mail";
        return Err(Problem::new(StatusCode::FORBIDDEN, "invitation-for-another", detail)
            .hint("sign in with the address that was invited"));
    }
    if !store::add_member(db, of.organization, user, taken.role).await? {
        let detail = "you are in this organization already";
        return Err(Problem::conflict("already-a-member", detail));
    }
    store::get(db).await?.ok_or_else(gone)
}

pub(super) async fn accept_by_token(
    caller: Caller,
    Body(by): Body<ByToken>,
) -> Result<Json<Organization>, Problem> {
    let mut db = caller.begin().await?;
    let names = people::names(&mut db, caller.user).await?;
    // Where it fails, nothing is kept: whom the invitation is for can still accept it.
    let organization = accept(&mut db, caller.user, &names.email, &by.token).await?;
    db.commit().await?;
    Ok(Json(organization))
}
