//! SQL of the queue: claiming, the lease, and what a worker writes as it goes. Runs as the system,
//! so statements name the organization themselves.

use sqlx::{PgConnection, PgPool, types::Json};
use uuid::Uuid;

use crate::{
    deploy::model::{Failure, Level, Status},
    prompts::{model::Content, resolve::Resolved},
};

/// A batch that this worker holds.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) organization: Uuid,
    pub(crate) batch: Uuid,
    /// Workers that took it up, this one included.
    pub(crate) attempts: i32,
}

/// Takes the oldest batch that nobody holds, or whose holder was not heard of in time.
///
/// A batch waits while an older one that shares an endpoint with it is open: so one endpoint is
/// deployed by one worker at a time, in order.
pub(crate) async fn claim(
    system: &PgPool,
    worker: &str,
    lease_seconds: f64,
) -> sqlx::Result<Option<Claim>> {
    sqlx::query_as!(
        Claim,
        "update batches set lease_holder = $1, attempts = attempts + 1,
                lease_until = now() + make_interval(secs => $2)
          where (organization_id, id) = (
                select b.organization_id, b.id from batches b
                 where b.finished_at is null
                   and (b.lease_until is null or b.lease_until < now())
                   and not exists (
                        select from deployments mine
                          join deployments theirs
                            on theirs.organization_id = mine.organization_id
                           and theirs.endpoint_id = mine.endpoint_id
                           and theirs.environment_id = mine.environment_id
                           and theirs.finished_at is null
                          join batches older
                            on older.organization_id = theirs.organization_id
                           and older.id = theirs.batch_id
                           and older.finished_at is null
                           and older.position < b.position
                         where mine.organization_id = b.organization_id and mine.batch_id = b.id
                   )
                 order by b.position
                   for update of b skip locked
                 limit 1
          )
         returning organization_id as organization, id as batch, attempts",
        worker,
        lease_seconds
    )
    .fetch_optional(system)
    .await
}

/// What a heartbeat learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulse {
    /// Go on.
    Held,
    /// Somebody asked to stop.
    Cancelled,
    /// The lease is another worker's.
    Lost,
}

/// Prolongs the lease.
pub(crate) async fn heartbeat(
    system: &PgPool,
    claim: &Claim,
    worker: &str,
    lease_seconds: f64,
) -> sqlx::Result<Pulse> {
    let cancelled = sqlx::query_scalar!(
        r#"update batches set lease_until = now() + make_interval(secs => $4)
            where organization_id = $1 and id = $2 and lease_holder = $3 and finished_at is null
        returning exists (
                select from deployments d
                 where d.organization_id = $1 and d.batch_id = $2 and d.cancel_requested
            ) as "cancelled!""#,
        claim.organization,
        claim.batch,
        worker,
        lease_seconds
    )
    .fetch_optional(system)
    .await?;
    Ok(match cancelled {
        Some(false) => Pulse::Held,
        Some(true) => Pulse::Cancelled,
        None => Pulse::Lost,
    })
}

/// Gives a batch back, so that any worker may go on at once.
pub(crate) async fn release_lease(
    system: &PgPool,
    claim: &Claim,
    worker: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with given_back as (
            update batches set lease_holder = null, lease_until = null
             where organization_id = $1 and id = $2 and lease_holder = $3 returning id
         )
         select pg_notify('promptpilot', 'batches') from given_back",
        claim.organization,
        claim.batch,
        worker
    )
    .fetch_optional(system)
    .await?;
    Ok(())
}

/// Gives back all batches that are held.
pub(crate) async fn release_leases(system: &PgPool) -> sqlx::Result<()> {
    sqlx::query!(
        "update batches set lease_holder = null, lease_until = null
          where finished_at is null and lease_holder is not null"
    )
    .execute(system)
    .await?;
    Ok(())
}

/// A deployment as a worker takes it up.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) id: Uuid,
    pub(crate) endpoint: Uuid,
    pub(crate) name: String,
    pub(crate) environment: Uuid,
    pub(crate) environment_name: String,
    pub(crate) version: i32,
    pub(crate) file: String,
    pub(crate) toml: String,
    /// Where the definition's reference to a prompt led when it was saved.
    pub(crate) prompt: Option<Resolved>,
    pub(crate) status: String,
    pub(crate) function_version: Option<String>,
    /// What it brings from another environment.
    pub(crate) brought: Option<Brought>,
}

/// An artifact that was live in another environment.
#[derive(Debug, Clone)]
pub(crate) struct Brought {
    pub(crate) from: String,
    /// Absent where it has been swept.
    pub(crate) artifact: Option<String>,
}

struct TakenRow {
    id: Uuid,
    endpoint: Uuid,
    name: String,
    environment: Uuid,
    environment_name: String,
    version: i32,
    file: String,
    toml: String,
    prompt: Option<Uuid>,
    prompt_name: Option<String>,
    prompt_version: Option<i32>,
    prompt_wanted: Option<String>,
    content: Option<Json<Content>>,
    status: String,
    function_version: Option<String>,
    brought_from: Option<String>,
    artifact: Option<String>,
}

