//! Tokens that are sent by mail: good once, and for a while. Only their hashes are kept.

mod store;

use std::net::IpAddr;

use axum::http::StatusCode;
use promptpilot_spec::key;
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use super::{sign_in::check_email, store as people};
use crate::{
    http::{Problem, address::Site},
    mail::Letter,
    plane::ControlPlane,
    secret,
};

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To choose a new password.
    Reset,
    /// To show that an address is its account's.
    Verify,
}

impl Purpose {
    /// The word in the database, and the page that a link leads to.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Verify => "verify",
        }
    }

    const fn lifetime(self) -> Duration {
        match self {
            Self::Reset => Duration::HOUR,
            Self::Verify => Duration::DAY,
        }
    }

    fn letter(self, to: &str, link: &str) -> Letter {
        match self {
            Self::Reset => Letter::reset(to, link),
            Self::Verify => Letter::verify(to, link),
        }
    }
}

/// Sends a link to whoever asks for it, not too often.
pub(super) fn ask(
    plane: &ControlPlane,
    address: Option<IpAddr>,
    site: &Site,
    purpose: Purpose,
    email: String,
) -> Result<StatusCode, Problem> {
    plane.mailer().check()?;
    check_email(&email)?;
    plane.throttle().count_letter(&email, address)?;
    send(plane, site, purpose, email)?;
    Ok(StatusCode::ACCEPTED)
}

/// Sends a link to an address, if it is the one of an account that the link is good for. Everything
/// that depends on that happens behind the answer.
pub(super) fn send(
    plane: &ControlPlane,
    site: &Site,
    purpose: Purpose,
    email: String,
) -> Result<(), Problem> {
    let token = secret::random().map_err(|error| Problem::internal("make a link", &error))?;
    let link = site.page(&format!("/{}?token={token}", purpose.as_str()));
    let database = plane.database().clone();
    plane.mailer().send_made(async move {
        let found = people::user_of(&mut *database.unbound().await?, &email).await?;
        let Some(user) = found else { return Ok(None) };
        let mut db = database.person(user, None).await?;
        let wanted = match purpose {
            // Who comes in by a provider may want a first password. The owner of a machine has none,
            // and no address that letters reach.
            Purpose::Reset => {
                people::password(&mut db, user).await?.is_some()
                    || people::is_verified(&mut db, user).await?
            }
            Purpose::Verify => !people::is_verified(&mut db, user).await?,
        };
        if !wanted {
            return Ok(None);
        }
        // The address that is kept, and not the one that was asked with: they may differ in letters.
        let to = people::names(&mut db, user).await?.email;
        store::add(&mut db, user, purpose.as_str(), &key::hash(&token), purpose.lifetime()).await?;
        db.commit().await?;
        Ok(Some(purpose.letter(&to, &link)))
    });
    Ok(())
}

/// Whose token it is.
pub(super) async fn find(
    db: &mut PgConnection,
    purpose: Purpose,
    token: &str,
) -> Result<Uuid, Problem> {
    store::user_of(db, purpose.as_str(), &key::hash(token)).await?.ok_or_else(gone)
}

/// Takes a token, in a transaction of its person; the others of its purpose go with it.
pub(super) async fn take(
    db: &mut PgConnection,
    purpose: Purpose,
    token: &str,
) -> Result<(), Problem> {
    if !store::take(db, purpose.as_str(), &key::hash(token)).await? {
        return Err(gone());
    }
    Ok(forget(db, purpose).await?)
}

/// Ends all of the person's tokens of a purpose.
pub(super) async fn forget(db: &mut PgConnection, purpose: Purpose) -> sqlx::Result<()> {
    store::forget(db, purpose.as_str()).await
}

fn gone() -> Problem {
    let detail = "this link was used, or is too old";
    Problem::new(StatusCode::NOT_FOUND, "link-not-found", detail).hint("ask for another one")
}
