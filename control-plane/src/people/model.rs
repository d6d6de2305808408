//! People, as the API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::Role;
use crate::http::time::Rfc3339;

/// Body of `POST /api/sign-up`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// The address that the person will sign in with.
    #[schemars(length(min = 3, max = 254))]
    pub email: String,
    /// What others see.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// At least 10 characters.
    #[schemars(length(min = 10, max = 200))]
    pub password: String,
    /// The last part of an invitation's link, where there is one: it is accepted along the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

/// Body of `POST /api/sign-in`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The address that the person signed up with.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// Body of `POST /api/password-resets` and `POST /api/email-verifications`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Addressee {
    /// The address that the person signed up with.
    #[schemars(length(min = 3, max = 254))]
    pub email: String,
}

/// Body of `POST /api/password-resets/complete`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// What the link of the letter carries.
    pub token: String,
    /// The password from now on: at least 10 characters.
    #[schemars(length(min = 10, max = 200))]
    pub password: String,
    /// Whether the person's access tokens end, too: for who fears that somebody else had the password.
    #[serde(default)]
    pub end_tokens: bool,
}

/// Body of `POST /api/email-verifications/complete`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyEmail {
    /// What the link of the letter carries.
    pub token: String,
}

/// Body of `PUT /api/me/password`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The password until now.
    pub current: String,
    /// The password from now on: at least 10 characters.
    #[schemars(length(min = 10, max = 200))]
    pub new: String,
}

/// Body of `DELETE /api/me`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// The person's password, once more.
    pub password: String,
}

/// Somebody, as they see themselves.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Me {
    /// Their id.
    pub id: Uuid,
    /// The address that they sign in with.
    pub email: String,
    /// What others see.
    pub name: String,
    /// Where they belong, the oldest membership first.
    pub organizations: Vec<MyOrganization>,
    /// What writes by cookie send as `x-csrf-token`; null for tokens, which need none.
    pub csrf_token: Option<String>,
    /// The access token that they came by; null for others.
    pub token: Option<Uuid>,
}

/// An organization of somebody's, and what they may do in it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct MyOrganization {
    /// The organization, and their role.
    #[serde(flatten)]
    pub membership: Membership,
    /// The operations that the role opens, such as `POST /api/deployments`.
    pub permissions: Vec<String>,
}

/// What somebody is in an organization.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Membership {
    /// The organization's id.
    pub id: Uuid,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What the person is in it.
    pub role: Role,
}

/// A browser that somebody is signed in with.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Session {
    pub(crate) id: Uuid,
    /// Whether it is the one that asks.
    pub(crate) current: bool,
    /// The network address that it came from.
    pub(crate) address: Option<String>,
    /// What the browser calls itself.
    pub(crate) agent: Option<String>,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub(crate) created: OffsetDateTime,
    /// When it was used last, to the minute.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub(crate) seen: OffsetDateTime,
    /// When it ends at the latest.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub(crate) expires: OffsetDateTime,
}
