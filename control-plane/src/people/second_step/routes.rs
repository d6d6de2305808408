//! The second step over HTTP.

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with},
};
use axum::{Json, response::NoContent};
use serde_json::json;

use super::{complete, enrolment, lost};
use crate::{
    http::openapi::{describe, describe_with},
    people::model::Me,
    plane::ControlPlane,
};

const TAG: &str = "people";

pub(in crate::people) fn router() -> ApiRouter<ControlPlane> {
    let both = || json!({ "password": "correct horse battery", "code": "287082" });
    ApiRouter::new()
        .api_route(
            "/api/sign-in/complete",
            post_with(complete, |operation| {
                const KINDS: &[&str] =
                    &["code-refused", "challenge-not-found", "sign-in-throttled"];
                let summary =
                    "Give the code of an authenticator, or a recovery code, and begin a session";
                let example = json!({ "challenge": "0123456789abcdef", "code": "287082" });
                describe_with(TAG, "completeSignIn", summary, KINDS, example)(operation)
                    .response::<200, Json<Me>>()
            }),
        )
        .api_route(
            "/api/installation/people/{email}/authenticator",
            delete_with(lost::turn_off, |operation| {
                const KINDS: &[&str] = &["person-not-found", "authenticator-off"];
                let summary =
                    "Turn off the second step of somebody who has lost it; their sessions end";
                describe(TAG, "removeLostAuthenticator", summary, KINDS)(operation)
                    .response::<204, NoContent>()
            }),
        )
        .api_route(
            "/api/me/authenticator",
            get_with(
                enrolment::show,
                describe(TAG, "showAuthenticator", "Show whether one signs in in two steps", &[]),
            )
            .post_with(
                enrolment::begin,
                describe_with(
                    TAG,
                    "beginAuthenticator",
                    "Begin with an authenticator; its secret comes with the answer, once",
                    &["sign-in-refused", "sign-in-throttled", "authenticator-on"],
                    json!({ "password": "correct horse battery" }),
                ),
            )
            .delete_with(enrolment::turn_off, |operation| {
                const KINDS: &[&str] =
                    &["sign-in-refused", "code-refused", "sign-in-throttled", "authenticator-off"];
                let summary = "Sign in by one's password alone from now on";
                describe_with(TAG, "removeAuthenticator", summary, KINDS, both())(operation)
                    .response::<204, NoContent>()
            }),
        )
        .api_route(
            "/api/me/authenticator/confirm",
            post_with(
                enrolment::confirm_first,
                describe_with(
                    TAG,
                    "confirmAuthenticator",
                    "Give an authenticator's first code; from now on one signs in in two steps",
                    &["code-refused", "sign-in-throttled", "authenticator-not-begun"],
                    json!({ "code": "287082" }),
                ),
            ),
        )
        .api_route(
            "/api/me/authenticator/recovery-codes",
            post_with(
                enrolment::renew_codes,
                describe_with(
                    TAG,
                    "renewRecoveryCodes",
                    "Make ten new recovery codes; those before are good no longer",
                    &["sign-in-refused", "code-refused", "sign-in-throttled", "authenticator-off"],
                    both(),
                ),
            ),
        )
}
