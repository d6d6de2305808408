//! SQL on the system's state.

use sqlx::{PgConnection, PgPool};

use super::model::WorkerStatus;

/// The database server's version.
pub(crate) async fn server_version(db: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query_scalar!(r#"select current_setting('server_version') as "version!""#)
        .fetch_one(db)
        .await
}

/// Workers that were heard of in the last minute.
pub(crate) async fn workers(db: &mut PgConnection) -> sqlx::Result<Vec<WorkerStatus>> {
    sqlx::query_as!(
        WorkerStatus,
        "select id, seen_at as seen, builder_warm from workers
          where seen_at > now() - interval '1 minute' order by id"
    )
    .fetch_all(db)
    .await
}

/// Deployments that wait for a worker.
pub(crate) async fn queued(db: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from deployments where status = 'queued'"#)
        .fetch_one(db)
        .await
}

/// Says that a worker is there.
pub(crate) async fn worker_seen(system: &PgPool, worker: &str, warm: bool) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into workers (id, builder_warm) values ($1, $2)
         on conflict (id) do update set seen_at = now(), builder_warm = excluded.builder_warm",
        worker,
        warm
    )
    .execute(system)
    .await?;
    Ok(())
}

/// Says that a worker is gone, and forgets those that were not heard of for a day.
pub(crate) async fn worker_gone(system: &PgPool, worker: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from workers where id = $1 or seen_at < now() - interval '1 day'", worker)
        .execute(system)
        .await?;
    Ok(())
}
