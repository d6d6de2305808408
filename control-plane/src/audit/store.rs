//! All SQL on the audit log. The connection carries the organization (row-level security), so no
//! statement here compares it.

use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{Action, AuditEvent, Origin};
use crate::database::plan_for_conditions;

/// Which events.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    pub(super) subject: Option<String>,
    pub(super) actor: Option<String>,
    pub(super) since: Option<OffsetDateTime>,
    pub(super) until: Option<OffsetDateTime>,
}

struct Row {
    position: i64,
    at: OffsetDateTime,
    actor_id: Option<Uuid>,
    actor: Option<String>,
    origin: Option<Json<Origin>>,
    action: String,
    subject: String,
    subject_id: Option<String>,
    subject_name: Option<String>,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
}

impl From<Row> for AuditEvent {
    fn from(row: Row) -> Self {
        Self {
            position: row.position,
            at: row.at,
            actor_id: row.actor_id,
            actor: row.actor,
            origin: row.origin.map(|origin| origin.0),
            action: Action::from_word(&row.action),
            subject: row.subject,
            subject_id: row.subject_id,
            subject_name: row.subject_name,
            before: row.before,
            after: row.after,
        }
    }
}

/// Events, newest first, those before a position.
pub(super) async fn list(
    db: &mut PgConnection,
    wanted: &Wanted,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<AuditEvent>> {
    plan_for_conditions(db).await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select position, at, actor_id, actor, origin as "origin: Json<Origin>", action, subject,
                  subject_id, subject_name, before, after
             from audit_events
            where ($1::text is null or subject = $1) and ($2::text is null or actor = $2)
              and ($3::timestamptz is null or at >= $3)
              and ($4::timestamptz is null or at < $4)
              and ($5::bigint is null or position < $5)
            order by position desc limit $6"#,
        wanted.subject,
        wanted.actor,
        wanted.since,
        wanted.until,
        before,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(AuditEvent::from).collect())
}
