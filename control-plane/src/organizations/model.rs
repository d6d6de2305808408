//! Organizations, as the API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{http::time::Rfc3339, people::Role};

/// An organization.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Organization {
    /// Its id.
    pub id: Uuid,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub created: OffsetDateTime,
}

impl Organization {
    /// Changes with whatever an edit could overlook.
    pub(super) fn revision(&self) -> String {
        hex::encode(&Sha256::digest(format!("{}\0{}", self.slug, self.name))[..8])
    }
}

/// Body of `POST /api/organizations`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    /// Its name in addresses: 1 to 63 of a-z, 0-9 and -.
    pub slug: String,
    /// Its name for people.
    pub name: String,
}

/// Body of `PATCH /api/organizations/{organization}`: what is left out stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationChange {
    /// Its name in addresses: 1 to 63 of a-z, 0-9 and -.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Somebody in an organization.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// The person's id.
    pub id: Uuid,
    /// The address that they sign in with.
    pub email: String,
    /// What others see.
    pub name: String,
    /// What they are in the organization.
    pub role: Role,
    /// Since when they are in it.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub since: OffsetDateTime,
}

/// Body of `PATCH /api/organizations/{organization}/members/{id}`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleChange {
    /// The role from now on.
    pub role: Role,
}

/// Body of `POST /api/organizations/{organization}/invitations`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// Whom it is for; absent means whoever has the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What they will be.
    pub role: Role,
}

/// An invitation that can still be accepted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Invitation {
    /// Its id.
    pub id: Uuid,
    /// Whom it is for; null means whoever has the link.
    pub email: Option<String>,
    /// What they will be.
    pub role: Role,
    /// Until when it is good.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub expires: OffsetDateTime,
}

/// An invitation that was just made: the only answer that has its token.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct CreatedInvitation {
    /// What accepts it.
    pub token: String,
    /// The link to hand on; its last part is the token.
    pub url: String,
    /// Whether the link is being sent to the address that it is for.
    pub mailed: bool,
    /// What is known of it.
    #[serde(flatten)]
    pub about: Invitation,
}

/// Body of `POST /api/invitations/show` and `POST /api/invitations/accept`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByToken {
    /// The invitation's token: the last part of its link.
    pub token: String,
}

/// An invitation, as whoever has its link sees it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ShownInvitation {
    /// The organization's name.
    pub organization: String,
    /// Who invites; null if they have left.
    pub invited_by: Option<String>,
    /// Whom it is for; null means whoever has the link.
    pub email: Option<String>,
    /// What they will be.
    pub role: Role,
    /// Until when it is good.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub expires: OffsetDateTime,
}
