//! A request to deploy: check all, save what changed, queue one batch.

use axum::http::StatusCode;
use promptpilot_codegen::{Facts, Finding, Plan};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{
    fingerprint::fingerprint,
    model::{Accepted, Batch, DeployRequest, Source, Status},
    release,
    store::{self, NewDeployment},
};
use crate::{
    budget,
    credentials::Credentials,
    endpoints::{
        check::{facts, references, sound},
        draft::{self, Draft},
        store::{self as endpoints, NewVersion, Saved},
    },
    environments,
    http::{Context, Problem},
    prompts::resolve::{Found, Resolved},
};

/// Definitions in one request.
const MOST: usize = 200;

/// A definition that may be deployed.
pub(super) struct Wanted<'a> {
    pub(super) source: &'a Source,
    pub(super) name: String,
    pub(super) definition: serde_json::Value,
    /// What the definition's reference to a prompt leads to.
    pub(super) prompt: Option<Found>,
    pub(super) plan: Plan,
    pub(super) findings: Vec<Finding>,
}

impl Wanted<'_> {
    /// The prompt and its version that the definition refers to.
    fn prompt_version(&self) -> Option<(Uuid, i32)> {
        self.prompt.as_ref().map(|found| (found.prompt, found.version))
    }

    /// The version that it is: the newest one if it says the same, its prompt included, else the next.
    pub(super) fn version(&self, newest: Option<&Saved>) -> i32 {
        // As texts: equality of objects forgets their order, and fields have one.
        let text = serde_json::Value::to_string;
        match newest {
            Some(newest)
                if text(&newest.definition) == text(&self.definition)
                    && newest.prompt.zip(newest.prompt_version) == self.prompt_version() =>
            {
                newest.number
            }
            Some(newest) => newest.number + 1,
            None => 1,
        }
    }
}

/// Accepts a request, or says what is wrong with it; then nothing is saved.
pub(crate) async fn run(context: &Context, request: &DeployRequest) -> Result<Batch, Problem> {
    let name = request.environment.as_deref().unwrap_or(environments::DEFAULT);
    let (environment, credentials) = Credentials::named(context, name).await?;
    let wanted = wanted(context, &request.definitions, Some(&credentials)).await?;
    let mut db = context.begin().await?;
    environments::hold(&mut db, environment).await?;
    let held = hold(&mut db, context.organization, &wanted).await?;
    let mut pass = Pass { context, request, environment, credentials, batch: None };
    let mut deployments = Vec::with_capacity(wanted.len());
    for (wanted, endpoint) in wanted.into_iter().zip(held) {
        deployments.push(pass.one(&mut db, wanted, endpoint).await?);
    }
    if pass.batch.is_some() {
        store::close_empty_batches(&mut db).await?;
    }
    db.commit().await?;
    Ok(Batch { batch: pass.batch, deployments })
}

/// What may be deployed, or the problem with it. Without credentials nobody asks whether its keys are there.
pub(super) async fn wanted<'a>(
    context: &Context,
    sources: &'a [Source],
    credentials: Option<&Credentials>,
) -> Result<Vec<Wanted<'a>>, Problem> {
    if !(1..=MOST).contains(&sources.len()) {
        let detail =
            format!("a deploy takes 1 to {MOST} definitions, this one has {}", sources.len());
        return Err(Problem::bad_request("definitions-missing", detail));
    }
    let drafts = draft::all(sources.iter().cloned().map(Into::into).collect())?;
    let prompts = references(context, drafts.iter().map(Draft::reference)).await?;
    let budgeted = budget::is_asked_for(&context.plane, context.organization).await?;
    let facts = facts(context.plane.settings(), credentials, &prompts, budgeted);
    check(sources, drafts, facts, &prompts)
}

fn check<'a>(
    sources: &'a [Source],
    drafts: Vec<Draft>,
    facts: Facts,
    prompts: &Resolved,
) -> Result<Vec<Wanted<'a>>, Problem> {
    let mut wanted = Vec::with_capacity(sources.len());
    let mut refused = Vec::new();
    for (source, (_, examined)) in sources.iter().zip(draft::examine_all(drafts, facts)) {
        match sound(examined) {
            Ok((definition, plan, findings)) => wanted.push(Wanted {
                source,
                prompt: definition
                    .prompt
                    .reference
                    .as_deref()
                    .and_then(|it| prompts.found(it))
                    .cloned(),
                name: definition.name.clone(),
                definition: serde_json::to_value(&definition)
                    .map_err(|error| Problem::internal("write the definition as JSON", &error))?,
                plan,
                findings,
            }),
            Err(findings) => refused.extend(findings),
        }
    }
    if refused.is_empty() {
        return Ok(wanted);
    }
    let errors = refused.iter().filter(|finding| finding.is_error()).count();
    let plural = if errors == 1 { "error" } else { "errors" };
    Err(Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "definition-invalid",
        format!("the check found {errors} {plural}; nothing was saved and nothing was deployed"),
    )
    .with("findings", refused))
}

