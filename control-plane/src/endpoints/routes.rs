//! Endpoints over HTTP.

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

use super::{
    check::{examine, examine_all, sound},
    model::{
        CheckAnswer, CheckRequest, Checked, Endpoint, GeneratedSource, RollbackRequest, RolledBack,
        Version,
    },
    store,
};
use crate::{
    deploy::{
        model::Source,
        release::{rollback, teardown},
    },
    http::{
        Context, Page, Problem,
        body::Body,
        extract::{Path, Query},
    },
    plane::ControlPlane,
};

/// The environment where none is named.
pub(crate) const DEFAULT_ENVIRONMENT: &str = "production";

pub(crate) fn router() -> Router<ControlPlane> {
    Router::new()
        .route("/api/endpoints", get(list))
        .route("/api/endpoints/check", post(check))
        .route("/api/endpoints/{name}", get(show).delete(delete))
        .route("/api/endpoints/{name}/source", get(source))
        .route("/api/endpoints/{name}/versions", get(versions))
        .route("/api/endpoints/{name}/rollback", post(roll_back))
}

/// Which environment a request means.
#[derive(Debug, Deserialize)]
struct In {
    env: Option<String>,
}

impl In {
    fn name(&self) -> &str {
        self.env.as_deref().unwrap_or(DEFAULT_ENVIRONMENT)
    }
}

async fn check(
    context: Context,
    State(plane): State<ControlPlane>,
    Body(request): Body<CheckRequest>,
) -> Json<CheckAnswer> {
    tracing::debug!(organization = %context.organization, "checking definitions");
    let results = examine_all(&request.definitions, plane.settings())
        .into_iter()
        .map(|examined| Checked {
            name: examined.definition.map(|definition| definition.name),
            plan: examined.plan,
            findings: examined.findings,
        })
        .collect();
    Json(CheckAnswer { results })
}

async fn list(context: Context, Query(place): Query<In>) -> Result<Json<Page<Endpoint>>, Problem> {
    let mut db = context.begin().await?;
    let environment = environment(&mut db, place.name()).await?;
    let items = store::list(&mut db, environment, None).await?;
    Ok(Json(Page { items, next: None }))
}

async fn show(
    context: Context,
    Path(name): Path<String>,
    Query(place): Query<In>,
) -> Result<Json<Endpoint>, Problem> {
    let mut db = context.begin().await?;
    let environment = environment(&mut db, place.name()).await?;
    let found = store::list(&mut db, environment, Some(&name)).await?.pop();
    found.map(Json).ok_or_else(|| Problem::not_found("endpoint", name))
}

async fn versions(
    context: Context,
    Path(name): Path<String>,
    Query(place): Query<In>,
) -> Result<Json<Page<Version>>, Problem> {
    let mut db = context.begin().await?;
    let environment = environment(&mut db, place.name()).await?;
    let id = endpoint(&mut db, &name).await?;
    let items = store::versions(&mut db, id, environment).await?;
    Ok(Json(Page { items, next: None }))
}

#[derive(Debug, Deserialize)]
struct Of {
    version: Option<i32>,
}

async fn source(
    context: Context,
    State(plane): State<ControlPlane>,
    Path(name): Path<String>,
    Query(of): Query<Of>,
) -> Result<Json<GeneratedSource>, Problem> {
    let text = {
        let mut db = context.begin().await?;
        let id = endpoint(&mut db, &name).await?;
        store::text(&mut db, id, of.version).await?
    };
    let text = text.ok_or_else(|| Problem::not_found("version", of.version.unwrap_or_default()))?;
    let saved = Source { file: text.file, toml: text.toml };
    let (_, plan, _) =
        sound(examine(&saved, plane.settings(), Default::default())).map_err(|findings| {
            Problem::conflict(
                "definition-invalid",
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
    Path(name): Path<String>,
    Query(place): Query<In>,
    Body(request): Body<RollbackRequest>,
) -> Result<Json<RolledBack>, Problem> {
    rollback::run(&context, &name, place.name(), request.version).await.map(Json)
}

#[derive(Debug, Serialize)]
struct Deleted {
    endpoint: String,
}

async fn delete(
    context: Context,
    Path(name): Path<String>,
) -> Result<(StatusCode, Json<Deleted>), Problem> {
    teardown::run(&context, &name).await?;
    Ok((StatusCode::OK, Json(Deleted { endpoint: name })))
}

/// Id of an environment, or the problem that there is none.
pub(crate) async fn environment(
    db: &mut sqlx::PgConnection,
    name: &str,
) -> Result<uuid::Uuid, Problem> {
    store::environment(db, name).await?.ok_or_else(|| Problem::not_found("environment", name))
}

/// Id of an endpoint, or the problem that there is none.
pub(crate) async fn endpoint(
    db: &mut sqlx::PgConnection,
    name: &str,
) -> Result<uuid::Uuid, Problem> {
    store::id(db, name).await?.ok_or_else(|| Problem::not_found("endpoint", name))
}
