//! The second step of signing in, for who has an authenticator: after the password, one of its codes or a
//! recovery code. Between the steps there is a challenge, which opens nothing but the second.

mod authenticator;
mod enrolment;
mod lost;
pub(super) mod model;
mod recovery;
pub(super) mod routes;
mod store;

use axum::{Json, extract::State, http::StatusCode};
use promptpilot_spec::key;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub(crate) use self::authenticator::PURPOSE;
use self::model::{Challenge, SecondStep};
use super::{
    Via,
    model::Me,
    session::{Browser, WithCookie, begin},
    sessions::about,
};
use crate::{
    audit::Sender,
    http::{Problem, body::Body},
    plane::ControlPlane,
    secret,
};

/// How long a challenge is good.
const LIFETIME: Duration = Duration::minutes(5);

/// The challenge for who gave the right password; `None` for who needs no second step.
pub(super) async fn challenge(
    db: &mut PgConnection,
    user: Uuid,
) -> Result<Option<Challenge>, Problem> {
    if store::state(db).await?.confirmed.is_none() {
        return Ok(None);
    }
    let token = secret::random().map_err(|error| Problem::internal("make a challenge", &error))?;
    let expires = OffsetDateTime::now_utc() + LIFETIME;
    store::add_challenge(db, user, &key::hash(&token), expires).await?;
    Ok(Some(Challenge { challenge: token, expires }))
}

/// Ends the challenges of who has another password since.
pub(super) async fn forget_challenges(db: &mut PgConnection) -> sqlx::Result<()> {
    store::forget_challenges(db).await
}

/// Takes the second step. A wrong code leaves the challenge as it was, and counts as a wrong password.
async fn complete(
    State(plane): State<ControlPlane>,
    browser: Browser,
    sender: Sender,
    Body(request): Body<SecondStep>,
) -> Result<WithCookie<Json<Me>>, Problem> {
    plane.throttle().count_address(browser.address)?;
    let hash = key::hash(&request.challenge);
    let found = store::challenge_of(&mut *plane.database().unbound().await?, &hash).await?;
    let user = found.ok_or_else(gone)?;
    plane.throttle().count(&user.to_string(), None)?;
    let mut db = plane.database().person(user, Some(&sender.by("sign-in"))).await?;
    take(&mut db, &plane, user, &request.code).await?;
    if !store::take_challenge(&mut db, &hash).await? {
        return Err(gone());
    }
    let begun = begin(&mut db, user, &browser).await?;
    let me = about(&mut db, &plane, user, Via::Session(begun.id)).await?;
    db.commit().await?;
    Ok(begun.with(&plane, Json(me)))
}

/// Takes a code of the authenticator, or a recovery code, in a transaction of its person.
async fn take(
    db: &mut PgConnection,
    plane: &ControlPlane,
    user: Uuid,
    code: &str,
) -> Result<(), Problem> {
    let taken = match recovery::read(code) {
        Some(code) => recovery::take(db, &code).await?,
        None => authenticator::take(db, plane, user, code).await?,
    };
    if taken { Ok(()) } else { Err(refused()) }
}

fn refused() -> Problem {
    let detail = "this code is wrong, or was used";
    Problem::new(StatusCode::UNAUTHORIZED, "code-refused", detail)
        .hint("give the authenticator's next code, or a recovery code that was not used yet")
}

fn gone() -> Problem {
    let detail = "this sign-in was completed, or is too old";
    Problem::new(StatusCode::NOT_FOUND, "challenge-not-found", detail)
        .hint("sign in again, with address and password")
}