/// Holds the endpoints' rows, in the order of their names so that no two requests wait for each
/// other in a circle.
async fn hold(
    db: &mut PgConnection,
    organization: Uuid,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Uuid>, Problem> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].name.cmp(&wanted[*b].name));
    let mut held = vec![Uuid::nil(); wanted.len()];
    for index in order {
        held[index] = endpoints::hold(db, organization, &wanted[index].name).await?.id;
    }
    Ok(held)
}

/// What the definitions of one request share.
struct Pass<'a> {
    context: &'a Context,
    request: &'a DeployRequest,
    environment: Uuid,
    credentials: Credentials,
    batch: Option<Uuid>,
}

impl Pass<'_> {
    async fn one(
        &mut self,
        db: &mut PgConnection,
        wanted: Wanted<'_>,
        endpoint: Uuid,
    ) -> Result<Accepted, Problem> {
        let version = self.version(db, &wanted, endpoint).await?;
        let accepted = Accepted {
            id: Uuid::nil(),
            endpoint: wanted.name,
            version,
            status: Status::Queued,
            unchanged: false,
            url: None,
            findings: wanted.findings,
        };
        let settings = self.context.plane.settings();
        if !self.request.force
            && let Some(live) = release::store::live(db, endpoint, self.environment).await?
            && live.version == version
            && live.fingerprint.as_deref()
                == Some(&*fingerprint(&wanted.plan, endpoint, settings, &self.credentials))
        {
            let (id, url) = (live.deployment, live.url);
            return Ok(Accepted { id, status: Status::Live, unchanged: true, url, ..accepted });
        }
        let id = self.queue(db, endpoint, version).await?;
        Ok(Accepted { id, ..accepted })
    }

    /// The version that the definition is, saved where it is a new one.
    async fn version(
        &self,
        db: &mut PgConnection,
        wanted: &Wanted<'_>,
        endpoint: Uuid,
    ) -> Result<i32, Problem> {
        let newest = endpoints::saved(db, endpoint, None).await?;
        let number = wanted.version(newest.as_ref());
        if newest.is_some_and(|newest| newest.number == number) {
            return Ok(number);
        }
        let new = NewVersion {
            organization: self.context.organization,
            endpoint,
            number,
            file: &wanted.source.file,
            toml: &wanted.source.toml,
            definition: &wanted.definition,
            prompt: wanted.prompt.as_ref(),
            by: self.context.user,
            message: self.request.message.as_deref(),
        };
        endpoints::add_version(db, new).await?;
        Ok(number)
    }

    async fn queue(
        &mut self,
        db: &mut PgConnection,
        endpoint: Uuid,
        version: i32,
    ) -> Result<Uuid, Problem> {
        let organization = self.context.organization;
        let batch = match self.batch {
            Some(batch) => batch,
            None => store::add_batch(db, organization, self.environment).await?,
        };
        self.batch = Some(batch);
        let new = NewDeployment {
            organization,
            batch,
            environment: self.environment,
            endpoint,
            version,
            by: Some(self.context.user),
            message: self.request.message.as_deref(),
            renewal: false,
            promoted: None,
        };
        Ok(store::queue(db, new).await?)
    }
}

/// Queues again what a deployment's batch asked for.
pub(crate) async fn again(context: &Context, batch: Uuid) -> Result<Uuid, Problem> {
    let mut db = context.begin().await?;
    let asked = store::asked(&mut db, batch).await?;
    let Some(first) = asked.first() else {
        return Err(Problem::conflict("endpoint-deleted", "its endpoint has been deleted"));
    };
    let organization = context.organization;
    let again = store::add_batch(&mut db, organization, first.environment).await?;
    for asked in &asked {
        let promoted = asked.promoted();
        if asked.promoted_from.is_some() && promoted.is_none() {
            let detail = "what it was to bring from another environment is not kept any more";
            return Err(Problem::conflict("nothing-to-promote", detail));
        }
        let new = NewDeployment {
            organization,
            batch: again,
            environment: asked.environment,
            endpoint: asked.endpoint,
            version: asked.version,
            by: Some(context.user),
            message: asked.message.as_deref(),
            renewal: false,
            promoted: promoted.as_ref(),
        };
        store::queue(&mut db, new).await?;
    }
    store::close_empty_batches(&mut db).await?;
    db.commit().await?;
    Ok(again)
}
