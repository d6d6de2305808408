//! SQL that follows references to prompts. The connection carries the organization (row-level security),
//! so no statement here compares it.

use sqlx::{PgConnection, types::Json};
use uuid::Uuid;

use crate::prompts::model::Content;

/// What a reference names, as far as it is there.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) prompt: Option<Uuid>,
    pub(super) newest: Option<i32>,
    pub(super) labels: Vec<String>,
    /// The version that is wanted.
    pub(super) number: Option<i32>,
    pub(super) content: Option<Json<Content>>,
}

/// What references name, each at its place. Without a label and a number the newest version is wanted.
pub(super) async fn named(
    db: &mut PgConnection,
    names: &[String],
    labels: &[Option<String>],
    numbers: &[Option<i32>],
) -> sqlx::Result<Vec<Named>> {
    sqlx::query_as!(
        Named,
        r#"select p.id as "prompt?", p.version as "newest?", v.number as "number?",
                  v.content as "content?: Json<Content>",
                  array(select l.label from prompt_labels l where l.prompt_id = p.id order by 1
                  ) as "labels!"
             from unnest($1::text[], $2::text[], $3::integer[])
                  with ordinality as wanted (name, label, number, place)
             left join prompts p on p.name = wanted.name and p.deleted_at is null
             left join prompt_versions v on v.prompt_id = p.id and v.number = case
                  when wanted.label is not null then (
                      select l.version from prompt_labels l
                       where l.prompt_id = p.id and l.label = wanted.label)
                  else coalesce(wanted.number, p.version) end
            order by wanted.place"#,
        names,
        labels as &[Option<String>],
        numbers as &[Option<i32>]
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
