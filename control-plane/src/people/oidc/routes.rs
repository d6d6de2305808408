//! Signing in by a provider, over HTTP.

use aide::{
    axum::{
        ApiRouter,
        routing::{delete_with, get_with},
    },
    transform::TransformOperation,
};
use axum::{Json, response::NoContent};
use serde_json::json;

use super::{BEGIN, CALLBACK, begin, callback, identities, model::Linking, ways};
use crate::{
    http::openapi::{describe, describe_with},
    plane::ControlPlane,
};

const TAG: &str = "people";

pub(in crate::people) fn router() -> ApiRouter<ControlPlane> {
    let listed =
        describe(TAG, "listWaysToSignIn", "Show the ways to sign in beside a password", &[]);
    let begun = describe(TAG, "beginOidc", "Send a browser to the OpenID provider to sign in", &[]);
    let completed = describe(
        TAG,
        "completeOidc",
        "Take a browser back from the OpenID provider, and begin a session",
        &[],
    );
    links()
        .api_route("/api/sign-in/ways", get_with(ways, listed))
        .api_route(
            BEGIN,
            get_with(begin, |operation| sends(begun(operation), "To the provider.")),
        )
        .api_route(
            CALLBACK,
            get_with(callback, |operation| {
                sends(
                    completed(operation),
                    "To the page that it was to end at; with `#challenge=` for who signs in in two steps.",
                )
            }),
        )
}

/// Identities of who is signed in.
fn links() -> ApiRouter<ControlPlane> {
    let password = || json!({ "password": "correct horse battery" });
    ApiRouter::new()
        .api_route(
            "/api/me/identities",
            get_with(
                identities::list,
                describe(TAG, "listIdentities", "List whom a provider vouches for as oneself", &[]),
            )
            .post_with(identities::begin, |operation| {
                const KINDS: &[&str] =
                    &["sign-in-refused", "sign-in-throttled", "oidc-off", "oidc-unavailable"];
                let summary =
                    "Begin to link oneself at the provider; the answer says where to go on";
                describe_with(TAG, "beginIdentity", summary, KINDS, password())(operation)
                    .response::<200, Json<Linking>>()
            }),
        )
        .api_route(
            "/api/me/identities/{id}",
            delete_with(identities::unlink, |operation| {
                const KINDS: &[&str] =
                    &["sign-in-refused", "sign-in-throttled", "identity-not-found"];
                let summary = "Be known by a provider no longer";
                describe_with(TAG, "removeIdentity", summary, KINDS, password())(operation)
                    .response::<204, NoContent>()
            }),
        )
}

/// An operation that sends a browser somewhere; where it went wrong, to a page that says so.
fn sends<'a>(operation: TransformOperation<'a>, to: &str) -> TransformOperation<'a> {
    let otherwise =
        "Where it went wrong, to a page of ours with `#sign-in=` and the kind of problem.";
    operation
        .response_with::<303, (), _>(|response| response.description(&format!("{to} {otherwise}")))
}
