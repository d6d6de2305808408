//! Whether an address is its account's: shown by a link that is sent there.

use axum::{extract::State, http::StatusCode, response::NoContent};
use uuid::Uuid;

use super::{
    mailed::{self, Purpose},
    model::{Addressee, VerifyEmail},
    store,
};
use crate::{
    http::{
        Problem,
        address::{Address, Site},
        body::Body,
    },
    plane::ControlPlane,
};

/// Sends the link once more. Whether there is such an account is told to its address alone.
pub(super) async fn ask(
    State(plane): State<ControlPlane>,
    Address(address): Address,
    site: Site,
    Body(to): Body<Addressee>,
) -> Result<StatusCode, Problem> {
    mailed::ask(&plane, address, &site, Purpose::Verify, to.email)
}

/// Takes the link. Nobody is signed in by it.
pub(super) async fn complete(
    State(plane): State<ControlPlane>,
    Address(address): Address,
    Body(request): Body<VerifyEmail>,
) -> Result<NoContent, Problem> {
    plane.throttle().count_address(address)?;
    let mut db = plane.database().unbound().await?;
    let user = mailed::find(&mut db, Purpose::Verify, &request.token).await?;
    drop(db);
    let mut db = plane.database().person(user, None).await?;
    mailed::take(&mut db, Purpose::Verify, &request.token).await?;
    store::verify(&mut db, user).await?;
    db.commit().await?;
    Ok(NoContent)
}

/// Refuses who has not shown that their address is theirs, where that is asked for. Told only to who
/// knows the password.
pub(super) async fn check(plane: &ControlPlane, user: Uuid) -> Result<(), Problem> {
    let wanted = plane.settings().verify_emails;
    if !wanted || store::is_verified(&mut *plane.database().read_person(user).await?, user).await? {
        return Ok(());
    }
    let detail = "this address has not been confirmed";
    Err(Problem::new(StatusCode::FORBIDDEN, "email-unverified", detail).hint(
        "open the link of the letter that was sent to it, or ask for another letter: \
         `POST /api/email-verifications`",
    ))
}
