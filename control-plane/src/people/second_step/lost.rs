//! For who has lost authenticator and recovery codes, and can give no code to turn the second step off: whoever
//! runs the installation does it for them.

use axum::{extract::State, response::NoContent};

use super::store;
use crate::{
    audit::{Actor, Sender},
    http::{Problem, address::Site, extract::Path},
    mail::Letter,
    people::store as people,
    plane::ControlPlane,
};

/// Everybody is told: the person by a letter, and the organizations that they are in by their logs, which say
/// that it was done with the installation's token. Access tokens go on, as where a password is forgotten.
pub(super) async fn turn_off(
    State(plane): State<ControlPlane>,
    sender: Sender,
    site: Site,
    Path(email): Path<String>,
) -> Result<NoContent, Problem> {
    let found = people::user_of(&mut *plane.database().unbound().await?, &email).await?;
    let user = found.ok_or_else(|| Problem::not_found("person", &email))?;
    let operator = plane.ensure_local_owner().await?.user;
    let actor = Actor { user: operator, origin: sender.by("installation") };
    let mut db = plane.database().person_for(user, &actor).await?;
    // As it is written in their account: they may have said it in other letters.
    let email = people::names(&mut db, user).await?.email;
    if store::state(&mut db).await?.confirmed.is_none() {
        let detail =
            format!("`{email}` has no second step: their password alone opens the account");
        return Err(Problem::conflict("authenticator-off", detail)
            .hint("a forgotten password is replaced by a letter: `POST /api/password-resets`"));
    }
    store::remove(&mut db).await?;
    store::forget_challenges(&mut db).await?;
    people::remove_sessions(&mut db).await?;
    db.commit().await?;
    plane.mailer().send(Letter::second_step_off(&email, &site.page("/")));
    Ok(NoContent)
}
