//! Provider credentials over HTTP. What goes in as a secret never comes out.

use aide::axum::{
    ApiRouter,
    routing::{delete_with, get_with, post_with},
};
use axum::{Json, http::StatusCode};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    DEFAULT,
    change::{self, MOST, Stored, is_name, is_sendable},
    model::{
        ChangedCredential, CheckRequest, CheckResult, Credential, DeletedCredential, NewCredential,
    },
    probe, provider,
    store::{self, Place},
    vault::Vault,
};
use crate::{
    deploy::release::{renew, store as release},
    environments,
    http::{
        Context, Page, Problem,
        body::Body,
        extract::Path,
        openapi::{describe, describe_with},
    },
    plane::ControlPlane,
    secret::Secret,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const TAG: &str = "provider-credentials";
    let stored = describe_with(
        TAG,
        "storeCredential",
        "Store a provider's key, or change it; what is live with it is brought the new one",
        &["credential-invalid", "credential-changed", "environment-not-found"],
        json!({ "provider": "openai", "secret": "sk-…" }),
    );
    let checked = describe_with(
        TAG,
        "checkCredential",
        "Ask the provider whether it takes the key, by a request that costs nothing",
        &["credential-not-found", "credential-invalid"],
        json!({}),
    );
    ApiRouter::new()
        .api_route(
            "/api/provider-credentials",
            get_with(list, describe(TAG, "listCredentials", "List stored keys of providers", &[]))
                .put_with(put, stored),
        )
        .api_route(
            "/api/provider-credentials/{id}",
            delete_with(
                delete,
                describe(
                    TAG,
                    "deleteCredential",
                    "Delete a stored key that nothing live needs",
                    &["credential-not-found", "credential-in-use"],
                ),
            ),
        )
        .api_route("/api/provider-credentials/{id}/check", post_with(check, checked))
}

async fn list(context: Context) -> Result<Json<Page<Credential>>, Problem> {
    let mut db = context.read().await?;
    let items = store::list(&mut db, context.organization, None).await?;
    Ok(Json(Page { items, next: None }))
}

async fn put(
    context: Context,
    Body(new): Body<NewCredential>,
) -> Result<Json<ChangedCredential>, Problem> {
    let name = new.name.as_deref().unwrap_or(DEFAULT);
    examine(&new, name)?;
    let mut db = context.begin().await?;
    let environment = match &new.environment {
        Some(name) => Some(environments::find(&mut db, name).await?),
        None => None,
    };
    let organization = context.organization;
    let vault = Vault::of(&mut db, &context.plane.settings().secret_key, organization).await?;
    let place = Place { organization, provider: new.provider.as_str(), name, environment };
    let secret = Secret::from(new.secret);
    let id = match change::store(&mut db, &vault, place, &secret, Some(context.user)).await? {
        Stored::Same(id) | Stored::New(id) => id,
        Stored::Raced => {
            let detail = "somebody else stored a key of this name in the same moment";
            return Err(Problem::conflict("credential-changed", detail)
                .hint("look at what is there, and decide anew"));
        }
    };
    let deployments = renew::queue(&mut db, organization, Some(context.user), true).await?;
    let about = found(&mut db, organization, id).await?;
    db.commit().await?;
    Ok(Json(ChangedCredential { about, deployments }))
}

fn examine(new: &NewCredential, name: &str) -> Result<(), Problem> {
    use promptpilot_spec::definition::ProviderKind::Sandbox;
    let detail = if new.provider == Sandbox {
        "the sandbox takes no key".to_owned()
    } else if !is_name(new.provider, name) {
        "`name` is at most 48 lower-case letters, digits or hyphens, and for `openai` does not begin \
         with `compatible`"
            .to_owned()
    } else if !is_sendable(&new.secret) {
        format!("`secret` is one word of at most {MOST} visible ASCII characters")
    } else {
        return Ok(());
    };
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "credential-invalid", detail))
}

async fn found(db: &mut PgConnection, organization: Uuid, id: Uuid) -> Result<Credential, Problem> {
    let found = store::list(db, organization, Some(id)).await?.pop();
    found.ok_or_else(|| missing(id))
}

fn missing(id: Uuid) -> Problem {
    Problem::not_found("credential", id)
}

async fn delete(
    context: Context,
    Path(id): Path<Uuid>,
) -> Result<Json<DeletedCredential>, Problem> {
    let organization = context.organization;
    let mut db = context.begin().await?;
    let users = store::users(&mut db, organization, id).await?;
    if !store::remove(&mut db, organization, id).await? {
        return Err(missing(id));
    }
    if release::without(&mut db, organization, id).await? {
        let detail = "endpoints serve with this key, and no other would take its place";
        return Err(Problem::conflict("credential-in-use", detail)
            .hint("change the key instead, or deploy those endpoints with another")
            .with("users", users));
    }
    let deployments = renew::queue(&mut db, organization, Some(context.user), true).await?;
    db.commit().await?;
    Ok(Json(DeletedCredential { id, deployments }))
}

async fn check(
    context: Context,
    Path(id): Path<Uuid>,
    Body(wanted): Body<CheckRequest>,
) -> Result<Json<CheckResult>, Problem> {
    let organization = context.organization;
    let (kept, vault) = {
        let mut db = context.begin().await?;
        let kept = store::sealed(&mut db, organization, id).await?.ok_or_else(|| missing(id))?;
        let vault = Vault::of(&mut db, &context.plane.settings().secret_key, organization).await?;
        (kept, vault)
    };
    let kind = provider(&kept.provider).ok_or_else(|| missing(id))?;
    let secret = vault.open(id, kept.version, &kept.sealed)?;
    // No transaction is open while the provider is asked.
    let result = probe::run(kind, &secret, &wanted).await?;
    let mut db = context.begin().await?;
    store::checked(&mut db, organization, id, kept.version, result.refusal.as_deref()).await?;
    db.commit().await?;
    Ok(Json(result))
}
