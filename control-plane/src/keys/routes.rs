//! API keys over HTTP.

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with, put_with},
};
use axum::{Json, http::StatusCode};
use promptpilot_spec::key::{self, KeyKind, RANDOM};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    model::{
        ApiKey, CreatedKey, KeyLimits, KeyRotation, MOST_GRACE, MOST_RATE, NewKey, USUAL_GRACE,
    },
    store::{self, Row},
};
use crate::{
    http::{
        Context, Page, Problem,
        body::Body,
        extract::Path,
        openapi::{describe, describe_with},
    },
    plane::ControlPlane,
    state::mirror,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const TAG: &str = "api-keys";
    let created = describe_with(
        TAG,
        "createApiKey",
        "Make a key; the answer is the only one that has the whole of it",
        &[
            "key-invalid",
            "key-name-taken",
            "endpoint-not-found",
            "environment-not-found",
            "prompt-not-found",
            "state-unavailable",
        ],
        json!({ "name": "website", "endpoints": ["summarize"] }),
    );
    let rotated = describe_with(
        TAG,
        "rotateApiKey",
        "Give a key another secret, by its name or id; the answer is the only one that has it",
        &["key-not-found", "key-invalid", "key-ended", "state-unavailable"],
        json!({ "grace": USUAL_GRACE }),
    );
    let limited = describe_with(
        TAG,
        "limitApiKey",
        "Say what a key may have prompts executed for, and how often, by its name or id",
        &["key-not-found", "key-invalid", "key-ended"],
        json!({ "budget": "5 USD/day", "rate": 60 }),
    );
    ApiRouter::new()
        .api_route("/api/api-keys/{key}/rotate", post_with(rotate, rotated))
        .api_route("/api/api-keys/{key}/limits", put_with(limit, limited))
        .api_route(
            "/api/api-keys",
            get_with(list, describe(TAG, "listApiKeys", "List keys, newest first", &[]))
                .post_with(create, |operation| {
                    created(operation).response::<201, Json<CreatedKey>>()
                }),
        )
        .api_route(
            "/api/api-keys/{key}",
            delete_with(
                revoke,
                describe(
                    TAG,
                    "revokeApiKey",
                    "Revoke a key, by its name or id",
                    &["key-not-found", "state-unavailable"],
                ),
            ),
        )
}

async fn list(context: Context) -> Result<Json<Page<ApiKey>>, Problem> {
    let mut db = context.read().await?;
    Ok(Json(Page { items: store::list(&mut db, None).await?, next: None }))
}

async fn create(
    context: Context,
    Body(new): Body<NewKey>,
) -> Result<(StatusCode, Json<CreatedKey>), Problem> {
    check(&new)?;
    let mut db = context.begin().await?;
    let endpoints = match &new.endpoints {
        Some(names) => Some(ids("endpoint", names, store::endpoints(&mut db, names).await?)?),
        None => None,
    };
    let environments = match &new.environments {
        Some(names) => Some(ids("environment", names, store::environments(&mut db, names).await?)?),
        None => None,
    };
    let prompts = match new.prompts.names() {
        Some(names) => Some(ids("prompt", names, store::prompts(&mut db, names).await?)?),
        None => None,
    };
    let key = random(if new.test { KeyKind::Test } else { KeyKind::Live })?;
    let row = Row {
        organization: context.organization,
        id: Uuid::now_v7(),
        name: &new.name,
        test: new.test,
        hash: &key::hash(&key),
        shown: key::shown(&key),
        endpoints,
        environments,
        prompts,
        expires: new.expires,
        limits: new.limits,
        by: context.user,
    };
    let id = row.id;
    if !store::add(&mut db, row).await? {
        let detail = format!("a key is called `{}` already", new.name);
        return Err(Problem::conflict("key-name-taken", detail)
            .hint("choose another name, or revoke that key first"));
    }
    let about = store::list(&mut db, Some(id)).await?.pop();
    // Before it is saved: one that no function knows opens nothing.
    mirror::tell(&context.plane, &mut db, id).await?;
    db.commit().await?;
    let about = about.ok_or_else(|| Problem::not_found("key", id))?;
    Ok((StatusCode::CREATED, Json(CreatedKey { key, about })))
}

fn check(new: &NewKey) -> Result<(), Problem> {
    let wrong =
        |detail: &str| Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-invalid", detail));
    if !(1..=100).contains(&new.name.chars().count()) || new.name.contains('\0') {
        return wrong("`name` must have between 1 and 100 characters");
    }
    if new.name.parse::<Uuid>().is_ok() {
        return wrong("`name` must not look like an id");
    }
    if new.expires.is_some_and(|end| end <= OffsetDateTime::now_utc()) {
        return wrong("`expires` is over already");
    }
    let empty = |names: &Option<Vec<String>>| names.as_ref().is_some_and(Vec::is_empty);
    // A key may be for prompts alone.
    if (empty(&new.endpoints) && new.prompts.is_empty()) || empty(&new.environments) {
        return wrong("a key for nothing opens nothing: name something, or leave the list out");
    }
    check_limits(&new.limits)
}

