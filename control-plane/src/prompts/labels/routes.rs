//! Labels over HTTP.

use aide::axum::{
    ApiRouter,
    routing::{get_with, put_with},
};
use axum::{Json, http::StatusCode};
use promptpilot_spec::definition::is_label;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

use super::{
    model::{LabelMove, LabelMoved, LabelRule, LabelTarget, NewLabelRule},
    store::{self, Move},
};
use crate::{
    http::{
        Context, Page, Paging, Problem,
        body::Body,
        extract::{Path, Query},
        openapi::{describe, describe_with},
        revision::Seen,
    },
    people::{Role, access},
    plane::ControlPlane,
    prompts::{
        save::{list, missing},
        store as prompts,
    },
};

/// The label that an admin moves where nobody has decided otherwise.
const PRODUCTION: &str = "production";

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    const TAG: &str = "prompts";
    let set = describe_with(
        TAG,
        "setPromptLabel",
        "Set a label, or move it to another version",
        &["prompt-not-found", "version-not-found", "label-invalid"],
        json!({ "version": 3 }),
    );
    let rule = describe_with(
        TAG,
        "setLabelRule",
        "Say which role a label takes to be moved, in all prompts",
        &["label-invalid", "role-too-great"],
        json!({ "role": "admin" }),
    );
    ApiRouter::new()
        .api_route(
            "/api/prompts/{name}/labels",
            get_with(
                moves,
                describe(
                    TAG,
                    "listLabelMoves",
                    "List how labels were set and moved, newest first",
                    &["prompt-not-found"],
                ),
            ),
        )
        .api_route(
            "/api/prompts/{name}/labels/{label}",
            put_with(put, set).delete_with(
                remove,
                describe(
                    TAG,
                    "removePromptLabel",
                    "Take a label away",
                    &["prompt-not-found", "label-not-found", "label-in-use"],
                ),
            ),
        )
        .api_route(
            "/api/label-rules",
            get_with(
                rules,
                describe(TAG, "listLabelRules", "List labels that take a certain role", &[]),
            ),
        )
        .api_route("/api/label-rules/{label}", put_with(set_rule, rule))
}

