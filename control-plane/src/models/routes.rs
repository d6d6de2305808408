//! Known models over HTTP.

use aide::axum::{ApiRouter, routing::get_with};
use axum::Json;
use promptpilot_codegen::{KnownModel, known_models};
use promptpilot_spec::definition::ProviderKind;
use schemars::JsonSchema;
use serde::Deserialize;

use super::model::{ListedModel, id};
use crate::{
    credentials::Credentials,
    environments::In,
    http::{Context, Page, Paging, Problem, extract::Query, openapi::describe},
    plane::ControlPlane,
};

pub(crate) fn router() -> ApiRouter<ControlPlane> {
    let listed = describe(
        "models",
        "listKnownModels",
        "List the models that are known, with prices, abilities, and whether there is a key for them",
        &["environment-not-found"],
    );
    ApiRouter::new().api_route("/api/models", get_with(list, listed))
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Which {
    /// Only this provider's.
    provider: Option<ProviderKind>,
    /// Only those with this text in their provider or name.
    q: Option<String>,
}

impl Which {
    fn holds(&self, known: &KnownModel) -> bool {
        self.provider.is_none_or(|provider| provider == known.provider)
            && self.q.as_ref().is_none_or(|text| id(known).contains(&text.to_lowercase()))
    }
}

async fn list(
    context: Context,
    Query(place): Query<In>,
    Query(which): Query<Which>,
    Query(paging): Query<Paging<String>>,
) -> Result<Json<Page<ListedModel>>, Problem> {
    let (_, credentials) = Credentials::named(&context, place.name()).await?;
    let stored = credentials.names();
    let begin = match &paging.after {
        Some(after) => position(after)?,
        None => 0,
    };
    let limit = paging.limit();
    let models = known_models()[begin..].iter().filter(|known| which.holds(known));
    let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    let items = models.take(most).map(|known| ListedModel::new(known, &stored)).collect();
    Ok(Json(Page::new(items, limit, |model: &ListedModel| model.id.clone())))
}

/// Where the models after one begin.
fn position(after: &str) -> Result<usize, Problem> {
    let found = known_models().iter().position(|known| id(known) == after);
    found.map(|place| place + 1).ok_or_else(|| {
        Problem::bad_request("query-invalid", format!("`after` is no model's id: `{after}`"))
    })
}
