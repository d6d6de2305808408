//! Who may do what, in one place: every operation, with the least that it asks for.

use std::fmt;

use axum::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::Problem;

/// What somebody is in an organization; each may do all that those before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Deploys, rolls back, deletes endpoints.
    Developer,
    /// Makes keys, invites and removes people.
    Admin,
    /// Makes and unmakes owners.
    Owner,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Developer, Self::Admin, Self::Owner];

    /// The word in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Developer => "developer",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The role of a word that the database holds; one that it should not hold may least.
    pub(crate) fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|role| role.as_str() == word).unwrap_or(Self::Viewer)
    }

    /// Whether somebody with this role may make somebody with the role `from` one with `to`.
    /// `None` is somebody who is not in the organization.
    pub(crate) fn may_change(self, from: Option<Self>, to: Option<Self>) -> bool {
        self >= Self::Admin && [from, to].into_iter().flatten().all(|role| role <= self)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The least that an operation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing.
    Anybody,
    /// That it is known who asks.
    Known,
    /// The same, but by no access token: whoever finds one must not make it more.
    InPerson,
    /// A role in the organization that the request means.
    Member(Role),
    /// The same, but by no access token.
    MemberInPerson(Role),
    /// An API key. What it opens is seen by whoever writes down what it is used for.
    Key,
    /// The installation's own token.
    Installation,
}

use Access::{Anybody, InPerson, Installation, Key, Known, Member, MemberInPerson};
use Role::{Admin, Developer, Owner, Viewer};

