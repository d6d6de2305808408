//! What people do with their own account: a new password, and its end. Both ask for the password once
//! more, and count that like a try to sign in.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::NoContent,
};
use uuid::Uuid;

use super::{
    Caller, cookie,
    mailed::{self, Purpose},
    model::{Leave, NewPassword},
    password, second_step,
    session::{Browser, WithCookie, begin},
    sign_in::refused,
    store,
};
use crate::{
    database::see,
    http::{Problem, address::Site, body::Body},
    mail::Letter,
    organizations::{self, or_last_owner},
    plane::ControlPlane,
    secret::Secret,
};

/// Asks for the password once more.
pub(super) async fn confirm(
    plane: &ControlPlane,
    user: Uuid,
    browser: &Browser,
    given: String,
) -> Result<(), Problem> {
    plane.throttle().count(&user.to_string(), browser.address)?;
    let place = password::get_in_line()?;
    let hash = store::password(&mut *plane.database().read_person(user).await?, user).await?;
    if password::fits(&place, Secret::from(given), hash).await? { Ok(()) } else { Err(refused()) }
}

/// Every session ends, and a new one begins: whoever has the old password or a stolen cookie is out.
pub(super) async fn change_password(
    caller: Caller,
    browser: Browser,
    site: Site,
    Body(request): Body<NewPassword>,
) -> Result<WithCookie<NoContent>, Problem> {
    let Caller { plane, user, actor, .. } = caller;
    confirm(&plane, user, &browser, request.current).await?;
    let names = store::names(&mut *plane.database().read_person(user).await?, user).await?;
    password::check(&request.new, &names.email)?;
    let place = password::get_in_line()?;
    let hash = password::hash(&place, Secret::from(request.new)).await?;
    let mut db = plane.database().person(user, Some(&actor.origin)).await?;
    store::set_password(&mut db, user, &hash).await?;
    store::remove_sessions(&mut db).await?;
    second_step::forget_challenges(&mut db).await?;
    mailed::forget(&mut db, Purpose::Reset).await?;
    let begun = begin(&mut db, user, &browser).await?;
    db.commit().await?;
    plane.mailer().send(Letter::password_changed(&names.email, &site.page("/")));
    Ok(begun.with(&plane, NoContent))
}

/// Organizations that nobody else is in go with their person, if nothing was ever deployed in them.
pub(super) async fn delete(
    caller: Caller,
    browser: Browser,
    Body(request): Body<Leave>,
) -> Result<([(HeaderName, HeaderValue); 1], NoContent), Problem> {
    let Caller { plane, user, .. } = caller;
    confirm(&plane, user, &browser, request.password).await?;
    let mut db = plane.database().person(user, None).await?;
    let mut in_use = Vec::new();
    for membership in store::memberships_of(&mut db, user, None).await? {
        see(&mut db, membership.id).await?;
        if !organizations::end_if_alone(&mut db, user).await? {
            in_use.push(membership.slug);
        }
    }
    if !in_use.is_empty() {
        let detail = "there are endpoints in organizations that nobody else is in";
        return Err(Problem::conflict("organization-in-use", detail)
            .hint("make somebody else an owner first")
            .with("organizations", in_use));
    }
    store::remove_user(&mut db, user).await.map_err(or_last_owner)?;
    db.commit().await?;
    Ok(([(header::SET_COOKIE, cookie::SESSION.clear(plane.settings()))], NoContent))
}
