//! What is to be run, made ready: references followed, texts and models checked. Nobody is asked before
//! all variants are in order.

use axum::http::StatusCode;
use promptpilot_codegen::{Finding, MissingPrompt, PlannedModel, check_model, check_prompt};
use promptpilot_runtime::Secret;
use promptpilot_spec::definition::{ModelRef, Prompt, ProviderKind, Role};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    credential::key_for,
    model::{MOST_VARIANTS, RunRequest, RunVariant},
};
use crate::{
    credentials::Credentials,
    endpoints::check::{facts, references},
    http::{Context, Problem, Tenant},
    prompts::{
        content::owned_messages,
        resolve::{Found, Lead, Resolved},
    },
};

/// A variant that can be run.
#[derive(Debug)]
pub(crate) struct Ready {
    /// What the call log calls it.
    pub(crate) name: String,
    /// The prompt and its version, where it is one that is kept.
    pub(crate) kept: Option<(Uuid, i32)>,
    pub(crate) messages: Vec<(Role, String)>,
    pub(crate) values: Map<String, Value>,
    pub(crate) model: PlannedModel,
    pub(crate) key: Option<Secret>,
}

/// Makes all variants ready, or says what is wrong with the first that is not in order.
pub(super) async fn prepare(
    context: &Context,
    environment: &str,
    request: &RunRequest,
) -> Result<Vec<Ready>, Problem> {
    let count = request.variants.len();
    if !(1..=MOST_VARIANTS).contains(&count) {
        let detail = format!("a run takes 1 to {MOST_VARIANTS} variants, this one has {count}");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "run-invalid", detail));
    }
    let (_, credentials) = Credentials::named(context, environment).await?;
    let wanted = request.variants.iter().map(|variant| variant.prompt.reference.clone());
    let resolved = references(context, wanted).await?;
    let mut ready = Vec::with_capacity(count);
    for (index, variant) in request.variants.iter().enumerate() {
        let one = one(context, variant, request.values.as_ref(), &resolved, &credentials).await;
        ready.push(one.map_err(|problem| problem.with("variant", index))?);
    }
    Ok(ready)
}

async fn one(
    context: &Context,
    variant: &RunVariant,
    values: Option<&Map<String, Value>>,
    resolved: &Resolved,
    credentials: &Credentials,
) -> Result<Ready, Problem> {
    let found = found(&variant.prompt, resolved)?;
    let content = found.map(|found| &found.content);
    let prompt = content.map_or(&variant.prompt, |content| &content.prompt);
    let samples = content.map(|content| content.values.clone()).unwrap_or_default();
    let values = values.cloned().unwrap_or(samples);
    refuse(check_prompt(prompt, &values).findings)?;
    let suggested = content.and_then(|content| content.model.as_ref());
    let Some(wanted) = variant.model.as_ref().or(suggested) else {
        let detail = "no model is named, and the prompt suggests none";
        return Err(
            invalid(detail).hint("give `model`: `{\"provider\": \"sandbox\", \"name\": \"echo\"}`")
        );
    };
    let (model, key) = model(context, credentials, wanted).await?;
    Ok(Ready {
        name: variant.prompt.reference.clone().unwrap_or_else(|| "studio".to_owned()),
        kept: found.map(|found| (found.prompt, found.version)),
        messages: owned_messages(prompt),
        values,
        model,
        key,
    })
}

/// The version that a variant refers to, if it does.
fn found<'a>(prompt: &Prompt, resolved: &'a Resolved) -> Result<Option<&'a Found>, Problem> {
    let Some(reference) = &prompt.reference else { return Ok(None) };
    if prompt.system.is_some() || prompt.template.is_some() || !prompt.messages.is_empty() {
        return Err(invalid("a variant has either `use`, or texts of its own"));
    }
    match resolved.get(reference) {
        Some(Lead::Found(found)) => Ok(Some(found)),
        Some(Lead::Missing(missing)) => Err(dangling(reference, missing)),
        None => Err(invalid(format!("`{reference}` does not refer to a prompt"))
            .hint("write `name@3`, `name@production` or `name`")),
    }
}

/// The problem that a reference leads nowhere.
pub(crate) fn dangling(reference: &str, missing: &MissingPrompt) -> Problem {
    let (name, wanted) = reference.split_once('@').unwrap_or((reference, ""));
    let near = |known: &[String], wanted: &str| {
        let near = promptpilot_codegen::nearest(wanted, known.iter().map(String::as_str));
        near.map(|near| format!("did you mean `{near}`?"))
    };
    let (problem, hint) = match missing {
        MissingPrompt::Prompt(known) => (Problem::not_found("prompt", name), near(known, name)),
        MissingPrompt::Label(known) => {
            (Problem::not_found("label", reference), near(known, wanted))
        }
        MissingPrompt::Version(newest) => (
            Problem::not_found("version", reference),
            Some(format!("its newest version is {newest}")),
        ),
    };
    match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// The model as the check resolves it, with its key.
pub(crate) async fn model(
    tenant: &impl Tenant,
    credentials: &Credentials,
    wanted: &ModelRef,
) -> Result<(PlannedModel, Option<Secret>), Problem> {
    let facts = facts(tenant.plane().settings(), Some(credentials), &Resolved::default(), false);
    let (model, findings) = check_model(wanted, &facts);
    refuse(findings)?;
    let key = match &model.key_variable {
        Some(_) => {
            key_for(tenant, credentials, model.provider, wanted.credential.as_deref()).await?
        }
        None => None,
    };
    // Without a key of the organization's, requests would be signed as this server itself.
    if key.is_none() && (model.key_variable.is_some() || model.provider == ProviderKind::Bedrock) {
        let provider = model.provider.as_str();
        let name = wanted.credential.as_deref().unwrap_or("default");
        let detail = format!("there is no key of {provider} called `{name}`");
        let store = format!("store it with `promptpilot credentials set {provider}`");
        return Err(invalid(detail).hint(or_the_sandbox(&store)));
    }
    Ok((model, key))
}

/// A run without a key need not end there.
fn or_the_sandbox(store: &str) -> String {
    format!("{store}, or try it without one on the model `sandbox/echo`")
}

fn refuse(findings: Vec<Finding>) -> Result<(), Problem> {
    let errors: Vec<Finding> = findings.into_iter().filter(Finding::is_error).collect();
    let Some(first) = errors.first() else { return Ok(()) };
    let mut problem = invalid(first.message.clone());
    if let Some(hint) = &first.hint {
        let is_without_key = first.code == "no-credential";
        problem = problem.hint(if is_without_key { or_the_sandbox(hint) } else { hint.clone() });
    }
    Err(problem.with("findings", errors))
}

/// The problem that something of a run is not in order.
pub(crate) fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "run-invalid", detail)
}
