//! All SQL on artifacts. Mostly the system runs it, so statements name the organization themselves.

use sqlx::{PgExecutor, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

/// A built artifact.
#[derive(Debug, Clone)]
pub(crate) struct Artifact {
    pub(crate) id: String,
    pub(crate) code_sha256: String,
    pub(crate) zip_bytes: i64,
    pub(crate) binary_bytes: i64,
    pub(crate) architecture: String,
    pub(crate) build_ms: i64,
}

pub(crate) async fn artifact(
    db: impl PgExecutor<'_>,
    organization: Uuid,
    id: &str,
) -> sqlx::Result<Option<Artifact>> {
    sqlx::query_as!(
        Artifact,
        "select id, code_sha256, zip_bytes, binary_bytes, architecture, build_ms
           from artifacts where organization_id = $1 and id = $2",
        organization,
        id
    )
    .fetch_optional(db)
    .await
}

/// Writes down an artifact; what an earlier build of the same wrote gives way.
pub(crate) async fn save_artifact(
    system: &PgPool,
    organization: Uuid,
    artifact: &Artifact,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into artifacts (organization_id, id, code_sha256, zip_bytes, binary_bytes,
                                architecture, build_ms)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (organization_id, id) do update
            set code_sha256 = excluded.code_sha256, zip_bytes = excluded.zip_bytes,
                binary_bytes = excluded.binary_bytes",
        organization,
        artifact.id,
        artifact.code_sha256,
        artifact.zip_bytes,
        artifact.binary_bytes,
        artifact.architecture,
        artifact.build_ms
    )
    .execute(system)
    .await?;
    Ok(())
}

/// Artifacts that no deployment with a version names and that are older than an hour.
#[derive(Debug)]
pub(crate) struct OldArtifact {
    pub(crate) organization: Uuid,
    pub(crate) id: String,
}

pub(crate) async fn unused_artifacts(
    system: &PgPool,
    before: OffsetDateTime,
) -> sqlx::Result<Vec<OldArtifact>> {
    sqlx::query_as!(
        OldArtifact,
        "delete from artifacts a
          where a.created_at < $1 and not exists (
                select from deployments d
                 where d.organization_id = a.organization_id and d.artifact_id = a.id
                   and (d.function_version is not null or d.finished_at is null
                        or d.created_at > $1))
         returning a.organization_id as organization, a.id",
        before
    )
    .fetch_all(system)
    .await
}
