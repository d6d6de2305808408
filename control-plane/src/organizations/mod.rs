//! Organizations: their names, the people in them, and invitations.

pub(crate) mod invitations;
mod members;
pub mod model;
pub(crate) mod routes;
mod store;

use axum::http::StatusCode;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::http::Problem;

/// SQLSTATE of the trigger that keeps an owner in every organization.
const LAST_OWNER: &str = "PP001";

/// A failed statement, told as what it is where it would have left an organization without an owner.
pub(crate) fn or_last_owner(error: sqlx::Error) -> Problem {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    if code.as_deref() == Some(LAST_OWNER) {
        return Problem::conflict("last-owner", "an organization has at least one owner")
            .hint("make somebody else an owner first");
    }
    error.into()
}

/// Ends the transaction's organization if nobody but `user` is in it and nothing was ever deployed.
/// False if somebody would have to take it over.
pub(crate) async fn end_if_alone(db: &mut PgConnection, user: Uuid) -> sqlx::Result<bool> {
    let Some(left) = store::left_by(db, user).await? else { return Ok(true) };
    if !left.others && !left.used {
        store::remove(db).await?;
    }
    Ok(left.others || !left.used)
}

fn invalid(kind: &str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, detail)
}

/// Whether people and organizations may be called so.
pub(crate) fn check_name(name: &str) -> Result<(), Problem> {
    let length = name.chars().count();
    if (1..=200).contains(&length) && !name.contains(char::is_control) && !name.trim().is_empty() {
        return Ok(());
    }
    Err(invalid("name-invalid", "`name` must have between 1 and 200 characters, all visible"))
}

/// Slugs that the product's own paths begin with.
const RESERVED: [&str; 15] = [
    "api",
    "v1",
    "docs",
    "assets",
    "healthz",
    "readyz",
    "metrics",
    "open",
    "device",
    "invite",
    "sign-in",
    "sign-up",
    "reset",
    "verify",
    "onboarding",
];

/// Whether an organization may have a slug.
fn check_slug(slug: &str) -> Result<(), Problem> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let detail = if RESERVED.contains(&slug) {
        format!("`{slug}` is a path of the product's own")
    } else if slug.parse::<Uuid>().is_ok() {
        "`slug` must not look like an id".to_owned()
    } else if slug.is_empty() || slug.len() > 63 || !slug.chars().all(fits) || slug.starts_with('-')
    {
        "`slug` is 1 to 63 of a-z, 0-9 and -, and begins with no -".to_owned()
    } else {
        return Ok(());
    };
    Err(invalid("slug-invalid", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_told_from_paths_and_ids() {
        for slug in ["acme", "a", "4-you", "a--b-"] {
            assert!(check_slug(slug).is_ok(), "{slug}");
        }
        let id = Uuid::nil().to_string();
        for slug in ["", "api", "sign-in", "-a", "Acme", "a b", "ä", &id, &"a".repeat(64)] {
            assert!(check_slug(slug).is_err(), "{slug}");
        }
    }
}