impl From<TakenRow> for Taken {
    fn from(row: TakenRow) -> Self {
        Self {
            id: row.id,
            endpoint: row.endpoint,
            name: row.name,
            environment: row.environment,
            environment_name: row.environment_name,
            version: row.version,
            prompt: Resolved::kept(
                &row.toml,
                &row.file,
                row.prompt,
                row.prompt_name,
                row.prompt_version,
                row.prompt_wanted,
                row.content,
            ),
            file: row.file,
            toml: row.toml,
            status: row.status,
            function_version: row.function_version,
            brought: row.brought_from.map(|from| Brought { from, artifact: row.artifact }),
        }
    }
}

/// The deployments of a batch that have not come to an end.
pub(crate) async fn take(system: &PgPool, claim: &Claim) -> sqlx::Result<Vec<Taken>> {
    let rows = sqlx::query_as!(
        TakenRow,
        r#"select d.id, d.endpoint_id as endpoint, e.name, d.environment_id as environment,
                n.name as environment_name, d.version, v.file, v.toml, d.status,
                d.function_version, v.prompt_id as prompt, v.prompt_version, v.prompt_wanted,
                p.name as "prompt_name?", w.content as "content?: Json<Content>",
                m.name as "brought_from?", d.artifact_id as artifact
           from deployments d
           join endpoints e on e.organization_id = d.organization_id and e.id = d.endpoint_id
           join environments n
             on n.organization_id = d.organization_id and n.id = d.environment_id
           join endpoint_versions v
             on v.organization_id = d.organization_id and v.endpoint_id = d.endpoint_id
            and v.number = d.version
           left join prompts p on p.organization_id = v.organization_id and p.id = v.prompt_id
           left join prompt_versions w
             on w.organization_id = v.organization_id and w.prompt_id = v.prompt_id
            and w.number = v.prompt_version
           left join deployments s
             on s.organization_id = d.organization_id and s.id = d.promoted_from
           left join environments m
             on m.organization_id = s.organization_id and m.id = s.environment_id
          where d.organization_id = $1 and d.batch_id = $2 and d.finished_at is null
          order by d.id"#,
        claim.organization,
        claim.batch
    )
    .fetch_all(system)
    .await?;
    Ok(rows.into_iter().map(Taken::from).collect())
}

/// The worker that passed the last stage of a deployment, if it was another one.
pub(crate) async fn previous_worker(
    system: &PgPool,
    organization: Uuid,
    deployment: Uuid,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"select worker as "worker!" from deployment_transitions
            where organization_id = $1 and deployment_id = $2 and worker is not null
            order by position desc limit 1"#,
        organization,
        deployment
    )
    .fetch_optional(system)
    .await
}

/// Moves a deployment to a status, as long as this worker holds its batch. Whether it did.
pub(crate) async fn transition(
    db: &mut PgConnection,
    claim: &Claim,
    worker: &str,
    deployment: Uuid,
    status: Status,
    error: Option<&Failure>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "with moved as (
            update deployments d
               set status = $4, error = coalesce($5, d.error),
                   finished_at = case when $6 then now() end
              from batches b
             where d.organization_id = $1 and d.id = $2
               and b.organization_id = d.organization_id and b.id = d.batch_id
               and b.lease_holder = $3 and d.finished_at is null
         returning d.organization_id, d.id
         )
         insert into deployment_transitions (organization_id, deployment_id, status, worker)
         select organization_id, id, $4, $3 from moved",
        claim.organization,
        deployment,
        worker,
        status.as_str(),
        error.map(Json) as _,
        status.is_final()
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Closes a batch.
pub(crate) async fn finish(db: &mut PgConnection, claim: &Claim) -> sqlx::Result<()> {
    sqlx::query!(
        "update batches set finished_at = now(), lease_holder = null, lease_until = null
          where organization_id = $1 and id = $2",
        claim.organization,
        claim.batch
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes a log line; its number is the next in this log.
pub(crate) async fn log(
    db: &mut PgConnection,
    organization: Uuid,
    deployment: Uuid,
    stage: Status,
    level: Level,
    text: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with counted as (
            update deployments set log_length = log_length + 1
             where organization_id = $1 and id = $2
         returning organization_id, id, log_length
         )
         insert into deployment_log (organization_id, deployment_id, seq, stage, level, text)
         select organization_id, id, log_length, $3, $4, $5 from counted",
        organization,
        deployment,
        stage.as_str(),
        level.as_str(),
        text
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What the stages have made; what is `None` stays as it was.
#[derive(Debug, Default)]
pub(crate) struct Made<'a> {
    pub(crate) artifact: Option<&'a str>,
    pub(crate) fingerprint: Option<&'a str>,
    pub(crate) function: Option<&'a str>,
    pub(crate) function_version: Option<&'a str>,
}

pub(crate) async fn save_made(
    system: &PgPool,
    organization: Uuid,
    deployment: Uuid,
    made: &Made<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update deployments
            set artifact_id = coalesce($3, artifact_id), fingerprint = coalesce($4, fingerprint),
                function_name = coalesce($5, function_name),
                function_version = coalesce($6, function_version)
          where organization_id = $1 and id = $2",
        organization,
        deployment,
        made.artifact,
        made.fingerprint,
        made.function,
        made.function_version
    )
    .execute(system)
    .await?;
    Ok(())
}
