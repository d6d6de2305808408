//! What people do with their authenticator: begin with one, confirm it, renew their recovery codes, turn
//! it off.

use axum::{Json, response::NoContent};

use super::{
    authenticator,
    model::{Authenticator, Both, Enrol, Enrolment, FirstCode, RecoveryCodes},
    recovery, refused, store, take,
};
use crate::{
    http::{Problem, body::Body},
    people::{Caller, account::confirm, session::Browser, store::names},
};

pub(super) async fn show(caller: Caller) -> Result<Json<Authenticator>, Problem> {
    Ok(Json(store::state(&mut *caller.read().await?).await?))
}

/// The password is asked for once more: who finds a browser open must not lock its person out.
pub(super) async fn begin(
    caller: Caller,
    browser: Browser,
    Body(request): Body<Enrol>,
) -> Result<Json<Enrolment>, Problem> {
    confirm(&caller.plane, caller.user, &browser, request.password).await?;
    let mut db = caller.begin().await?;
    if store::state(&mut db).await?.confirmed.is_some() {
        let detail = "you have an authenticator already";
        return Err(Problem::conflict("authenticator-on", detail)
            .hint("turn it off first: `DELETE /api/me/authenticator`"));
    }
    let email = names(&mut db, caller.user).await?.email;
    let enrolment = authenticator::begin(&mut db, &caller.plane, caller.user, &email).await?;
    db.commit().await?;
    Ok(Json(enrolment))
}

/// From the first code on it is asked for. Sessions go on: who is signed in has shown the password.
pub(super) async fn confirm_first(
    caller: Caller,
    browser: Browser,
    Body(request): Body<FirstCode>,
) -> Result<Json<RecoveryCodes>, Problem> {
    caller.plane.throttle().count(&caller.user.to_string(), browser.address)?;
    let mut db = caller.begin().await?;
    if !store::is_begun(&mut db).await? {
        let detail = "there is no authenticator that waits for its first code";
        return Err(Problem::conflict("authenticator-not-begun", detail)
            .hint("begin with `POST /api/me/authenticator`"));
    }
    if !authenticator::take(&mut db, &caller.plane, caller.user, &request.code).await? {
        return Err(refused());
    }
    store::confirm(&mut db).await?;
    let codes = recovery::renew(&mut db, caller.user).await?;
    db.commit().await?;
    Ok(Json(RecoveryCodes { codes }))
}

pub(super) async fn renew_codes(
    caller: Caller,
    browser: Browser,
    Body(request): Body<Both>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let mut db = twice(&caller, &browser, request).await?;
    let codes = recovery::renew(&mut db, caller.user).await?;
    db.commit().await?;
    Ok(Json(RecoveryCodes { codes }))
}

pub(super) async fn turn_off(
    caller: Caller,
    browser: Browser,
    Body(request): Body<Both>,
) -> Result<NoContent, Problem> {
    let mut db = twice(&caller, &browser, request).await?;
    store::remove(&mut db).await?;
    store::forget_challenges(&mut db).await?;
    db.commit().await?;
    Ok(NoContent)
}

/// Asks for both steps once more: a transaction of who gave them.
async fn twice(
    caller: &Caller,
    browser: &Browser,
    request: Both,
) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, Problem> {
    confirm(&caller.plane, caller.user, browser, request.password).await?;
    let mut db = caller.begin().await?;
    if store::state(&mut db).await?.confirmed.is_none() {
        return Err(Problem::conflict("authenticator-off", "you have no authenticator")
            .hint("begin with `POST /api/me/authenticator`"));
    }
    take(&mut db, &caller.plane, caller.user, &request.code).await?;
    Ok(db)
}
