//! All SQL on labels. The connection carries the organization (row-level security), so no statement here
//! compares it.

use sqlx::PgConnection;
use uuid::Uuid;

use super::model::LabelMove;

/// Where a label points; its row is held until the transaction ends.
pub(super) async fn held(
    db: &mut PgConnection,
    prompt: Uuid,
    label: &str,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select version from prompt_labels where prompt_id = $1 and label = $2 for update",
        prompt,
        label
    )
    .fetch_optional(db)
    .await
}

/// A label's move.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move<'a> {
    pub(super) organization: Uuid,
    pub(super) prompt: Uuid,
    pub(super) label: &'a str,
    pub(super) from: Option<i32>,
    pub(super) to: Option<i32>,
    pub(super) by: Uuid,
}

/// Moves a label, or takes it away, and writes that down.
pub(super) async fn set(db: &mut PgConnection, it: Move<'_>) -> sqlx::Result<()> {
    match it.to {
        Some(version) => {
            sqlx::query!(
                "insert into prompt_labels (organization_id, prompt_id, label, version)
                 values ($1, $2, $3, $4)
                 on conflict (organization_id, prompt_id, label)
                 do update set version = excluded.version",
                it.organization,
                it.prompt,
                it.label,
                version
            )
            .execute(&mut *db)
            .await?
        }
        None => {
            sqlx::query!(
                "delete from prompt_labels where prompt_id = $1 and label = $2",
                it.prompt,
                it.label
            )
            .execute(&mut *db)
            .await?
        }
    };
    sqlx::query!(
        "insert into prompt_label_moves
            (organization_id, prompt_id, label, from_version, to_version, by)
         values ($1, $2, $3, $4, $5, $6)",
        it.organization,
        it.prompt,
        it.label,
        it.from,
        it.to,
        it.by
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Moves, newest first, those before a place in their order.
pub(super) async fn moves(
    db: &mut PgConnection,
    prompt: Uuid,
    label: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<LabelMove>> {
    sqlx::query_as!(
        LabelMove,
        r#"select m.position, m.label, m.from_version as "from", m.to_version as "to",
                  u.name as "by?", m.at
             from prompt_label_moves m left join users u on u.id = m.by
            where m.prompt_id = $1 and ($2::text is null or m.label = $2)
              and ($3::bigint is null or m.position < $3)
            order by m.position desc
            limit $4"#,
        prompt,
        label,
        before,
        limit
    )
    .fetch_all(db)
    .await
}

/// Endpoints that name a label of a prompt and serve another version than the one it points at.
pub(super) async fn behind(
    db: &mut PgConnection,
    prompt: Uuid,
    label: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select distinct e.name
           from functions f
           join deployments d on d.id = f.live_deployment_id
           join endpoint_versions v on v.endpoint_id = d.endpoint_id and v.number = d.version
           join endpoints e on e.id = v.endpoint_id and e.deleted_at is null
           left join prompt_labels l on l.prompt_id = v.prompt_id and l.label = $2
          where v.prompt_id = $1 and v.prompt_wanted = $2
            and l.version is distinct from v.prompt_version
          order by 1",
        prompt,
        label
    )
    .fetch_all(db)
    .await
}

/// Endpoints whose newest version names a label of a prompt.
pub(super) async fn named_by(
    db: &mut PgConnection,
    prompt: Uuid,
    label: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select e.name
           from endpoints e
           join lateral (
                select prompt_id, prompt_wanted from endpoint_versions
                 where endpoint_id = e.id order by number desc limit 1
           ) v on true
          where e.deleted_at is null and v.prompt_id = $1 and v.prompt_wanted = $2
          order by 1",
        prompt,
        label
    )
    .fetch_all(db)
    .await
}

/// Labels for which another role than usual is set.
pub(super) async fn rules(db: &mut PgConnection) -> sqlx::Result<Vec<(String, String)>> {
    let rows =
        sqlx::query!("select label, role from label_rules order by label").fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.label, row.role)).collect())
}

/// The role that is set for a label.
pub(super) async fn rule(db: &mut PgConnection, label: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select role from label_rules where label = $1", label)
        .fetch_optional(db)
        .await
}

/// Sets the role for a label; `None` means the usual.
pub(super) async fn set_rule(
    db: &mut PgConnection,
    organization: Uuid,
    label: &str,
    role: Option<&str>,
) -> sqlx::Result<()> {
    match role {
        Some(role) => sqlx::query!(
            "insert into label_rules (organization_id, label, role) values ($1, $2, $3)
             on conflict (organization_id, label) do update set role = excluded.role",
            organization,
            label,
            role
        )
        .execute(db)
        .await
        .map(|_| ()),
        None => sqlx::query!("delete from label_rules where label = $1", label)
            .execute(db)
            .await
            .map(|_| ()),
    }
}