/// Every operation.
const OPERATIONS: &[(&str, &str, Access)] = &[
    ("GET", "/healthz", Anybody),
    ("GET", "/readyz", Anybody),
    ("GET", "/api/openapi.json", Anybody),
    ("GET", "/api/docs", Anybody),
    ("GET", "/metrics", Installation),
    // People.
    ("POST", "/api/sign-up", Anybody),
    ("POST", "/api/sign-in", Anybody),
    ("POST", "/api/sign-in/complete", Anybody),
    ("GET", "/api/sign-in/ways", Anybody),
    ("GET", "/api/oidc/begin", Anybody),
    ("GET", "/api/oidc/callback", Anybody),
    ("POST", "/api/sign-out", InPerson),
    ("POST", "/api/password-resets", Anybody),
    ("POST", "/api/password-resets/complete", Anybody),
    ("POST", "/api/email-verifications", Anybody),
    ("POST", "/api/email-verifications/complete", Anybody),
    ("GET", "/api/me", Known),
    ("DELETE", "/api/me", InPerson),
    ("PUT", "/api/me/password", InPerson),
    ("GET", "/api/me/authenticator", InPerson),
    ("POST", "/api/me/authenticator", InPerson),
    ("DELETE", "/api/me/authenticator", InPerson),
    ("POST", "/api/me/authenticator/confirm", InPerson),
    ("POST", "/api/me/authenticator/recovery-codes", InPerson),
    // Whoever has lost theirs cannot give a code.
    ("DELETE", "/api/installation/people/{email}/authenticator", Installation),
    ("GET", "/api/me/identities", InPerson),
    ("POST", "/api/me/identities", InPerson),
    ("DELETE", "/api/me/identities/{id}", InPerson),
    ("GET", "/api/me/sessions", InPerson),
    ("DELETE", "/api/me/sessions/{id}", InPerson),
    // Tokens, and command lines that want one.
    ("GET", "/api/access-tokens", Member(Viewer)),
    ("POST", "/api/access-tokens", MemberInPerson(Viewer)),
    ("DELETE", "/api/access-tokens/{id}", Member(Viewer)),
    ("POST", "/api/logins", Anybody),
    ("GET", "/api/logins/{code}", InPerson),
    ("POST", "/api/logins/{code}/approve", MemberInPerson(Viewer)),
    // Organizations.
    ("GET", "/api/organizations", Known),
    ("POST", "/api/organizations", InPerson),
    ("POST", "/api/invitations/show", Anybody),
    ("POST", "/api/invitations/accept", InPerson),
    ("GET", "/api/organizations/{organization}", Member(Viewer)),
    ("PATCH", "/api/organizations/{organization}", Member(Admin)),
    ("GET", "/api/organizations/{organization}/budget", Member(Viewer)),
    ("PUT", "/api/organizations/{organization}/budget", Member(Admin)),
    ("DELETE", "/api/organizations/{organization}/budget", Member(Admin)),
    ("POST", "/api/organizations/{organization}/leave", MemberInPerson(Viewer)),
    ("GET", "/api/organizations/{organization}/members", Member(Viewer)),
    ("PATCH", "/api/organizations/{organization}/members/{id}", Member(Admin)),
    ("DELETE", "/api/organizations/{organization}/members/{id}", Member(Admin)),
    ("GET", "/api/organizations/{organization}/invitations", Member(Admin)),
    ("POST", "/api/organizations/{organization}/invitations", Member(Admin)),
    ("DELETE", "/api/organizations/{organization}/invitations/{id}", Member(Admin)),
    // Prompts. What a label takes, its own rule says: see `prompts/labels`.
    ("GET", "/api/prompts", Member(Viewer)),
    ("POST", "/api/prompts", Member(Developer)),
    ("GET", "/api/prompts/export", Member(Viewer)),
    ("POST", "/api/prompts/import", Member(Developer)),
    ("GET", "/api/prompts/{name}", Member(Viewer)),
    ("PATCH", "/api/prompts/{name}", Member(Developer)),
    ("DELETE", "/api/prompts/{name}", Member(Developer)),
    ("POST", "/api/prompts/{name}/restore", Member(Developer)),
    ("GET", "/api/prompts/{name}/uses", Member(Viewer)),
    ("GET", "/api/prompts/{name}/versions", Member(Viewer)),
    ("GET", "/api/prompts/{name}/versions/{version}", Member(Viewer)),
    ("GET", "/api/prompts/{name}/diff", Member(Viewer)),
    ("POST", "/api/prompts/{name}/rollback", Member(Developer)),
    ("GET", "/api/prompts/{name}/labels", Member(Viewer)),
    ("PUT", "/api/prompts/{name}/labels/{label}", Member(Developer)),
    ("DELETE", "/api/prompts/{name}/labels/{label}", Member(Developer)),
    ("GET", "/api/label-rules", Member(Viewer)),
    ("PUT", "/api/label-rules/{label}", Member(Admin)),
    ("GET", "/api/prompt-templates", Member(Viewer)),
    ("POST", "/api/prompt-templates/{name}/use", Member(Developer)),
    ("POST", "/api/templates/check", Member(Viewer)),
    ("POST", "/api/llm/execute", Member(Developer)),
    // Endpoints and what becomes of them.
    ("GET", "/api/status", Member(Viewer)),
    ("GET", "/api/endpoints", Member(Viewer)),
    ("POST", "/api/endpoints/check", Member(Viewer)),
    ("POST", "/api/endpoints/plan", Member(Viewer)),
    ("GET", "/api/endpoints/{name}", Member(Viewer)),
    ("DELETE", "/api/endpoints/{name}", Member(Developer)),
    ("GET", "/api/endpoints/{name}/snippets", Member(Viewer)),
    ("GET", "/api/endpoints/{name}/source", Member(Viewer)),
    ("GET", "/api/endpoints/{name}/versions", Member(Viewer)),
    ("POST", "/api/endpoints/{name}/rollback", Member(Developer)),
    ("POST", "/api/endpoints/{name}/promote", Member(Developer)),
    ("POST", "/api/endpoints/{name}/try", Member(Developer)),
    ("GET", "/api/deployments", Member(Viewer)),
    ("POST", "/api/deployments", Member(Developer)),
    ("GET", "/api/deployments/{id}", Member(Viewer)),
    ("GET", "/api/deployments/{id}/logs", Member(Viewer)),
    ("POST", "/api/deployments/{id}/cancel", Member(Developer)),
    ("POST", "/api/deployments/{id}/retry", Member(Developer)),
    ("GET", "/api/events", Member(Viewer)),
    ("GET", "/api/calls", Member(Viewer)),
    ("DELETE", "/api/calls", Member(Admin)),
    ("GET", "/api/calls/export", Member(Viewer)),
    ("GET", "/api/calls/facets", Member(Viewer)),
    ("GET", "/api/calls/histogram", Member(Viewer)),
    ("GET", "/api/calls/summary", Member(Viewer)),
    ("GET", "/api/calls/retention", Member(Viewer)),
    ("PUT", "/api/calls/retention", Member(Admin)),
    ("GET", "/api/calls/{id}", Member(Viewer)),
    ("POST", "/api/calls/{id}/replay", Member(Developer)),
    ("POST", "/api/ingest", Member(Developer)),
    // It has a key of its own.
    ("POST", "/api/ingest/firehose", Anybody),
    ("GET", "/api/environments", Member(Viewer)),
    ("POST", "/api/environments", Member(Admin)),
    ("DELETE", "/api/environments/{name}", Member(Admin)),
    ("GET", "/api/environments/{name}/variables", Member(Viewer)),
    ("PATCH", "/api/environments/{name}/variables", Member(Admin)),
    ("GET", "/api/audit", Member(Admin)),
    ("GET", "/api/audit/export", Member(Admin)),
    ("GET", "/api/provider-credentials", Member(Viewer)),
    ("PUT", "/api/provider-credentials", Member(Admin)),
    ("DELETE", "/api/provider-credentials/{id}", Member(Admin)),
    ("POST", "/api/provider-credentials/{id}/check", Member(Admin)),
    ("GET", "/api/models", Member(Viewer)),
    ("GET", "/api/api-keys", Member(Viewer)),
    ("POST", "/api/api-keys", Member(Admin)),
    ("DELETE", "/api/api-keys/{key}", Member(Admin)),
    ("POST", "/api/api-keys/{key}/rotate", Member(Admin)),
    ("PUT", "/api/api-keys/{key}/limits", Member(Admin)),
    // Prompts, for programs.
    ("POST", "/v1/prompts/{name}/execute", Key),
    ("POST", "/v1/chat/completions", Key),
    ("GET", "/v1/models", Key),
    ("GET", "/v1/models/{name}", Key),
];

