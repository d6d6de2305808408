//! Types of the second step, as the API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::http::time::Rfc3339;

/// Answer of `POST /api/sign-in` to who has an authenticator: the password is right, and nobody is signed
/// in yet.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Challenge {
    /// What the second step sends along with the code; good once.
    pub(crate) challenge: String,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub(crate) expires: OffsetDateTime,
}

/// Body of `POST /api/sign-in/complete`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SecondStep {
    /// What the first step answered.
    pub(super) challenge: String,
    /// What the authenticator shows, or a recovery code.
    pub(super) code: String,
}

/// Whether a second step is asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Authenticator {
    /// Since when; null means that it is not.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub(super) confirmed: Option<OffsetDateTime>,
    /// How many recovery codes were not used yet.
    pub(super) recovery_codes: i64,
}

/// Body of `POST /api/me/authenticator`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Enrol {
    /// The person's password, once more.
    pub(super) password: String,
}

/// What an authenticator app takes; it is not shown again.
#[derive(Serialize, JsonSchema)]
pub(super) struct Enrolment {
    /// The secret in base32, for who types it.
    pub(super) secret: String,
    /// The same with all that apps need: `otpauth://totp/…`.
    pub(super) url: String,
    /// The address as a QR code, in SVG.
    pub(super) qr: String,
}

/// Body of `POST /api/me/authenticator/confirm`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstCode {
    /// What the authenticator shows.
    pub(super) code: String,
}

/// Codes for who has lost their authenticator; they are not shown again.
#[derive(Serialize, JsonSchema)]
pub(super) struct RecoveryCodes {
    /// Each is good once.
    pub(super) codes: Vec<String>,
}

/// Body of what takes both steps once more.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Both {
    /// The person's password.
    pub(super) password: String,
    /// What the authenticator shows, or a recovery code.
    pub(super) code: String,
}