fn check_limits(limits: &KeyLimits) -> Result<(), Problem> {
    let detail = if limits.budget.is_some_and(|budget| budget.micro_usd == 0) {
        "`budget` is above 0 USD"
    } else if limits.budget.is_some_and(|budget| i64::try_from(budget.micro_usd).is_err()) {
        "`budget` is more money than there is"
    } else if limits.rate.is_some_and(|rate| !(1..=MOST_RATE).contains(&rate)) {
        "`rate` is 1 to 1000000 requests a minute"
    } else {
        return Ok(());
    };
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-invalid", detail))
}

async fn limit(
    context: Context,
    Path(named): Path<String>,
    Body(limits): Body<KeyLimits>,
) -> Result<Json<ApiKey>, Problem> {
    check_limits(&limits)?;
    let missing = || Problem::not_found("key", &named);
    let mut db = context.begin().await?;
    let held = store::hold(&mut db, &named).await?.ok_or_else(missing)?;
    refuse_ended(&held)?;
    store::limit(&mut db, held.id, &limits).await?;
    let key = store::list(&mut db, Some(held.id)).await?.pop().ok_or_else(missing)?;
    db.commit().await?;
    Ok(Json(key))
}

/// The ids of all names, or the problem that one of them is not there.
fn ids(what: &str, names: &[String], found: Vec<(String, Uuid)>) -> Result<Vec<Uuid>, Problem> {
    let missing = names.iter().find(|name| !found.iter().any(|(other, _)| other == *name));
    match missing {
        Some(name) => Err(Problem::not_found(what, name)),
        None => Ok(found.into_iter().map(|(_, id)| id).collect()),
    }
}

fn random(kind: KeyKind) -> Result<String, Problem> {
    let mut bytes = [0; RANDOM];
    getrandom::fill(&mut bytes).map_err(|error| Problem::internal("make a key", &error))?;
    Ok(key::write(kind, &bytes))
}

async fn rotate(
    context: Context,
    Path(named): Path<String>,
    Body(wanted): Body<KeyRotation>,
) -> Result<Json<CreatedKey>, Problem> {
    let grace = wanted.grace.unwrap_or(USUAL_GRACE);
    if grace > MOST_GRACE {
        let detail = format!("`grace` is at most {MOST_GRACE} seconds, which are 30 days");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-invalid", detail));
    }
    let mut db = context.begin().await?;
    let held = store::hold(&mut db, &named).await?;
    let held = held.ok_or_else(|| Problem::not_found("key", &named))?;
    refuse_ended(&held)?;
    let key = random(if held.test { KeyKind::Test } else { KeyKind::Live })?;
    let (hash, shown) = (key::hash(&key), key::shown(&key));
    let secret = store::Secret { hash: &hash, shown, grace: f64::from(grace) };
    store::rotate(&mut db, held.id, secret).await?;
    let about = store::list(&mut db, Some(held.id)).await?.pop();
    let about = about.ok_or_else(|| Problem::not_found("key", &named))?;
    // Before it is saved, as with a new key.
    mirror::tell(&context.plane, &mut db, held.id).await?;
    db.commit().await?;
    Ok(Json(CreatedKey { key, about }))
}

/// What has ended does not begin again.
fn refuse_ended(held: &store::Held) -> Result<(), Problem> {
    let how = match held.expires {
        _ if held.revoked => "was revoked",
        Some(end) if end <= OffsetDateTime::now_utc() => "has expired",
        _ => return Ok(()),
    };
    Err(Problem::conflict("key-ended", format!("the key `{}` {how}", held.name)))
}

async fn revoke(context: Context, Path(named): Path<String>) -> Result<Json<ApiKey>, Problem> {
    let mut db = context.begin().await?;
    let missing = || Problem::not_found("key", &named);
    let id = store::revoke(&mut db, &named).await?.ok_or_else(missing)?;
    let key = store::list(&mut db, Some(id)).await?.pop().ok_or_else(missing)?;
    db.commit().await?;
    // After it is saved: should functions not hear of it now, a worker tells them.
    let mut db = context.begin().await?;
    let told = mirror::tell(&context.plane, &mut db, id).await;
    told.map_err(|problem| {
        problem.hint(format!(
            "the key is revoked here, and functions take it until they are told, which is tried \
             every few minutes: to tell them now, revoke `{id}` again"
        ))
    })?;
    Ok(Json(key))
}
