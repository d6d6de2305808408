//! Prompts as models: every prompt that a key opens, as its newest version and by each of its labels.

use axum::Json;
use time::OffsetDateTime;

use super::{
    PREFIX,
    model::{ListedModel, ModelList},
    request::reference,
};
use crate::{
    execution::{KeyCaller, model::Place, prepare, rate, store},
    http::{
        Problem, Tenant,
        extract::{Path, Query},
    },
};

/// All of them.
pub(super) async fn list(
    caller: KeyCaller,
    Query(place): Query<Place>,
) -> Result<Json<ModelList>, Problem> {
    admit(&caller, &place).await?;
    let mut db = caller.read().await?;
    let named = store::named(&mut db, caller.prompts()).await?;
    let data = named
        .into_iter()
        .map(|it| {
            let label = it.label.map(|label| format!("@{label}")).unwrap_or_default();
            model(&caller, format!("{PREFIX}{}{label}", it.name), it.saved)
        })
        .collect();
    Ok(Json(ModelList { object: "list", data }))
}

/// One of them, or any other way to name a version: by its number.
pub(super) async fn show(
    caller: KeyCaller,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Json<ListedModel>, Problem> {
    admit(&caller, &place).await?;
    let mut db = caller.read().await?;
    let found = prepare::find(&mut db, &caller, reference(&id)?).await?;
    let saved = store::saved(&mut db, found.prompt, found.version).await?;
    let saved = saved.ok_or_else(|| Problem::not_found("prompt", &id))?;
    Ok(Json(model(&caller, id, saved)))
}

async fn admit(caller: &KeyCaller, place: &Place) -> Result<(), Problem> {
    caller.check(place)?;
    let (_, outcome) = rate::count(caller).await?;
    outcome
}

fn model(caller: &KeyCaller, id: String, saved: OffsetDateTime) -> ListedModel {
    let owned_by = caller.slug().to_owned();
    ListedModel { id, object: "model", created: saved.unix_timestamp(), owned_by }
}
