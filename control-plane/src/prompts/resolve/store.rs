//! SQL that follows references to prompts. The connection carries the organization (row-level security),
//! so no statement here compares it.

use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::prompts::model::Content;

/// A prompt, as far as references name it.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) newest: i32,
    pub(super) labels: Json<Vec<(String, i32)>>,
}

/// Prompts by their names; those that are not there are left out.
pub(super) async fn named(db: &mut PgConnection, names: &[String]) -> sqlx::Result<Vec<Named>> {
    sqlx::query_as!(
        Named,
        r#"select p.id, p.name, p.version as newest,
                  (select coalesce(
                        jsonb_agg(jsonb_build_array(l.label, l.version) order by l.label), '[]')
                     from prompt_labels l where l.prompt_id = p.id
                  ) as "labels!: Json<Vec<(String, i32)>>"
             from prompts p
            where p.name = any($1) and p.deleted_at is null"#,
        names
    )
    .fetch_all(db)
    .await
}

/// Names of prompts, for hints.
pub(super) async fn names(db: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select name from prompts where deleted_at is null order by name limit 2000"
    )
    .fetch_all(db)
    .await
}

/// A version with its content.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) prompt: Uuid,
    pub(super) number: i32,
    pub(super) content: Json<Content>,
}

/// Contents of versions.
pub(super) async fn contents(
    db: &mut PgConnection,
    prompts: &[Uuid],
    numbers: &[i32],
) -> sqlx::Result<Vec<Written>> {
    sqlx::query_as!(
        Written,
        r#"select v.prompt_id as prompt, v.number, v.content as "content: Json<Content>"
             from prompt_versions v
             join unnest($1::uuid[], $2::integer[]) as wanted (prompt, number)
               on wanted.prompt = v.prompt_id and wanted.number = v.number"#,
        prompts,
        numbers
    )
    .fetch_all(db)
    .await
}
