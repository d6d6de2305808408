//! Endpoints over HTTP.

use aide::axum::{
    ApiRouter,
    routing::{get_with, post_with},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    check::{examine, facts, references, sound},
    draft::{self, Draft},
    model::{
        CheckAnswer, CheckRequest, Checked, Endpoint, GeneratedSource, RollbackRequest, RolledBack,
        TrialRequest, Tried, Version,
    },
    store, trial,
};
use crate::{
    budget,
    credentials::Credentials,
    deploy::{
        model::Source,
        release::{rollback, teardown},
    },
    environments::{self, In},
    http::{
        Context, Page, Paging, Problem,
        body::Body,
        extract::{Path, Query},
        openapi::{describe, describe_with},
        revision::{Seen, etag},
    },
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const TAG: &str = "endpoints";
    const HERE: &[&str] = &["environment-not-found", "endpoint-not-found"];
    let file = json!({ "file": "greet.toml", "toml": crate::deploy::model::EXAMPLE });
    let checked = describe_with(
        TAG,
        "checkDefinitions",
        "Check definitions, all errors at once; nothing is saved",
        &["environment-not-found"],
        json!({ "definitions": [file] }),
    );
    let rolled_back = describe_with(
        TAG,
        "rollBackEndpoint",
        "Go back to a version that served before, without a build",
        &[
            "environment-not-found",
            "endpoint-not-found",
            "deployment-running",
            "nothing-live",
            "already-live",
            "nothing-to-roll-back-to",
            "version-gone",
        ],
        json!({ "version": 3 }),
    );
    let tried = describe_with(
        TAG,
        "tryEndpoint",
        "Call the version that serves, without a key",
        &["environment-not-found", "endpoint-not-found", "nothing-live", "function-failed"],
        json!({ "request": { "name": "Ada" } }),
    );
    ApiRouter::new()
        .api_route(
            "/api/endpoints",
            get_with(
                list,
                describe(
                    TAG,
                    "listEndpoints",
                    "List endpoints by name",
                    &["environment-not-found"],
                ),
            ),
        )
        .api_route("/api/endpoints/check", post_with(check, checked))
        .api_route(
            "/api/endpoints/{name}",
            get_with(show, |operation| {
                describe(TAG, "showEndpoint", "Show an endpoint", HERE)(operation)
                    .response::<200, Json<Endpoint>>()
            })
            .delete_with(
                delete,
                describe(
                    TAG,
                    "deleteEndpoint",
                    "Take an endpoint down; its history stays",
                    &["environment-not-found", "endpoint-not-found", "deployment-running"],
                ),
            ),
        )
        .api_route(
            "/api/endpoints/{name}/source",
            get_with(
                source,
                describe(
                    TAG,
                    "showSource",
                    "Show the Rust code that a version becomes",
                    &["endpoint-not-found", "version-not-found", "definition-invalid-now"],
                ),
            ),
        )
        .api_route(
            "/api/endpoints/{name}/versions",
            get_with(versions, describe(TAG, "listVersions", "List versions, newest first", HERE)),
        )
        .api_route("/api/endpoints/{name}/rollback", post_with(roll_back, rolled_back))
        .api_route("/api/endpoints/{name}/try", post_with(attempt, tried))
}

async fn check(
    context: Context,
    Query(place): Query<In>,
    Body(request): Body<CheckRequest>,
) -> Result<Json<CheckAnswer>, Problem> {
    let drafts = draft::all(request.definitions)?;
    let (_, credentials) = Credentials::named(&context, place.name()).await?;
    let prompts = references(&context, drafts.iter().map(Draft::reference)).await?;
    let budgeted = budget::is_asked_for(&context.plane, context.organization).await?;
    let facts = facts(context.plane.settings(), Some(&credentials), &prompts, budgeted);
    let results = draft::examine_all(drafts, facts)
        .into_iter()
        .map(|(toml, examined)| Checked {
            name: examined.definition.map(|definition| definition.name),
            code: (examined.plan.as_ref().filter(|_| request.code))
                .map(|plan| promptpilot_codegen::sources(plan).files),
            plan: examined.plan,
            findings: examined.findings,
            toml,
            json: examined.json,
            places: examined.positions.spans(),
        })
        .collect();
    Ok(Json(CheckAnswer { results }))
}

async fn list(
    context: Context,
    Query(place): Query<In>,
    Query(paging): Query<Paging<String>>,
) -> Result<Json<Page<Endpoint>>, Problem> {
    let environment = environments::find_recent(&context, place.name()).await?;
    let mut db = context.read().await?;
    let limit = paging.limit();
    let items = store::list(&mut db, environment, paging.after.as_deref(), limit + 1).await?;
    Ok(Json(Page::new(items, limit, |endpoint| endpoint.name.clone())))
}

