//! Types of signing in by a provider, as the API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::time::Rfc3339;

/// The ways in beside a password.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ways {
    /// By an OpenID provider; null where there is none.
    pub(super) oidc: Option<Way>,
    /// Whether anybody may sign up, without an invitation.
    pub(super) sign_up: bool,
}

/// A way to sign in.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Way {
    /// What people know the provider by.
    pub(super) name: String,
    /// Where a browser begins.
    pub(super) url: &'static str,
}

/// Somebody at a provider, who comes in here.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Identity {
    pub(super) id: Uuid,
    /// The provider, as it calls itself.
    pub(super) issuer: String,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub(super) linked: OffsetDateTime,
}

/// Body of what links an identity, or unlinks one.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ByPassword {
    /// The person's password, once more.
    pub(super) password: String,
}

/// Where an identity is chosen.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Linking {
    /// An address of the provider's, for the browser that asked; good for ten minutes.
    pub(super) url: String,
}

/// Query of `GET /api/oidc/begin`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Begin {
    /// The page of ours that it ends at; left out, the invitation's or the first one.
    pub(super) to: Option<String>,
    /// The last part of an invitation's link, which a new account takes up along the way.
    pub(super) invitation: Option<String>,
}

/// Query of `GET /api/oidc/callback`, as the provider writes it.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Callback {
    /// Which sign-in it is the answer to.
    #[serde(default)]
    pub(super) state: String,
    /// What the provider gives its word for.
    pub(super) code: Option<String>,
    /// Why there is no code.
    pub(super) error: Option<String>,
}
