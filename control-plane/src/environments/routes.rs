//! Environments over HTTP.

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with},
};
use axum::{Json, http::StatusCode};
use serde_json::json;

use super::{
    model::{DeletedEnvironment, Environment, NewEnvironment},
    store, teardown,
};
use crate::{
    http::{
        Context, Page, Problem,
        body::Body,
        extract::Path,
        openapi::{describe, describe_with},
    },
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const TAG: &str = "environments";
    let created = describe_with(
        TAG,
        "createEnvironment",
        "Make an environment",
        &["environment-invalid", "environment-taken"],
        json!({ "name": "staging" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/environments",
            get_with(
                list,
                describe(TAG, "listEnvironments", "List environments, `production` first", &[]),
            )
            .post_with(create, |operation| created(operation).response::<201, Json<Environment>>()),
        )
        .api_route(
            "/api/environments/{name}",
            delete_with(
                delete,
                describe(
                    TAG,
                    "deleteEnvironment",
                    "Delete an environment, with all that serves in it",
                    &["environment-not-found", "environment-needed", "deployment-running"],
                ),
            ),
        )
}

async fn list(context: Context) -> Result<Json<Page<Environment>>, Problem> {
    let mut db = context.read().await?;
    Ok(Json(Page { items: store::list(&mut db, None).await?, next: None }))
}

async fn create(
    context: Context,
    Body(new): Body<NewEnvironment>,
) -> Result<(StatusCode, Json<Environment>), Problem> {
    check(&new.name)?;
    let mut db = context.begin().await?;
    let taken = || {
        let detail = format!("an environment is called `{}` already", new.name);
        Problem::conflict("environment-taken", detail).hint("choose another name")
    };
    let id = store::add(&mut db, context.organization, &new.name).await?.ok_or_else(taken)?;
    let made = store::list(&mut db, Some(id)).await?.pop().ok_or_else(taken)?;
    db.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

fn check(name: &str) -> Result<(), Problem> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins = name.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
    if begins && name.len() <= 32 && name.bytes().all(fits) {
        return Ok(());
    }
    let detail = "`name` is a letter of a-z, then at most 31 of a-z, 0-9 and -";
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "environment-invalid", detail))
}

async fn delete(
    context: Context,
    Path(name): Path<String>,
) -> Result<Json<DeletedEnvironment>, Problem> {
    teardown::run(&context, &name).await.map(Json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_with_a_letter() {
        assert!(check("staging").is_ok() && check("s-1").is_ok());
        for name in ["", "1", "-a", "Staging", "a b", "ä", &"a".repeat(33)] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
