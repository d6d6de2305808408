//! SQL of the state service. The connection carries the organization (row-level security), so no
//! statement here compares it.

use promptpilot_spec::state::KeyRecord;
use sqlx::PgConnection;
use uuid::Uuid;

/// Whose deployment this is. The one look-up before the organization is known.
pub(super) async fn organization(
    db: &mut PgConnection,
    deployment: Uuid,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select deployment_organization($1)", deployment).fetch_one(db).await
}

/// What is known of a key.
pub(super) async fn key(db: &mut PgConnection, hash: &str) -> sqlx::Result<Option<KeyRecord>> {
    sqlx::query_as!(
        KeyRecord,
        r#"select id, endpoints,
                  case when environments is not null then array(
                      select e.name from environments e where e.id = any(k.environments)
                  ) end as "environments: Vec<String>",
                  expires_at as expires, revoked_at is not null as "revoked!"
             from api_keys k where hash = $1"#,
        hash
    )
    .fetch_optional(db)
    .await
}
