//! SQL on the system's state.

use sqlx::PgConnection;

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
