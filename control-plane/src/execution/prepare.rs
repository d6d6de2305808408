//! From what a caller wants to what is asked of a model: the guards, then the prompt's version, then the
//! model with its key.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::{HeaderMap, HeaderValue, header::LINK};
use promptpilot_codegen::PlannedModel;
use promptpilot_runtime::Secret;
use promptpilot_spec::{
    definition::{Effort, ModelRef, Prompt, ProviderKind, Role},
    state::RepeatAsk,
};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{KeyCaller, call::Call, model::Place, rate, store};
use crate::{
    credentials::Credentials,
    environments,
    http::{Problem, Tenant},
    plane::recent::Recent,
    prompts::{
        content::messages,
        resolve::{Found, Lead, resolve},
    },
    runs::prepare::{dangling, invalid, model},
};

/// What a caller wants.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// The prompt by name or id, and behind an `@` which version.
    pub(super) reference: String,
    pub(super) values: Map<String, Value>,
    /// What is said after the prompt.
    pub(super) conversation: Vec<(Role, String)>,
    /// Come before the prompt's own.
    pub(super) parameters: Parameters,
    pub(super) format: Format,
    pub(super) streams: bool,
    /// Whether a refusal of the model's is an answer, too.
    pub(super) takes_refusals: bool,
    /// Where the caller wants it made once.
    pub(super) repeat: Option<RepeatAsk>,
}

/// Parameters of a model.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    pub(super) max_tokens: Option<u32>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) stop: Option<Vec<String>>,
    pub(super) seed: Option<i64>,
    pub(super) effort: Option<Effort>,
}

/// What the answer is to be like.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum Format {
    /// A text.
    #[default]
    Text,
    /// An object, whichever.
    Object,
    /// What fits a JSON Schema.
    Schema { schema: String, strict: bool },
}

/// What can be run.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The prompt's name.
    pub(super) name: String,
    pub(super) version: i32,
    pub(super) prompt: Prompt,
    pub(super) model: PlannedModel,
    pub(super) key: Option<Secret>,
    pub(super) wanted: Wanted,
}

/// Lets a call in and makes it ready. What its caller is told of its limits is in its head from here on.
pub(super) async fn prepare(
    call: &mut Call,
    place: Result<Place, Problem>,
    wanted: Result<Wanted, Problem>,
) -> Result<Prepared, Problem> {
    let mut head = HeaderMap::new();
    let prepared = guarded(call, place, wanted, &mut head).await;
    // Nobody else sets it.
    let _ = call.head.set(head);
    prepared
}

async fn guarded(
    call: &mut Call,
    place: Result<Place, Problem>,
    wanted: Result<Wanted, Problem>,
    head: &mut HeaderMap,
) -> Result<Prepared, Problem> {
    let place = place?;
    call.caller.check(&place)?;
    let (limits, outcome) = rate::count(&call.caller).await?;
    head.extend(limits);
    outcome?;
    let wanted = wanted?;
    let resolved = resolution(&call.caller, place.environment(), &wanted.reference).await?;
    let Resolution { credentials, found, alternate } = &*resolved;
    // It may be another key that it was looked up for.
    call.caller.check_prompt(found.prompt)?;
    call.note_prompt(found.prompt, found.version);
    head.extend(alternate.clone().map(|link| (LINK, link)));
    let Found { name, version, content, .. } = found.clone();
    if !asks(&content.prompt, &wanted.conversation) {
        let detail = "nobody asks: neither the prompt nor the request has a message of the user's";
        return Err(invalid(detail).with("at", "messages"));
    }
    let model_ref = match (call.caller.is_test(), content.model) {
        (true, _) => sandbox(),
        (false, Some(suggested)) => with(suggested, &wanted.parameters),
        (false, None) => {
            let detail = format!("the prompt `{name}` names no model");
            return Err(invalid(detail).hint("save a version of it that does"));
        }
    };
    let (model, key) = model(&call.caller, credentials, &model_ref).await?;
    Ok(Prepared { name, version, prompt: content.prompt, model, key, wanted })
}