/// What an operation asks for. One that nobody has decided on is the installation's own.
pub(crate) fn of(method: &Method, route: &str) -> Access {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let listed = OPERATIONS.iter().find(|(of, path, _)| *of == method && *path == route);
    listed.map_or(Installation, |(_, _, access)| *access)
}

/// What a role opens in its organization, as `METHOD /path`.
pub(crate) fn permissions(role: Role) -> Vec<String> {
    let opens = |access: Access| match access {
        Member(least) | MemberInPerson(least) => least <= role,
        _ => false,
    };
    let open = OPERATIONS.iter().filter(|(_, _, access)| opens(*access));
    open.map(|(method, path, _)| format!("{method} {path}")).collect()
}

/// Refuses a role that is not enough.
pub(crate) fn check(needed: Role, has: Role) -> Result<(), Problem> {
    if has >= needed {
        return Ok(());
    }
    let detail = format!("this takes the role {needed}, and yours is {has}");
    let whom = if needed == Owner { "an owner" } else { "an owner or an admin" };
    Err(Problem::new(StatusCode::FORBIDDEN, "role-insufficient", detail)
        .hint(format!("ask {whom} of the organization"))
        .with("needed", needed)
        .with("role", has))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_makes_or_unmakes_somebody_greater() {
        let owner = Some(Owner);
        assert!(Owner.may_change(owner, Some(Viewer)));
        assert!(Admin.may_change(Some(Admin), None));
        assert!(!Admin.may_change(owner, Some(Viewer)));
        assert!(!Admin.may_change(Some(Viewer), owner));
        assert!(!Developer.may_change(Some(Viewer), None));
    }

    #[test]
    fn what_is_not_listed_is_closed() {
        assert_eq!(of(&Method::HEAD, "/api/status"), Member(Viewer));
        assert_eq!(of(&Method::POST, "/api/status"), Installation);
    }

    #[test]
    fn a_role_opens_all_that_lesser_ones_do() {
        for pair in Role::ALL.windows(2) {
            let (less, more) = (permissions(pair[0]), permissions(pair[1]));
            assert!(less.iter().all(|operation| more.contains(operation)), "{pair:?}");
        }
        assert!(permissions(Developer).contains(&"POST /api/deployments".to_owned()));
        assert!(!permissions(Viewer).contains(&"POST /api/deployments".to_owned()));
    }
}
