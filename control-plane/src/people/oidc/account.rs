//! Whose account it is that a provider vouches for: the one that the identity is linked to, one with the same
//! address where both sides have seen that it is theirs, or a new one where such may be made.

use axum::http::StatusCode;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    claims::{About, Claims},
    store,
};
use crate::{
    http::Problem,
    organizations::invitations,
    people::{
        sign_in::{check_email, may_sign_up, or_taken},
        store as people,
    },
    plane::ControlPlane,
    settings::Oidc,
};

/// The longest name that is taken over.
const LONGEST_NAME: usize = 200;

/// Somebody who has an account.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) user: Uuid,
    /// The slug of the organization that invited them, where a new account has joined it.
    pub(super) joined: Option<String>,
}

/// The account of a person of the provider's.
pub(super) async fn find(
    plane: &ControlPlane,
    settings: &Oidc,
    origin: &str,
    claims: Claims,
    invitation: Option<&str>,
) -> Result<Found, Problem> {
    let Claims { sub, about, .. } = claims;
    check_domain(&settings.domains, &about)?;
    let mut db = plane.database().unbound().await?;
    if let Some(user) = store::user_of(&mut db, &settings.issuer, &sub).await? {
        return Ok(Found { user, joined: None });
    }
    let email = confirmed(&about).ok_or_else(unconfirmed)?;
    let known = people::user_of(&mut db, email).await?;
    drop(db);
    let user = known.unwrap_or_else(Uuid::now_v7);
    let mut db = plane.database().person(user, Some(origin)).await?;
    let joined = if known.is_none() {
        may_sign_up(plane, invitation)?;
        sign_up(&mut db, user, email, about.name.as_deref(), invitation).await?
    } else if people::is_verified(&mut db, user).await? {
        None
    } else {
        // Whoever signed up with it may not be who reads its mail, and would stay signed in.
        return Err(unlinked());
    };
    store::link(&mut db, user, &settings.issuer, &sub).await.map_err(or_taken)?;
    db.commit().await?;
    Ok(Found { user, joined })
}

/// Links the identity to the account of somebody who asked for it, whatever its address.
pub(super) async fn link(
    plane: &ControlPlane,
    settings: &Oidc,
    origin: &str,
    claims: Claims,
    user: Uuid,
) -> Result<(), Problem> {
    let Claims { sub, about, .. } = claims;
    check_domain(&settings.domains, &about)?;
    let mut db = plane.database().person(user, Some(origin)).await?;
    match store::user_of(&mut db, &settings.issuer, &sub).await? {
        Some(known) if known == user => return Ok(()),
        Some(_) => return Err(taken()),
        None => {}
    }
    store::link(&mut db, user, &settings.issuer, &sub).await.map_err(or_taken)?;
    db.commit().await?;
    Ok(())
}

/// Makes an account, in a transaction of its person; the organization that it joins along the way.
async fn sign_up(
    db: &mut PgConnection,
    user: Uuid,
    email: &str,
    name: Option<&str>,
    invitation: Option<&str>,
) -> Result<Option<String>, Problem> {
    check_email(email)?;
    people::add_user(db, user, email, &shown_name(name, email)).await.map_err(or_taken)?;
    people::verify(db, user).await?;
    let Some(token) = invitation else { return Ok(None) };
    Ok(Some(invitations::accept(db, user, email, token).await?.slug))
}

/// The name that a provider gives, or else the address.
fn shown_name(name: Option<&str>, email: &str) -> String {
    let plain = name.unwrap_or_default().trim().chars().filter(|c| !c.is_control());
    let name: String = plain.take(LONGEST_NAME).collect();
    if name.is_empty() { email.chars().take(LONGEST_NAME).collect() } else { name }
}

/// The address, where the provider has seen that it is the person's.
fn confirmed(about: &About) -> Option<&str> {
    about.email.as_deref().filter(|_| about.email_verified)
}

fn check_domain(domains: &[String], about: &About) -> Result<(), Problem> {
    let is_allowed = |email: &str| {
        let host = email.rsplit_once('@').map_or("", |(_, host)| host);
        domains.iter().any(|domain| domain.eq_ignore_ascii_case(host))
    };
    if domains.is_empty() || confirmed(about).is_some_and(is_allowed) {
        return Ok(());
    }
    let detail = "addresses of this host may not sign in by the provider";
    Err(Problem::new(StatusCode::FORBIDDEN, "oidc-domain-refused", detail)
        .hint(format!("sign in with a confirmed address of {}", domains.join(" or "))))
}

fn unconfirmed() -> Problem {
    let detail = "the provider does not say that the person's address is confirmed";
    Problem::new(StatusCode::FORBIDDEN, "oidc-email-unverified", detail)
        .hint("confirm it at the provider, or come in with a password")
}

fn unlinked() -> Problem {
    let detail = "there is an account with this address, and it is not linked to the provider";
    Problem::conflict("identity-unlinked", detail)
        .hint("sign in with its password, and link it in your profile")
}

fn taken() -> Problem {
    Problem::conflict(
        "identity-taken",
        "another account is linked to this person of the provider's",
    )
    .hint("sign in at the provider as somebody else, or unlink that account first")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(email: &str, email_verified: bool) -> About {
        About { email: Some(email.to_owned()), email_verified, name: None }
    }

    #[test]
    fn an_address_of_another_host_or_one_that_nobody_confirmed_is_refused() {
        let domains = ["example.com".to_owned(), "example.org".to_owned()];
        let may = |email: &str, verified| check_domain(&domains, &about(email, verified)).is_ok();
        assert!(may("jo@example.com", true) && may("jo@EXAMPLE.org", true));
        assert!(!may("jo@example.com", false) && !may("jo", true));
        assert!(!may("jo@mail.example.com", true) && !may("jo@example.com.evil.example", true));
        assert!(check_domain(&domains, &About::default()).is_err());
        assert!(check_domain(&[], &About::default()).is_ok());
    }

    #[test]
    fn whom_the_provider_gives_no_name_is_called_by_their_address() {
        assert_eq!(shown_name(Some(" Ada\n Lovelace "), "ada@example.com"), "Ada Lovelace");
        assert_eq!(shown_name(Some(" "), "ada@example.com"), "ada@example.com");
        assert_eq!(shown_name(None, "ada@example.com"), "ada@example.com");
        assert_eq!(shown_name(Some(&"ö".repeat(300)), "").chars().count(), LONGEST_NAME);
    }
}
