//! What people do with their identities at the provider: look at them, link one, unlink one. The last two take
//! the password once more: whoever finds a browser open must not let themselves in, and nobody unlinks the
//! only way in.

use axum::{Json, http::header, response::NoContent};
use uuid::Uuid;

use super::{
    CALLBACK,
    flow::Goal,
    model::{ByPassword, Identity, Linking},
    off, sealed, store,
};
use crate::{
    http::{Page, Problem, address::Site, body::Body, extract::Path},
    people::{
        Caller,
        account::confirm,
        session::{Browser, WithCookie},
    },
};

/// The page of ours that identities are on.
const PROFILE: &str = "/profile";

pub(super) async fn list(caller: Caller) -> Result<Json<Page<Identity>>, Problem> {
    let items = store::list(&mut *caller.read().await?).await?;
    Ok(Json(Page { items, next: None }))
}

/// Begins to link an identity. Which one, is said at the provider.
pub(super) async fn begin(
    caller: Caller,
    site: Site,
    browser: Browser,
    Body(request): Body<ByPassword>,
) -> Result<WithCookie<Json<Linking>>, Problem> {
    let Caller { plane, user, .. } = caller;
    let provider = plane.oidc().ok_or_else(off)?;
    confirm(&plane, user, &browser, request.password).await?;
    let goal = Goal::Link { user };
    let (url, flow) = provider.begin(site.page(CALLBACK), PROFILE.to_owned(), goal).await?;
    let kept = sealed(&plane, &flow)?;
    Ok(([(header::SET_COOKIE, kept)], Json(Linking { url: url.into() })))
}

pub(super) async fn unlink(
    caller: Caller,
    browser: Browser,
    Path(id): Path<Uuid>,
    Body(request): Body<ByPassword>,
) -> Result<NoContent, Problem> {
    confirm(&caller.plane, caller.user, &browser, request.password).await?;
    let mut db = caller.begin().await?;
    if !store::unlink(&mut db, id).await? {
        return Err(Problem::not_found("identity", id));
    }
    db.commit().await?;
    Ok(NoContent)
}
