//! Every kind of problem that the API tells. Programs rely on a kind's name, so it never changes;
//! the OpenAPI document and `docs/problems.md` list the same.

/// A kind of problem.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The last part of the `type`.
    pub(crate) name: &'static str,
    pub(crate) status: u16,
    /// What to do about it.
    pub(crate) advice: &'static str,
}

const fn kind(status: u16, name: &'static str, advice: &'static str) -> Kind {
    Kind { name, status, advice }
}

/// All kinds, by status and name.
pub(crate) const KINDS: &[Kind] = &[
    kind(400, "body-invalid", "mend the body; `detail` says where"),
    kind(400, "body-unreadable", "send the body whole"),
    kind(400, "definitions-missing", "send 1 to 200 definitions"),
    kind(400, "header-invalid", "mend the header that `detail` names"),
    kind(400, "organization-required", "add `?org=` with a slug or an id"),
    kind(400, "path-invalid", "mend the path; `detail` says where"),
    kind(400, "query-invalid", "mend the query; `detail` says where"),
    kind(400, "text-invalid", "leave out characters that the database cannot keep, such as U+0000"),
    kind(401, "code-refused", "give the authenticator's next code, or an unused recovery code"),
    kind(401, "key-missing", "send an API key: `Authorization: Bearer pp_live_…` or `x-api-key`"),
    kind(
        401,
        "key-unknown",
        "the key was mistyped, revoked, has expired or belongs elsewhere: `promptpilot keys list`",
    ),
    kind(401, "oidc-refused", "begin again; a sign-in is waited for 10 minutes, in one browser"),
    kind(
        401,
        "oidc-token-invalid",
        "ask who runs the server; its log says what is wrong with the token",
    ),
    kind(401, "sign-in-refused", "try again, with the right address and password"),
    kind(401, "unauthorized", "send `Authorization: Bearer <token>`, or sign in"),
    kind(403, "csrf-token-wrong", "send `csrf_token` of `GET /api/me` as `x-csrf-token`"),
    kind(403, "email-unverified", "open the link of the letter that was sent to the address"),
    kind(403, "in-person-only", "sign in: access tokens may not do this"),
    kind(403, "invitation-for-another", "sign in with the address that was invited"),
    kind(403, "key-denied", "the key is for other prompts, environments or organizations"),
    kind(403, "oidc-domain-refused", "sign in with an address of a host that may: `--oidc-domain`"),
    kind(
        403,
        "oidc-email-unverified",
        "confirm your address at the provider, or come in with a password",
    ),
    kind(403, "origin-refused", "pages of other origins may not use the API"),
    kind(403, "role-insufficient", "ask an owner or an admin of the organization"),
    kind(403, "role-too-great", "ask an owner"),
    kind(403, "sign-up-closed", "ask for an invitation"),
    kind(403, "token-of-another-organization", "use a token of that organization"),
    kind(404, "call-not-found", "look at `promptpilot calls`; old calls are swept"),
    kind(404, "challenge-not-found", "a sign-in waits for its code for 5 minutes; sign in again"),
    kind(404, "credential-not-found", "look at `promptpilot credentials list`"),
    kind(404, "deployment-not-found", "look at the list"),
    kind(404, "endpoint-not-found", "look at the list"),
    kind(404, "environment-not-found", "look at the list"),
    kind(404, "identity-not-found", "look at the list"),
    kind(404, "invitation-not-found", "ask for another one"),
    kind(404, "key-not-found", "look at `promptpilot keys list`"),
    kind(404, "label-not-found", "look at `promptpilot prompts show`"),
    kind(404, "link-not-found", "links are good for a while and once; ask for another one"),
    kind(404, "login-not-found", "codes are good for 10 minutes; begin again"),
    kind(404, "member-not-found", "look at `promptpilot members`"),
    kind(404, "organization-not-found", "look at `promptpilot orgs`"),
    kind(404, "person-not-found", "give the address that they sign in with"),
    kind(404, "prompt-not-found", "look at `promptpilot prompts list`"),
    kind(404, "route-not-found", "look at `/api/docs`"),
    kind(404, "session-not-found", "look at the list"),
    kind(404, "template-not-found", "look at `promptpilot prompts templates`"),
    kind(404, "token-not-found", "look at the list"),
    kind(404, "variable-not-found", "look at `promptpilot envs variables`"),
    kind(404, "version-not-found", "look at the list"),
    kind(405, "method-not-allowed", "the header `allow` lists the methods"),
    kind(409, "already-a-member", "there is nothing to do"),
    kind(409, "already-live", "there is nothing to do"),
    kind(409, "already-newest", "there is nothing to do"),
    kind(409, "authenticator-not-begun", "begin with `POST /api/me/authenticator`"),
    kind(409, "authenticator-off", "who wants one begins with `POST /api/me/authenticator`"),
    kind(409, "authenticator-on", "turn it off first: `DELETE /api/me/authenticator`"),
    kind(409, "call-not-replayable", "`detail` says why; call the endpoint itself"),
    kind(409, "credential-changed", "look at what is there, and decide anew"),
    kind(409, "credential-in-use", "change it, or deploy what `users` names with another"),
    kind(409, "credentials-missing", "store the keys that `missing` names in that environment"),
    kind(409, "definition-invalid-now", "deploy a newer version"),
    kind(409, "deployment-finished", "it is too late to cancel"),
    kind(409, "deployment-not-failed", "there is nothing to retry"),
    kind(409, "deployment-running", "wait for it, or cancel it first"),
    kind(409, "email-taken", "sign in instead"),
    kind(409, "endpoint-deleted", "deploy it again"),
    kind(409, "environment-needed", "delete its endpoints one by one"),
    kind(409, "environment-taken", "choose another name"),
    kind(409, "idempotency-key-busy", "the first request with this key is under way; wait for it"),
    kind(409, "identity-taken", "be somebody else at the provider, or unlink that account first"),
    kind(
        409,
        "identity-unlinked",
        "sign in with the account's password, and link it in the profile",
    ),
    kind(409, "key-ended", "make another key"),
    kind(409, "key-name-taken", "choose another name, or revoke that key first"),
    kind(
        409,
        "label-in-use",
        "deploy these endpoints with another reference first, or add `?force=true`",
    ),
    kind(409, "last-owner", "make somebody else an owner first"),
    kind(409, "mail-missing", "ask who runs the server; mail is set up with `--smtp-url`"),
    kind(409, "nothing-live", "deploy it"),
    kind(409, "nothing-to-promote", "deploy it where it is to come from first"),
    kind(409, "nothing-to-roll-back-to", "look at its versions"),
    kind(409, "oidc-off", "ask who runs the server; a provider is set up with `--oidc-issuer`"),
    kind(409, "organization-in-use", "make somebody else an owner first"),
    kind(
        409,
        "prompt-in-use",
        "see to what `endpoints` and `keys` name first, or add `?force=true`",
    ),
    kind(409, "prompt-name-taken", "choose another name"),
    kind(409, "slug-taken", "choose another slug"),
    kind(409, "version-gone", "deploy it again"),
    kind(410, "events-gone", "load what you show anew, and leave `after` out"),
    kind(412, "stale", "somebody changed it; look at `current` and decide anew"),
    kind(413, "body-too-large", "send less"),
    kind(413, "prompt-too-large", "give long texts as variables"),
    kind(415, "media-type-unsupported", "send `content-type: application/json`"),
    kind(421, "host-unknown", "address the server by a name it knows: `--allowed-host`"),
    kind(422, "budget-invalid", "mend what `detail` names"),
    kind(422, "credential-invalid", "mend what `detail` names"),
    kind(422, "definition-invalid", "mend the `findings`; nothing was saved"),
    kind(422, "email-invalid", "send an address of mail"),
    kind(422, "environment-invalid", "mend what `detail` names"),
    kind(422, "idempotency-key-reused", "use a new key for another request"),
    kind(422, "key-invalid", "mend what `detail` names"),
    kind(422, "label-invalid", "mend what `detail` names"),
    kind(422, "name-invalid", "mend what `detail` names"),
    kind(422, "password-invalid", "choose another password; `detail` says why"),
    kind(422, "prompt-invalid", "mend what `detail` and `findings` name; nothing was saved"),
    kind(422, "range-invalid", "give a shorter time, whose `since` is before its `until`"),
    kind(422, "request-invalid", "mend what `detail` names; nobody was asked"),
    kind(422, "retention-invalid", "keep calls for 1 to 400 days"),
    kind(422, "run-invalid", "mend what `detail` and `findings` name; nobody was asked"),
    kind(422, "slug-invalid", "mend what `detail` names"),
    kind(422, "token-invalid", "mend what `detail` names"),
    kind(422, "variable-invalid", "mend what `detail` names; nothing was changed"),
    kind(
        429,
        "budget-spent",
        "wait as long as `retry-after` says, or raise the budget; `detail` says whose it is",
    ),
    kind(429, "ingest-busy", "wait as long as `retry-after` says, and send the same again"),
    kind(429, "rate-limited", "wait as long as `retry-after` says"),
    kind(429, "sign-in-throttled", "wait as long as `retry-after` says"),
    kind(500, "internal", "the server's log says more, under the same request id"),
    kind(502, "answer-invalid", "give the model more `max_tokens`, or another schema"),
    kind(502, "function-failed", "`detail` has the function's own words; its log says more"),
    kind(502, "oidc-unavailable", "try again in a moment, or sign in with a password"),
    kind(502, "provider-failed", "the provider failed twice; `detail` has its own words"),
    kind(502, "provider-refused", "the model refused to answer"),
    kind(503, "database-busy", "try again in a moment"),
    kind(503, "database-unavailable", "try again; `up` starts its database again by itself"),
    kind(503, "state-unavailable", "try again; `detail` says who could not be asked or told"),
    kind(504, "request-timeout", "ask for less, or try again"),
    kind(504, "timeout", "the model took too long: ask for less, or try again"),
];

/// The kind of a name.
pub(crate) fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_listed_once_and_in_order() {
        assert!(KINDS.is_sorted_by_key(|kind| (kind.status, kind.name)));
        let mut names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len());
    }

    #[test]
    fn the_document_tells_of_every_kind() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/problems.md");
        let page = std::fs::read_to_string(page).unwrap();
        let rows: String = KINDS
            .iter()
            .map(|kind| format!("| {} | `{}` | {} |\n", kind.status, kind.name, kind.advice))
            .collect();
        assert!(page.contains(&rows), "the table of the API's problems should be:\n{rows}");
    }
}