async fn put(
    context: Context,
    seen: Seen,
    Path((name, label)): Path<(String, String)>,
    Body(target): Body<LabelTarget>,
) -> Result<Json<LabelMoved>, Problem> {
    let mut db = context.begin().await?;
    let held = prompts::hold(&mut db, &name).await?.ok_or_else(|| missing(&name))?;
    check_label(&label)?;
    check_role(&context, &mut db, &label).await?;
    let from = store::held(&mut db, held.id, &label).await?;
    seen.check(&from.unwrap_or(0).to_string(), json!({ "label": label, "version": from }))?;
    let to = target.version.unwrap_or(held.version);
    if !(1..=held.version).contains(&to) {
        return Err(Problem::not_found("version", to)
            .hint(format!("the newest version of `{name}` is {}", held.version)));
    }
    if from != Some(to) {
        let Context { organization, user: by, .. } = context;
        let step = Move { organization, prompt: held.id, label: &label, from, to: Some(to), by };
        store::set(&mut db, step).await?;
    }
    let endpoints = store::behind(&mut db, held.id, &label).await?;
    db.commit().await?;
    Ok(Json(LabelMoved { prompt: name, label, from, to: Some(to), endpoints }))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Forced {
    /// Takes it away even from endpoints that name it.
    #[serde(default)]
    force: bool,
}

async fn remove(
    context: Context,
    seen: Seen,
    Path((name, label)): Path<(String, String)>,
    Query(forced): Query<Forced>,
) -> Result<Json<LabelMoved>, Problem> {
    let mut db = context.begin().await?;
    let held = prompts::hold(&mut db, &name).await?.ok_or_else(|| missing(&name))?;
    check_role(&context, &mut db, &label).await?;
    let from = store::held(&mut db, held.id, &label).await?;
    let Some(version) = from else { return Err(Problem::not_found("label", &label)) };
    seen.check(&version.to_string(), json!({ "label": label, "version": version }))?;
    let naming = store::named_by(&mut db, held.id, &label).await?;
    if !forced.force && !naming.is_empty() {
        let detail = format!("`{name}@{label}` is used by {}", list(&naming));
        return Err(Problem::conflict("label-in-use", detail)
            .hint("what is live keeps its text; to take it away all the same, add `?force=true`")
            .with("endpoints", naming));
    }
    let Context { organization, user: by, .. } = context;
    let step = Move { organization, prompt: held.id, label: &label, from, to: None, by };
    store::set(&mut db, step).await?;
    let endpoints = store::behind(&mut db, held.id, &label).await?;
    db.commit().await?;
    Ok(Json(LabelMoved { prompt: name, label, from, to: None, endpoints }))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Of {
    /// Only this label's.
    label: Option<String>,
}

async fn moves(
    context: Context,
    Path(name): Path<String>,
    Query(of): Query<Of>,
    Query(paging): Query<Paging<i64>>,
) -> Result<Json<Page<LabelMove>>, Problem> {
    let mut db = context.read().await?;
    let prompt = prompts::id(&mut db, &name).await?.ok_or_else(|| missing(&name))?;
    let limit = paging.limit();
    let label = of.label.as_deref();
    let items = store::moves(&mut db, prompt, label, paging.after, limit + 1).await?;
    Ok(Json(Page::new(items, limit, |item| item.position)))
}

async fn rules(context: Context) -> Result<Json<Page<LabelRule>>, Problem> {
    let mut db = context.read().await?;
    let mut items: Vec<LabelRule> = store::rules(&mut db)
        .await?
        .into_iter()
        .map(|(label, role)| LabelRule { label, role: Role::from_word(&role) })
        .collect();
    if !items.iter().any(|rule| rule.label == PRODUCTION) {
        items.push(LabelRule { label: PRODUCTION.to_owned(), role: Role::Admin });
        items.sort_by(|a, b| a.label.cmp(&b.label));
    }
    Ok(Json(Page { items, next: None }))
}

async fn set_rule(
    context: Context,
    Path(label): Path<String>,
    Body(rule): Body<NewLabelRule>,
) -> Result<Json<LabelRule>, Problem> {
    check_label(&label)?;
    let mut db = context.begin().await?;
    // Nobody opens what is closed to them, nor closes themselves out.
    let now = needed(&mut db, &label).await?;
    let role = rule.role.unwrap_or_else(|| usual(&label));
    if let Some(greater) = [now, role].into_iter().find(|role| *role > context.role) {
        let detail = format!("this takes the role {greater}, and yours is {}", context.role);
        return Err(Problem::new(StatusCode::FORBIDDEN, "role-too-great", detail));
    }
    let word = rule.role.map(Role::as_str);
    store::set_rule(&mut db, context.organization, &label, word).await?;
    db.commit().await?;
    Ok(Json(LabelRule { label, role }))
}

fn check_label(label: &str) -> Result<(), Problem> {
    if is_label(label) {
        return Ok(());
    }
    let detail = match label {
        "latest" => "`latest` is no label: a prompt without `@` means its newest version",
        _ => {
            "this cannot be a label: a lower-case letter, then at most 31 lower-case letters, \
              digits or hyphens"
        }
    };
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "label-invalid", detail))
}

/// Refuses who may not move a label.
async fn check_role(context: &Context, db: &mut PgConnection, label: &str) -> Result<(), Problem> {
    access::check(needed(db, label).await?, context.role)
}

/// The least role that moves a label.
async fn needed(db: &mut PgConnection, label: &str) -> Result<Role, Problem> {
    let set = store::rule(db, label).await?;
    Ok(set.map_or_else(|| usual(label), |role| Role::from_word(&role)))
}

fn usual(label: &str) -> Role {
    if label == PRODUCTION { Role::Admin } else { Role::Developer }
}
