//! An authenticator: an app that makes a code of a shared secret and the time (RFC 6238), with what all
//! such apps take: SHA-1, six digits, 30 seconds.

use qrcode::{QrCode, render::svg};
use sqlx::PgConnection;
use time::OffsetDateTime;
use totp_rs::{Builder, Totp, TotpError};
use uuid::Uuid;

use super::{
    model::Enrolment,
    store::{self, Kept},
};
use crate::{http::Problem, plane::ControlPlane};

/// What its secret is sealed for.
pub(crate) const PURPOSE: &str = "authenticator";

/// What apps show beside the account.
const ISSUER: &str = "Prompt Pilot";

/// As long as RFC 4226 advises.
const SECRET_BYTES: usize = 20;

/// Why there are no codes.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the secret does not open with this installation's key")]
    Sealed,
    #[error("the secret makes no codes")]
    Secret(#[source] TotpError),
    #[error("the address does not fit into a picture")]
    Picture(#[source] qrcode::types::QrError),
}

/// Begins with a new authenticator, which is asked for nothing until it gave its first code.
pub(super) async fn begin(
    db: &mut PgConnection,
    plane: &ControlPlane,
    user: Uuid,
    email: &str,
) -> Result<Enrolment, Problem> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Problem::internal("make a secret", &error))?;
    let key = &plane.settings().secret_key;
    let sealed = key
        .seal(PURPOSE, user.as_bytes(), &bytes)
        .map_err(|error| Problem::internal("seal a secret", &error))?;
    let enrolment = enrolment(&bytes, email)
        .map_err(|error| Problem::internal("describe an authenticator", &error))?;
    store::begin(db, user, &sealed).await?;
    Ok(enrolment)
}

fn enrolment(secret: &[u8], email: &str) -> Result<Enrolment, Broken> {
    // What is behind a colon would be read as the account.
    let account = email.replace(':', " ");
    let totp = Builder::new()
        .with_secret(secret)
        .with_account_name(account)
        .with_issuer(Some(ISSUER))
        .build()
        .map_err(Broken::Secret)?;
    let url = totp.to_url().map_err(Broken::Secret)?;
    let picture = QrCode::new(&url).map_err(Broken::Picture)?;
    let qr = picture.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    Ok(Enrolment { secret: totp.secret().to_base32(), url, qr })
}

/// Takes a code, if it is one of now that was not taken before. Clocks may be half a minute apart.
pub(super) async fn take(
    db: &mut PgConnection,
    plane: &ControlPlane,
    user: Uuid,
    code: &str,
) -> Result<bool, Problem> {
    let Some(kept) = store::kept(db).await? else { return Ok(false) };
    let totp = opened(plane, user, &kept)
        .map_err(|error| Problem::internal("read the authenticator's secret", &error))?;
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let now = u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap_or_default();
    let Some(step) = totp.check(&digits, now) else { return Ok(false) };
    Ok(store::use_step(db, i64::try_from(step).unwrap_or(i64::MAX)).await?)
}

fn opened(plane: &ControlPlane, user: Uuid, kept: &Kept) -> Result<Totp, Broken> {
    let key = &plane.settings().secret_key;
    let secret = key.open(PURPOSE, user.as_bytes(), &kept.sealed).ok_or(Broken::Sealed)?;
    Builder::new().with_secret(secret).build().map_err(Broken::Secret)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn any_address_fits_into_what_apps_scan() {
        let long = format!("{}@example.com", "ö".repeat(242));
        for email in ["jo@example.com", "jo:al@example.com", &long] {
            let Enrolment { secret, url, qr } = enrolment(&[7; SECRET_BYTES], email).unwrap();
            assert!(url.starts_with("otpauth://totp/Prompt%20Pilot:"), "{url}");
            assert!(url.contains(&format!("secret={secret}")), "{url}");
            assert!(qr.contains("<svg"), "{qr}");
        }
    }
}
