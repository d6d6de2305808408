//! People over HTTP.

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with, put_with},
};
use axum::{Json, response::NoContent};
use serde_json::json;

use super::{
    account,
    model::Me,
    oidc, reset,
    second_step::{self, model::Challenge},
    sessions, sign_in, verification,
};
use crate::{
    http::openapi::{describe, describe_with},
    plane::ControlPlane,
};

const TAG: &str = "people";

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    doors()
        .merge(letters())
        .merge(second_step::routes::router())
        .merge(oidc::routes::router())
        .api_route(
            "/api/me",
            get_with(
                sessions::me,
                describe(TAG, "showMe", "Show who asks, where they belong, what they may", &[]),
            )
            .delete_with(account::delete, |operation| {
                const KINDS: &[&str] =
                    &["sign-in-refused", "sign-in-throttled", "last-owner", "organization-in-use"];
                let summary = "End one's account, and organizations that nobody else is in";
                let example = json!({ "password": "correct horse battery" });
                describe_with(TAG, "deleteMe", summary, KINDS, example)(operation)
                    .response::<204, NoContent>()
            }),
        )
        .api_route(
            "/api/me/password",
            put_with(account::change_password, |operation| {
                const KINDS: &[&str] =
                    &["sign-in-refused", "sign-in-throttled", "password-invalid"];
                let summary = "Change one's password; all other sessions end";
                let example = json!({ "current": "correct horse battery", "new": "staple this" });
                describe_with(TAG, "changePassword", summary, KINDS, example)(operation)
                    .response::<204, NoContent>()
            }),
        )
        .api_route(
            "/api/me/sessions",
            get_with(sessions::list, describe(TAG, "listSessions", "List one's sessions", &[])),
        )
        .api_route(
            "/api/me/sessions/{id}",
            delete_with(
                sessions::end,
                describe(TAG, "endSession", "End one of one's sessions", &["session-not-found"]),
            ),
        )
}

fn doors() -> ApiRouter<ControlPlane> {
    let signed_up = describe_with(
        TAG,
        "signUp",
        "Make an account and an organization of its own, and sign in",
        &[
            "sign-up-closed",
            "invitation-for-another",
            "invitation-not-found",
            "email-taken",
            "email-invalid",
            "name-invalid",
            "password-invalid",
            "sign-in-throttled",
        ],
        json!({ "email": "jo@example.com", "name": "Jo", "password": "correct horse battery" }),
    );
    let signed_in = describe_with(
        TAG,
        "signIn",
        "Begin a session; its cookie comes with the answer",
        &["sign-in-refused", "sign-in-throttled", "email-unverified"],
        json!({ "email": "jo@example.com", "password": "correct horse battery" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/sign-up",
            post_with(sign_in::sign_up, |operation| {
                let what =
                    "The account is made; its address has to be confirmed before signing in.";
                signed_up(operation)
                    .response::<201, Json<Me>>()
                    .response_with::<202, (), _>(|response| response.description(what))
            }),
        )
        .api_route(
            "/api/sign-in",
            post_with(sign_in::sign_in, |operation| {
                let what = "The password is right; the person has an authenticator, and gives its code \
                            with this to `POST /api/sign-in/complete`.";
                signed_in(operation)
                    .response::<200, Json<Me>>()
                    .response_with::<202, Json<Challenge>, _>(|response| response.description(what))
            }),
        )
        .api_route(
            "/api/sign-out",
            post_with(sign_in::sign_out, |operation| {
                describe(TAG, "signOut", "End the session", &[])(operation)
                    .response::<204, NoContent>()
            }),
        )
}

/// What goes by letters: a new password, and addresses that are confirmed.
fn letters() -> ApiRouter<ControlPlane> {
    const ASKED: &[&str] = &["mail-missing", "email-invalid", "sign-in-throttled"];
    let example = || json!({ "email": "jo@example.com" });
    let forgotten = describe_with(
        TAG,
        "askForPasswordReset",
        "Have a link sent to choose a new password by; the answer is the same for any address",
        ASKED,
        example(),
    );
    let resetting = describe_with(
        TAG,
        "completePasswordReset",
        "Choose a new password by the link of a letter; all sessions end",
        &["link-not-found", "password-invalid", "sign-in-throttled"],
        json!({ "token": "0123456789abcdef", "password": "correct horse battery" }),
    );
    let again = describe_with(
        TAG,
        "askForEmailVerification",
        "Have the link sent once more by which an address is confirmed; the answer is the same for any",
        ASKED,
        example(),
    );
    let verifying = describe_with(
        TAG,
        "completeEmailVerification",
        "Confirm an address by the link of a letter",
        &["link-not-found", "sign-in-throttled"],
        json!({ "token": "0123456789abcdef" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/password-resets",
            post_with(reset::ask, |operation| forgotten(operation).response::<202, ()>()),
        )
        .api_route(
            "/api/password-resets/complete",
            post_with(reset::complete, |operation| {
                resetting(operation).response::<204, NoContent>()
            }),
        )
        .api_route(
            "/api/email-verifications",
            post_with(verification::ask, |operation| again(operation).response::<202, ()>()),
        )
        .api_route(
            "/api/email-verifications/complete",
            post_with(verification::complete, |operation| {
                verifying(operation).response::<204, NoContent>()
            }),
        )
}
