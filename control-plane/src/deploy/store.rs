//! SQL that requests run on deployments. The connection carries the organization (row-level
//! security), so no statement here compares it.

use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{Deployment, Failure, Level, LogLine, StageTime, Status};

/// Opens a batch.
pub(crate) async fn add_batch(
    db: &mut PgConnection,
    organization: Uuid,
    environment: Uuid,
) -> sqlx::Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "insert into batches (organization_id, id, environment_id) values ($1, $2, $3)",
        organization,
        id,
        environment
    )
    .execute(db)
    .await?;
    Ok(id)
}

/// A deployment to queue.
#[derive(Debug)]
pub(crate) struct NewDeployment<'a> {
    pub(crate) organization: Uuid,
    pub(crate) batch: Uuid,
    pub(crate) environment: Uuid,
    pub(crate) endpoint: Uuid,
    pub(crate) version: i32,
    /// Absent where the system itself asks.
    pub(crate) by: Option<Uuid>,
    pub(crate) message: Option<&'a str>,
    /// The same version once more, with the credentials and variables of today.
    pub(crate) renewal: bool,
    /// What is brought from another environment.
    pub(crate) promoted: Option<&'a Promoted>,
}

/// A deployment whose artifact goes to another environment.
#[derive(Debug, Clone)]
pub(crate) struct Promoted {
    pub(crate) deployment: Uuid,
    /// Named by the new deployment from the start, so that it is not swept before that is done.
    pub(crate) artifact: String,
}

/// Queues a deployment. Older ones of the same endpoint that still wait give way to it.
pub(crate) async fn queue(db: &mut PgConnection, new: NewDeployment<'_>) -> sqlx::Result<Uuid> {
    let id = Uuid::now_v7();
    sqlx::query!(
        "with older as (
            update deployments set status = 'superseded', finished_at = now()
             where organization_id = $1 and endpoint_id = $2 and environment_id = $3
               and status = 'queued'
         returning organization_id, id
         )
         insert into deployment_transitions (organization_id, deployment_id, status)
         select organization_id, id, 'superseded' from older",
        new.organization,
        new.endpoint,
        new.environment,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "with made as (
            insert into deployments (organization_id, id, batch_id, endpoint_id, environment_id,
                                     version, requested_by, message, renewal, promoted_from,
                                     artifact_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         returning organization_id, id
         )
         insert into deployment_transitions (organization_id, deployment_id, status)
         select organization_id, id, 'queued' from made",
        new.organization,
        id,
        new.batch,
        new.endpoint,
        new.environment,
        new.version,
        new.by,
        new.message,
        new.renewal,
        new.promoted.map(|promoted| promoted.deployment),
        new.promoted.map(|promoted| &*promoted.artifact),
    )
    .execute(db)
    .await?;
    Ok(id)
}

/// Closes batches that have nothing left to do.
pub(crate) async fn close_empty_batches(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "update batches set finished_at = now()
          where finished_at is null and lease_holder is null and not exists (
                select from deployments
                 where batch_id = batches.id and finished_at is null)"
    )
    .execute(db)
    .await?;
    Ok(())
}

struct Row {
    id: Uuid,
    batch: Uuid,
    endpoint: String,
    environment: String,
    version: i32,
    status: String,
    message: Option<String>,
    by: Option<String>,
    attempts: i32,
    error: Option<Json<Failure>>,
    url: Option<String>,
    function_version: Option<String>,
    promoted_from: Option<String>,
    created: OffsetDateTime,
    finished: Option<OffsetDateTime>,
}

impl From<Row> for Deployment {
    fn from(row: Row) -> Self {
        let status = Status::from_word(&row.status);
        Self {
            id: row.id,
            batch: row.batch,
            endpoint: row.endpoint,
            environment: row.environment,
            version: row.version,
            status,
            message: row.message,
            by: row.by,
            attempts: row.attempts,
            error: row.error.map(|error| error.0),
            url: row.url.filter(|_| status == Status::Live),
            function_version: row.function_version,
            promoted_from: row.promoted_from,
            created: row.created,
            finished: row.finished,
            stages: Vec::new(),
        }
    }
}

/// Deployments, newest first: of one endpoint, or the one of an id, or those before an id.
pub(crate) async fn list(
    db: &mut PgConnection,
    id: Option<Uuid>,
    endpoint: Option<&str>,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<Deployment>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select d.id, d.batch_id as batch, e.name as endpoint, n.name as environment, d.version,
                  d.status, d.message, u.name as "by?", b.attempts,
                  d.error as "error: Json<Failure>", f.url as "url?", d.function_version,
                  p.name as "promoted_from?", d.created_at as created, d.finished_at as finished
             from deployments d
             join endpoints e on e.id = d.endpoint_id
             join environments n on n.id = d.environment_id
             join batches b on b.id = d.batch_id
             left join users u on u.id = d.requested_by
             left join functions f
                    on f.endpoint_id = d.endpoint_id and f.environment_id = d.environment_id
             left join deployments s on s.id = d.promoted_from
             left join environments p on p.id = s.environment_id
            where ($1::uuid is null or d.id = $1)
              and ($2::text is null or e.name = $2)
              and ($3::uuid is null or d.id < $3)
            order by d.id desc
            limit $4"#,
        id,
        endpoint,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Deployment::from).collect())
}

