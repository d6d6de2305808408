//! Access tokens, as the API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::http::time::Rfc3339;

/// Body of `POST /api/access-tokens`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccessToken {
    /// What to call it: where it will be used, say.
    pub name: String,
    /// When it ends by itself; absent means that it is good until it is revoked.
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub expires: Option<OffsetDateTime>,
}

/// A token, without what opens.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AccessToken {
    /// Its id.
    pub id: Uuid,
    /// What its person calls it.
    pub name: String,
    /// Its beginning.
    pub shown: String,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub created: OffsetDateTime,
    /// When it was used last, to the minute; null means never.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub used: Option<OffsetDateTime>,
    /// When it ends by itself.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schemars(with = "Option<Rfc3339>")]
    pub expires: Option<OffsetDateTime>,
}

/// A token that was just made: the only answer that has the whole of it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct CreatedAccessToken {
    /// The token.
    pub token: String,
    /// What is known of it.
    #[serde(flatten)]
    pub about: AccessToken,
}

/// Body of `POST /api/logins`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLogin {
    /// What the token will be called: the machine's name, say.
    pub name: String,
}

/// A command line that waits for somebody to let it in.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub struct Login {
    /// The token that it will have. It opens nothing until somebody has approved the code.
    pub token: String,
    /// What its person types where they are signed in.
    pub code: String,
    /// The page where they do.
    pub url: String,
    /// When the code ends.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub expires: OffsetDateTime,
}

/// The same, as whoever is to approve it sees it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PendingLogin {
    /// What the token will be called.
    pub name: String,
    /// The network address that it asked from.
    pub address: Option<String>,
    /// When the code ends.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "Rfc3339")]
    pub expires: OffsetDateTime,
}
