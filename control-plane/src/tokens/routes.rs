//! Access tokens over HTTP: people see and end their own.

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with},
};
use axum::{Json, http::StatusCode, response::NoContent};
use promptpilot_spec::key;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    logins,
    model::{AccessToken, CreatedAccessToken, Login, NewAccessToken},
    random,
    store::{self, Row},
};
use crate::{
    http::{
        Context, Page, Paging, Problem,
        body::Body,
        extract::{Path, Query},
        openapi::{describe, describe_with},
    },
    plane::ControlPlane,
};

const TAG: &str = "access-tokens";

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    let created = describe_with(
        TAG,
        "createAccessToken",
        "Make a token for this organization; the answer is the only one that has the whole of it",
        &["token-invalid"],
        json!({ "name": "CI", "expires": "2100-01-01T00:00:00Z" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/access-tokens",
            get_with(
                list,
                describe(TAG, "listAccessTokens", "List one's own tokens, newest first", &[]),
            )
            .post_with(create, |operation| {
                created(operation).response::<201, Json<CreatedAccessToken>>()
            }),
        )
        .api_route(
            "/api/access-tokens/{id}",
            delete_with(
                revoke,
                describe(TAG, "revokeAccessToken", "End one of one's tokens", &["token-not-found"]),
            ),
        )
        .merge(of_logins())
}

fn of_logins() -> ApiRouter<ControlPlane> {
    let begun = describe_with(
        TAG,
        "beginLogin",
        "Ask for a token that somebody approves elsewhere, by a code",
        &["token-invalid", "sign-in-throttled"],
        json!({ "name": "jo's laptop" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/logins",
            post_with(logins::begin, |operation| begun(operation).response::<201, Json<Login>>()),
        )
        .api_route(
            "/api/logins/{code}",
            get_with(
                logins::show,
                describe(TAG, "showLogin", "Show who waits with a code", &["login-not-found"]),
            ),
        )
        .api_route(
            "/api/logins/{code}/approve",
            post_with(
                logins::approve,
                describe(
                    TAG,
                    "approveLogin",
                    "Let in who waits with a code, as oneself in this organization",
                    &["login-not-found"],
                ),
            ),
        )
}

async fn list(
    context: Context,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<AccessToken>>, Problem> {
    let mut db = context.read().await?;
    let limit = paging.limit();
    let items = store::list(&mut db, context.user, paging.after, limit + 1).await?;
    Ok(Json(Page::new(items, limit, |token| token.id)))
}

async fn create(
    context: Context,
    Body(new): Body<NewAccessToken>,
) -> Result<(StatusCode, Json<CreatedAccessToken>), Problem> {
    check_name(&new.name)?;
    if new.expires.is_some_and(|end| end <= OffsetDateTime::now_utc()) {
        return Err(invalid("`expires` is over already"));
    }
    let token = random()?;
    let row = Row {
        organization: context.organization,
        user: context.user,
        name: &new.name,
        hash: &key::hash(&token),
        shown: key::shown(&token),
        expires: new.expires,
    };
    let mut db = context.begin().await?;
    let about = store::add(&mut db, row).await?;
    db.commit().await?;
    Ok((StatusCode::CREATED, Json(CreatedAccessToken { token, about })))
}

pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    if (1..=100).contains(&name.chars().count()) && !name.contains(char::is_control) {
        return Ok(());
    }
    Err(invalid("`name` must have between 1 and 100 characters, all visible"))
}

fn invalid(detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "token-invalid", detail)
}

async fn revoke(context: Context, Path(id): Path<Uuid>) -> Result<NoContent, Problem> {
    let mut db = context.begin().await?;
    if !store::revoke(&mut db, context.user, id).await? {
        return Err(Problem::not_found("token", id));
    }
    db.commit().await?;
    Ok(NoContent)
}
