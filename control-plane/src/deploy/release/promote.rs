//! Promotion: what serves in one environment goes to another. The same artifact, no build; the pipeline
//! publishes it with the other environment's keys, runs the definition's tests, and moves the alias.

use axum::http::StatusCode;
use sqlx::PgConnection;

use super::{
    renew,
    store::{self, Live, Promotable},
};
use crate::{
    credentials::Credentials,
    deploy::{
        model::{Accepted, Batch, PromoteRequest, Source, Status},
        store::{NewDeployment, Promoted, add_batch, close_empty_batches, queue},
    },
    endpoints::{
        check::{examine, facts, sound},
        routes::endpoint,
        store::{self as endpoints, Text},
    },
    environments,
    http::{Context, Problem},
};

/// Queues what brings a version from one environment to another, or finds that it is live there.
pub(crate) async fn run(
    context: &Context,
    name: &str,
    request: &PromoteRequest,
) -> Result<Batch, Problem> {
    let PromoteRequest { from, to, version, message } = request;
    if from == to {
        let detail = format!("`from` and `to` are both `{to}`");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "environment-invalid", detail)
            .hint("name another environment to bring it to"));
    }
    let (target, credentials) = Credentials::named(context, to).await?;
    let mut db = context.begin().await?;
    let source = environments::find(&mut db, from).await?;
    let endpoint = endpoint(&mut db, name).await?;
    environments::hold(&mut db, target).await?;
    // Whoever deploys it meanwhile waits.
    endpoints::hold(&mut db, context.organization, name).await?;
    let found = store::promotable(&mut db, endpoint, source, *version).await?;
    let found = found.ok_or_else(|| nothing(name, from, *version))?;
    let text = endpoints::text(&mut db, endpoint, Some(found.version)).await?;
    let text = text.ok_or_else(|| Problem::not_found("version", found.version))?;
    check(context, text, to, &credentials)?;
    let accepted = Accepted {
        id: found.deployment,
        endpoint: name.to_owned(),
        version: found.version,
        status: Status::Queued,
        unchanged: false,
        url: None,
        findings: Vec::new(),
    };
    if let Some(live) = store::live(&mut db, endpoint, target).await?
        && is_same(context, &mut db, target, &live, &found).await?
    {
        let accepted = Accepted { id: live.deployment, url: live.url, ..accepted };
        let accepted = Accepted { status: Status::Live, unchanged: true, ..accepted };
        return Ok(Batch { batch: None, deployments: vec![accepted] });
    }
    let batch = add_batch(&mut db, context.organization, target).await?;
    let promoted = Promoted { deployment: found.deployment, artifact: found.artifact };
    let new = NewDeployment {
        organization: context.organization,
        batch,
        environment: target,
        endpoint,
        version: found.version,
        by: Some(context.user),
        message: message.as_deref(),
        renewal: false,
        promoted: Some(&promoted),
    };
    let id = queue(&mut db, new).await?;
    close_empty_batches(&mut db).await?;
    db.commit().await?;
    tracing::info!(endpoint = name, from, to, version = found.version, "promoting");
    Ok(Batch { batch: Some(batch), deployments: vec![Accepted { id, ..accepted }] })
}

/// Whether the target serves just that, with the keys of today.
async fn is_same(
    context: &Context,
    db: &mut PgConnection,
    target: uuid::Uuid,
    live: &Live,
    found: &Promotable,
) -> Result<bool, Problem> {
    Ok(live.version == found.version
        && live.artifact.as_ref() == Some(&found.artifact)
        && !renew::is_stale(db, context.organization, target, live.deployment).await?)
}

/// Refuses a version that today's check does not pass, or that lacks a key in its new environment.
fn check(
    context: &Context,
    text: Text,
    to: &str,
    credentials: &Credentials,
) -> Result<(), Problem> {
    let prompts = text.prompt.unwrap_or_default();
    let saved = Source { file: text.file, toml: text.toml };
    let facts = facts(context.plane.settings(), None, &prompts, false);
    let (_, plan, _) = sound(examine(&saved, &facts)).map_err(|findings| {
        let detail = format!("version {} does not pass today's check", text.number);
        Problem::conflict("definition-invalid-now", detail).with("findings", findings)
    })?;
    let lacking = credentials.lacking(&plan.key_variables);
    let Some(first) = lacking.first() else { return Ok(()) };
    let names: Vec<_> = lacking.iter().map(ToString::to_string).collect();
    let detail = format!("`{to}` has no key {}", names.join(", nor "));
    let name = match &*first.name {
        "default" => String::new(),
        name => format!(" --name {name}"),
    };
    let provider = first.provider.as_str();
    let hint = format!("store it with `promptpilot credentials set {provider}{name} --env {to}`");
    Err(Problem::conflict("credentials-missing", detail).hint(hint).with("missing", lacking))
}

fn nothing(name: &str, from: &str, version: Option<i32>) -> Problem {
    let Some(version) = version else {
        let detail = format!("nothing of `{name}` is live in `{from}`");
        return Problem::conflict("nothing-live", detail).hint("deploy it there first");
    };
    let detail = format!("version {version} of `{name}` never served in `{from}`, or was swept");
    Problem::conflict("nothing-to-promote", detail)
        .hint("see its versions, and deploy the one you want there first")
}
