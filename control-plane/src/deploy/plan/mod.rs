//! Plan: what a deploy would do, told beforehand. Nothing is saved, and nothing is built.

mod breaking;
pub mod model;
pub(crate) mod routes;

use promptpilot_codegen::Severity;
use promptpilot_spec::Definition;
use sqlx::PgConnection;
use uuid::Uuid;

use self::model::{Action, DeployPlan, EndpointPlan, PlanRequest, PlannedArtifact, PromptMove};
use super::{
    accept::{self, Wanted},
    build::Kind,
    fingerprint::fingerprint,
    release::store::{self as releases, Live},
};
use crate::{
    artifacts::store as artifacts,
    credentials::Credentials,
    endpoints::store::{self as endpoints, Saved},
    http::{Context, Problem},
    prompts::diff::settings,
};

/// What a deploy of these definitions to an environment would do.
pub(crate) async fn run(
    context: &Context,
    environment_name: &str,
    request: &PlanRequest,
) -> Result<DeployPlan, Problem> {
    let (environment, credentials) = Credentials::named(context, environment_name).await?;
    // Keys that are missing are told apart from what is wrong.
    let wanted = accept::wanted(context, &request.definitions, None).await?;
    let mut planned = Vec::with_capacity(wanted.len());
    let pass = Pass { context, environment, credentials };
    for wanted in wanted {
        planned.push(pass.one(wanted).await?);
    }
    Ok(DeployPlan {
        environment: environment_name.to_owned(),
        changes: planned.iter().any(|plan| plan.action != Action::Unchanged),
        endpoints: planned,
    })
}

/// What the definitions of one request share.
struct Pass<'a> {
    context: &'a Context,
    environment: Uuid,
    credentials: Credentials,
}

/// An endpoint as it is now.
#[derive(Default)]
struct Now {
    endpoint: Option<Uuid>,
    newest: Option<Saved>,
    live: Option<Live>,
    /// The version that serves.
    served: Option<Saved>,
}

impl Pass<'_> {
    async fn one(&self, wanted: Wanted<'_>) -> Result<EndpointPlan, Problem> {
        let now = {
            let mut db = self.context.read().await?;
            self.now(&mut db, &wanted.name).await?
        };
        let version = wanted.version(now.newest.as_ref());
        let action = self.action(&wanted, &now, version);
        let mut plan = EndpointPlan {
            action,
            version,
            live_version: now.live.as_ref().map(|live| live.version),
            changes: Vec::new(),
            prompt: None,
            breaks: Vec::new(),
            artifact: self.artifact(&wanted).await?,
            missing_credentials: self.credentials.lacking(&wanted.plan.key_variables),
            findings: (wanted.findings.into_iter())
                .filter(|finding| finding.severity == Severity::Warning)
                .collect(),
            endpoint: wanted.name,
            file: wanted.source.file.clone(),
            ceiling: wanted.plan.ceiling,
        };
        if let Some(served) = now.served.filter(|_| action == Action::Change) {
            plan.changes = settings(&served.definition, &wanted.definition);
            let read = |value| serde_json::from_value::<Definition>(value).ok();
            // What serves may be older than today's form of definitions: then nobody can say.
            if let Some((old, new)) = read(served.definition).zip(read(wanted.definition)) {
                plan.breaks = breaking::between(&old, &new);
            }
            plan.prompt = wanted.prompt.and_then(|found| {
                let from = served.prompt_version.filter(|_| served.prompt == Some(found.prompt));
                (from != Some(found.version)).then_some(PromptMove {
                    name: found.name,
                    from,
                    to: found.version,
                })
            });
        }
        Ok(plan)
    }

    async fn now(&self, db: &mut PgConnection, name: &str) -> sqlx::Result<Now> {
        let Some(endpoint) = endpoints::id(db, name).await? else { return Ok(Now::default()) };
        let newest = endpoints::saved(db, endpoint, None).await?;
        let live = releases::live(db, endpoint, self.environment).await?;
        let served = match &live {
            Some(live) => endpoints::saved(db, endpoint, Some(live.version)).await?,
            None => None,
        };
        Ok(Now { endpoint: Some(endpoint), newest, live, served })
    }

    fn action(&self, wanted: &Wanted<'_>, now: &Now, version: i32) -> Action {
        let (Some(endpoint), Some(live)) = (now.endpoint, &now.live) else {
            return Action::Create;
        };
        if live.version != version {
            return Action::Change;
        }
        let settings = self.context.plane.settings();
        let fingerprint = fingerprint(&wanted.plan, endpoint, settings, &self.credentials);
        match live.fingerprint.as_ref() == Some(&fingerprint) {
            true => Action::Unchanged,
            false => Action::Republish,
        }
    }

    /// What its function would be made of, and whether that is there.
    async fn artifact(&self, wanted: &Wanted<'_>) -> Result<Option<PlannedArtifact>, Problem> {
        let Context { plane, organization, .. } = self.context;
        let kind = Kind::of(&wanted.plan, plane.settings().lambda.endpoint_url.is_some());
        let sources = promptpilot_codegen::sources(&wanted.plan);
        let Ok(id) = plane.builder().artifact_id(&sources, kind).await else { return Ok(None) };
        let known = {
            let mut db = self.context.read().await?;
            artifacts::artifact(&mut *db, *organization, &id).await?
        };
        // Where artifacts cannot be looked at, a worker may still have them.
        let kept = plane.artifacts().has(*organization, &id).await.unwrap_or(true);
        Ok(Some(PlannedArtifact { id, reused: known.is_some() && kept }))
    }
}