/// An answer with the `etag` of its revision.
type Revised<T> = ([(HeaderName, HeaderValue); 1], Json<T>);

async fn show(
    context: Context,
    Path(name): Path<String>,
    Query(place): Query<In>,
) -> Result<Revised<Endpoint>, Problem> {
    let environment = environments::find_recent(&context, place.name()).await?;
    let mut db = context.read().await?;
    let found = found(&mut db, environment, &name).await?;
    Ok(([etag(&found.revision())], Json(found)))
}

/// The endpoint of a name, or the problem that there is none.
async fn found(
    db: &mut sqlx::PgConnection,
    environment: Uuid,
    name: &str,
) -> Result<Endpoint, Problem> {
    let found = store::get(db, environment, name).await?;
    found.ok_or_else(|| Problem::not_found("endpoint", name))
}

/// Refuses an edit of an endpoint that has changed since the caller saw it. The caller
/// holds what an edit would change, so that it stays as it is found.
pub(crate) async fn check_revision(
    db: &mut sqlx::PgConnection,
    seen: &Seen,
    environment: Uuid,
    name: &str,
) -> Result<(), Problem> {
    let now = found(db, environment, name).await?;
    seen.check(&now.revision(), &now)
}

async fn versions(
    context: Context,
    Path(name): Path<String>,
    Query(place): Query<In>,
    Query(paging): Query<Paging<i32>>,
) -> Result<Json<Page<Version>>, Problem> {
    let mut db = context.read().await?;
    let environment = environments::find(&mut db, place.name()).await?;
    let id = endpoint(&mut db, &name).await?;
    let limit = paging.limit();
    let items = store::versions(&mut db, id, environment, paging.after, limit + 1).await?;
    Ok(Json(Page::new(items, limit, |version| version.version)))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Of {
    /// Counted from 1; absent means the newest.
    #[schemars(range(min = 1))]
    version: Option<i32>,
}

async fn source(
    context: Context,
    State(plane): State<ControlPlane>,
    Path(name): Path<String>,
    Query(of): Query<Of>,
) -> Result<Json<GeneratedSource>, Problem> {
    let text = {
        let mut db = context.read().await?;
        let id = endpoint(&mut db, &name).await?;
        store::text(&mut db, id, of.version).await?
    };
    let text = text.ok_or_else(|| Problem::not_found("version", of.version.unwrap_or_default()))?;
    let prompts = text.prompt.unwrap_or_default();
    let saved = Source { file: text.file, toml: text.toml };
    // What it becomes does not depend on which credentials are there.
    let budgeted = budget::is_asked_for(&plane, context.organization).await?;
    let facts = facts(plane.settings(), None, &prompts, budgeted);
    let (_, plan, _) = sound(examine(&saved, &facts)).map_err(|findings| {
        Problem::conflict(
            "definition-invalid-now",
            format!("version {} does not pass today's check", text.number),
        )
        .with("findings", findings)
    })?;
    let sources = promptpilot_codegen::sources(&plan);
    Ok(Json(GeneratedSource {
        version: text.number,
        crate_name: sources.crate_name,
        files: sources.files,
    }))
}

async fn roll_back(
    context: Context,
    seen: Seen,
    Path(name): Path<String>,
    Query(place): Query<In>,
    Body(request): Body<RollbackRequest>,
) -> Result<Json<RolledBack>, Problem> {
    rollback::run(&context, &seen, &name, place.name(), request.version).await.map(Json)
}

async fn attempt(
    context: Context,
    Path(name): Path<String>,
    Query(place): Query<In>,
    Body(wanted): Body<TrialRequest>,
) -> Result<Json<Tried>, Problem> {
    trial::run(&context, &name, place.name(), &wanted.request).await.map(Json)
}

/// Answer of `DELETE /api/endpoints/{name}`.
#[derive(Debug, Serialize, JsonSchema)]
struct Deleted {
    /// The name, which is free again.
    endpoint: String,
}

async fn delete(
    context: Context,
    seen: Seen,
    Path(name): Path<String>,
    Query(place): Query<In>,
) -> Result<Json<Deleted>, Problem> {
    teardown::run(&context, &seen, &name, place.name()).await?;
    Ok(Json(Deleted { endpoint: name }))
}

/// Id of an endpoint, or the problem that there is none.
pub(crate) async fn endpoint(db: &mut sqlx::PgConnection, name: &str) -> Result<Uuid, Problem> {
    store::id(db, name).await?.ok_or_else(|| Problem::not_found("endpoint", name))
}