/// Where a reference leads in an environment.
#[derive(Debug)]
pub(crate) struct Resolution {
    credentials: Credentials,
    found: Found,
    /// The one endpoint that serves the same, as the header `link`.
    alternate: Option<HeaderValue>,
}

/// By organization, environment and reference.
pub(crate) type RecentResolutions = Recent<(Uuid, String, String), Arc<Resolution>>;

async fn resolution(
    caller: &KeyCaller,
    environment: &str,
    reference: &str,
) -> Result<Arc<Resolution>, Problem> {
    let look_up = async {
        let mut db = caller.read().await?;
        let environment = environments::find(&mut db, environment).await?;
        let credentials = Credentials::of(&mut db, caller.organization(), environment).await?;
        let found = find(&mut db, caller, reference).await?;
        let alternate = alternate(&mut db, environment, &found).await?;
        Ok(Arc::new(Resolution { credentials, found, alternate }))
    };
    let about = (caller.organization(), environment.to_owned(), reference.to_owned());
    caller.plane().lookups().resolutions.get(about, look_up).await
}

/// Whether anybody but a system speaks.
fn asks(prompt: &Prompt, conversation: &[(Role, String)]) -> bool {
    let speaks = |role: Role| role != Role::System;
    messages(prompt).into_iter().any(|(role, _)| speaks(role))
        || conversation.iter().any(|(role, _)| speaks(*role))
}

/// The version that is wanted, if the key opens it.
pub(super) async fn find(
    db: &mut PgConnection,
    caller: &KeyCaller,
    wanted: &str,
) -> Result<Found, Problem> {
    let reference = by_name(db, wanted).await?;
    let resolved = resolve(db, BTreeSet::from([reference.clone()])).await?;
    let found = match resolved.get(&reference) {
        Some(Lead::Found(found)) => Found::clone(found),
        Some(Lead::Missing(missing)) if caller.prompts().is_none() => {
            return Err(dangling(&reference, missing));
        }
        // Who may not see all prompts is not told what others are called.
        _ => return Err(Problem::not_found("prompt", wanted)),
    };
    caller.check_prompt(found.prompt)?;
    Ok(found)
}

/// A reference by name, where it may be one by id.
async fn by_name(db: &mut PgConnection, wanted: &str) -> sqlx::Result<String> {
    let (named, version) = match wanted.split_once('@') {
        Some((named, version)) => (named, Some(version)),
        None => (wanted, None),
    };
    let Ok(id) = named.parse::<Uuid>() else { return Ok(wanted.to_owned()) };
    // A name may look like an id.
    let name = store::prompt_name(db, id).await?;
    let name = name.as_deref().unwrap_or(named);
    Ok(version.map_or_else(|| name.to_owned(), |version| format!("{name}@{version}")))
}

/// The one endpoint that serves the same, as the header `link`.
async fn alternate(
    db: &mut PgConnection,
    environment: Uuid,
    found: &Found,
) -> sqlx::Result<Option<HeaderValue>> {
    let url = store::alternate(db, environment, found.prompt, found.version).await?;
    Ok(url.and_then(|url| HeaderValue::try_from(format!("<{url}>; rel=\"alternate\"")).ok()))
}

fn with(mut model: ModelRef, own: &Parameters) -> ModelRef {
    model.max_tokens = own.max_tokens.or(model.max_tokens);
    model.temperature = own.temperature.or(model.temperature);
    model.top_p = own.top_p.or(model.top_p);
    model.seed = own.seed.or(model.seed);
    model.effort = own.effort.or(model.effort);
    if let Some(stop) = &own.stop {
        model.stop.clone_from(stop);
    }
    model
}

/// Who answers callers with a test key, whatever the prompt's own model is.
fn sandbox() -> ModelRef {
    ModelRef::new(ProviderKind::Sandbox, "echo")
}
