//! Signing up and signing in. Wrong tries are counted before they cost anything.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, NoContent, Response},
};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::{
    Caller, Via, cookie,
    mailed::{self, Purpose},
    model::{SignIn, SignUp},
    password, second_step,
    session::{Browser, WithCookie, begin},
    sessions::about,
    store, verification,
};
use crate::{
    http::{Problem, address::Site, body::Body},
    organizations::{self, invitations},
    plane::ControlPlane,
    secret::Secret,
    settings::SignUps,
};

/// Where people have to confirm their address, nobody is signed in yet, and the answer is empty.
pub(super) async fn sign_up(
    State(plane): State<ControlPlane>,
    browser: Browser,
    site: Site,
    Body(new): Body<SignUp>,
) -> Result<Response, Problem> {
    plane.throttle().count(&new.email, browser.address)?;
    may_sign_up(&plane, new.invitation.as_deref())?;
    check_email(&new.email)?;
    organizations::check_name(&new.name)?;
    password::check(&new.password, &new.email)?;
    let place = password::get_in_line()?;
    if let Some(token) = &new.invitation {
        invitations::find(&mut *plane.database().unbound().await?, token).await?;
    }
    let hash = password::hash(&place, Secret::from(new.password)).await?;
    let user = Uuid::now_v7();
    let mut db = plane.database().person(user, None).await?;
    store::add_user(&mut db, user, &new.email, &new.name).await.map_err(or_taken)?;
    store::set_password(&mut db, user, &hash).await?;
    if let Some(token) = &new.invitation {
        invitations::accept(&mut db, user, &new.email, token).await?;
    }
    if plane.settings().verify_emails {
        db.commit().await?;
        mailed::send(&plane, &site, Purpose::Verify, new.email)?;
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    let begun = begin(&mut db, user, &browser).await?;
    let me = about(&mut db, &plane, user, Via::Session(begun.id)).await?;
    db.commit().await?;
    Ok((StatusCode::CREATED, begun.with(&plane, Json(me))).into_response())
}

/// Whether somebody may make an account, with this invitation or with none.
pub(super) fn may_sign_up(plane: &ControlPlane, invitation: Option<&str>) -> Result<(), Problem> {
    match (plane.settings().sign_ups, invitation) {
        (SignUps::Open, _) | (SignUps::Invite, Some(_)) => Ok(()),
        (SignUps::Invite, None) => Err(closed("an invitation is needed to sign up here")),
        (SignUps::Closed, _) => Err(closed("nobody can sign up here")),
    }
}

fn closed(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "sign-up-closed", detail).hint("ask for an invitation")
}

pub(super) fn or_taken(error: sqlx::Error) -> Problem {
    match error.as_database_error() {
        Some(database) if database.is_unique_violation() => {
            Problem::conflict("email-taken", "somebody has signed up with this address")
                .hint("sign in instead")
        }
        _ => error.into(),
    }
}

/// Whether an address can be somebody's.
pub(crate) fn check_email(email: &str) -> Result<(), Problem> {
    let (person, host) = email.rsplit_once('@').unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if person.is_empty() || host.is_empty() || email.len() > 254 || email.contains(odd) {
        let detail = "`email` is no address of mail";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "email-invalid", detail));
    }
    Ok(())
}

/// Nobody is signed in yet who has an authenticator: the answer is a challenge.
pub(super) async fn sign_in(
    State(plane): State<ControlPlane>,
    browser: Browser,
    Body(request): Body<SignIn>,
) -> Result<Response, Problem> {
    plane.throttle().count(&request.email, browser.address)?;
    let place = password::get_in_line()?;
    let found = store::user_of(&mut *plane.database().unbound().await?, &request.email).await?;
    // Nobody's password is looked for, too, and held against what was given.
    let user = found.unwrap_or_default();
    let hash = store::password(&mut *person(&plane, user).await?, user).await?;
    if !password::fits(&place, Secret::from(request.password), hash).await? {
        return Err(refused());
    }
    verification::check(&plane, user).await?;
    let mut db = person(&plane, user).await?;
    if let Some(challenge) = second_step::challenge(&mut db, user).await? {
        db.commit().await?;
        return Ok((StatusCode::ACCEPTED, Json(challenge)).into_response());
    }
    let begun = begin(&mut db, user, &browser).await?;
    let me = about(&mut db, &plane, user, Via::Session(begun.id)).await?;
    db.commit().await?;
    Ok(begun.with(&plane, Json(me)).into_response())
}

pub(super) fn refused() -> Problem {
    let detail = "address and password do not belong together";
    Problem::new(StatusCode::UNAUTHORIZED, "sign-in-refused", detail)
}

async fn person(
    plane: &ControlPlane,
    user: Uuid,
) -> Result<Transaction<'static, Postgres>, Problem> {
    Ok(plane.database().person(user, None).await?)
}

pub(super) async fn sign_out(caller: Caller) -> Result<WithCookie<NoContent>, Problem> {
    if let Via::Session(id) = caller.via {
        let mut db = caller.begin().await?;
        store::remove_session(&mut db, id).await?;
        db.commit().await?;
    }
    let cookie = cookie::SESSION.clear(caller.plane.settings());
    Ok(([(header::SET_COOKIE, cookie)], NoContent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for email in ["jo@example.com", "jo+x@localhost", "ö@ö.example"] {
            assert!(check_email(email).is_ok(), "{email}");
        }
        let long = format!("{}@example.com", "x".repeat(250));
        for text in ["", "jo", "@example.com", "jo@", "jo @example.com", "jo@\0", &long] {
            assert!(check_email(text).is_err(), "{text}");
        }
    }
}
