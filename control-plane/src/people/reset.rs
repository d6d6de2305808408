//! A new password for who has forgotten theirs, by a link that is sent to their address.

use axum::{extract::State, http::StatusCode, response::NoContent};

use super::{
    mailed::{self, Purpose},
    model::{Addressee, ResetPassword},
    password, second_step,
    session::Browser,
    store,
};
use crate::{
    audit::Sender,
    database::see,
    http::{
        Problem,
        address::{Address, Site},
        body::Body,
    },
    mail::Letter,
    plane::ControlPlane,
    secret::Secret,
    tokens,
};

/// Whether there is such an account is told to its address alone.
pub(super) async fn ask(
    State(plane): State<ControlPlane>,
    Address(address): Address,
    site: Site,
    Body(to): Body<Addressee>,
) -> Result<StatusCode, Problem> {
    mailed::ask(&plane, address, &site, Purpose::Reset, to.email)
}

/// Nobody is signed in by it: whoever has the link still has to sign in, with the password that they
/// chose. All sessions end; access tokens end where they are said to, since what runs by them goes on
/// when a person forgets.
pub(super) async fn complete(
    State(plane): State<ControlPlane>,
    browser: Browser,
    site: Site,
    sender: Sender,
    Body(request): Body<ResetPassword>,
) -> Result<NoContent, Problem> {
    plane.throttle().count_address(browser.address)?;
    let place = password::get_in_line()?;
    let mut db = plane.database().unbound().await?;
    let user = mailed::find(&mut db, Purpose::Reset, &request.token).await?;
    drop(db);
    let names = store::names(&mut *plane.database().read_person(user).await?, user).await?;
    password::check(&request.password, &names.email)?;
    let hash = password::hash(&place, Secret::from(request.password)).await?;
    let mut db = plane.database().person(user, Some(&sender.by("letter"))).await?;
    mailed::take(&mut db, Purpose::Reset, &request.token).await?;
    store::set_password(&mut db, user, &hash).await?;
    store::verify(&mut db, user).await?;
    store::remove_sessions(&mut db).await?;
    second_step::forget_challenges(&mut db).await?;
    if request.end_tokens {
        for membership in store::memberships_of(&mut db, user, None).await? {
            see(&mut db, membership.id).await?;
            tokens::end_all_of(&mut db, user).await?;
        }
    }
    db.commit().await?;
    plane.mailer().send(Letter::password_changed(&names.email, &site.page("/")));
    Ok(NoContent)
}