/// One deployment with its stages.
pub(crate) async fn get(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Deployment>> {
    let Some(mut deployment) = list(&mut *db, Some(id), None, None, 1).await?.pop() else {
        return Ok(None);
    };
    deployment.stages = stages(db, id).await?;
    Ok(Some(deployment))
}

async fn stages(db: &mut PgConnection, id: Uuid) -> sqlx::Result<Vec<StageTime>> {
    let rows = sqlx::query!(
        "select status, at, worker, lead(at) over (order by position) as ended
           from deployment_transitions where deployment_id = $1 order by position",
        id
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| StageTime {
            status: Status::from_word(&row.status),
            started: row.at,
            duration_ms: row
                .ended
                .map(|ended| (ended - row.at).whole_milliseconds().try_into().unwrap_or(i64::MAX)),
            worker: row.worker,
        })
        .collect())
}

/// Log lines after a number.
pub(crate) async fn log(
    db: &mut PgConnection,
    deployment: Uuid,
    after: i64,
) -> sqlx::Result<Vec<LogLine>> {
    let rows = sqlx::query!(
        "select seq, at, stage, level, text from deployment_log
          where deployment_id = $1 and seq > $2 order by seq",
        deployment,
        after
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| LogLine {
            seq: row.seq,
            time: row.at,
            stage: Status::from_word(&row.stage),
            level: Level::from_word(&row.level),
            text: row.text,
        })
        .collect())
}

/// Asks a deployment's batch to stop; `None` when there is no such deployment.
pub(crate) async fn request_cancel(
    db: &mut PgConnection,
    deployment: Uuid,
) -> sqlx::Result<Option<Status>> {
    // One that nobody works on ends here; a worker sees the mark and ends the others.
    let waiting = sqlx::query_scalar!(
        "with stopped as (
            update deployments set status = 'cancelled', finished_at = now()
             where id = $1 and status = 'queued' returning organization_id, id
         )
         insert into deployment_transitions (organization_id, deployment_id, status)
         select organization_id, id, 'cancelled' from stopped returning status",
        deployment
    )
    .fetch_optional(&mut *db)
    .await?;
    if waiting.is_some() {
        close_empty_batches(db).await?;
        return Ok(Some(Status::Cancelled));
    }
    let status = sqlx::query_scalar!(
        "update deployments set cancel_requested = finished_at is null
          where id = $1 returning status",
        deployment
    )
    .fetch_optional(&mut *db)
    .await?;
    if status.is_some() {
        sqlx::query!("select pg_notify('promptpilot', 'cancel')").fetch_one(db).await?;
    }
    Ok(status.as_deref().map(Status::from_word))
}

/// What a deployment asked for, to ask for it again.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) endpoint: Uuid,
    pub(crate) environment: Uuid,
    pub(crate) version: i32,
    pub(crate) message: Option<String>,
    pub(crate) promoted_from: Option<Uuid>,
    pub(crate) artifact: Option<String>,
}

impl Asked {
    /// What was to be brought from another environment; `None` as well where its artifact is gone.
    pub(crate) fn promoted(&self) -> Option<Promoted> {
        let artifact = self.artifact.clone()?;
        Some(Promoted { deployment: self.promoted_from?, artifact })
    }
}

/// What all deployments of a batch asked for; the batch's own order.
pub(crate) async fn asked(db: &mut PgConnection, batch: Uuid) -> sqlx::Result<Vec<Asked>> {
    sqlx::query_as!(
        Asked,
        "select d.endpoint_id as endpoint, d.environment_id as environment, d.version, d.message,
                d.promoted_from, d.artifact_id as artifact
           from deployments d join endpoints e on e.id = d.endpoint_id
          where d.batch_id = $1 and e.deleted_at is null order by d.id",
        batch
    )
    .fetch_all(db)
    .await
}

/// Nothing of an endpoint serves any more, and what waits will not be deployed.
pub(crate) async fn forget_functions(db: &mut PgConnection, endpoint: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update functions set live_deployment_id = null, url = null, updated_at = now()
          where endpoint_id = $1",
        endpoint
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "with stopped as (
            update deployments set status = 'cancelled', finished_at = now()
             where endpoint_id = $1 and status = 'queued' returning organization_id, id
         )
         insert into deployment_transitions (organization_id, deployment_id, status)
         select organization_id, id, 'cancelled' from stopped",
        endpoint
    )
    .execute(&mut *db)
    .await?;
    close_empty_batches(db).await
}
