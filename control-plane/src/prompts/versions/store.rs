//! All SQL on versions of prompts. The connection carries the organization (row-level security), so no
//! statement here compares it.

use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::prompts::model::{Content, PromptVersion};

/// A version to save.
#[derive(Debug)]
pub(crate) struct NewVersion<'a> {
    pub(crate) organization: Uuid,
    pub(crate) prompt: Uuid,
    pub(crate) number: i32,
    pub(crate) content: &'a str,
    pub(crate) sha256: &'a str,
    pub(crate) words: &'a str,
    pub(crate) variables: &'a [String],
    pub(crate) by: Uuid,
    pub(crate) message: Option<&'a str>,
    pub(crate) back_to: Option<i32>,
}

/// Saves a version, which is the newest from then on.
pub(crate) async fn add(db: &mut PgConnection, new: NewVersion<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "with touched as (
            update prompts set version = $3, words = $6, variables = $10, revision = revision + 1,
                               updated_at = now()
             where id = $2
         )
         insert into prompt_versions
            (organization_id, prompt_id, number, content, sha256, created_by, message, back_to)
         values ($1, $2, $3, $4::text::json, $5, $7, $8, $9)",
        new.organization,
        new.prompt,
        new.number,
        new.content,
        new.sha256,
        new.words,
        new.by,
        new.message,
        new.back_to,
        new.variables
    )
    .execute(db)
    .await?;
    Ok(())
}

struct Row {
    version: i32,
    sha256: String,
    labels: Vec<String>,
    back_to: Option<i32>,
    by: Option<String>,
    message: Option<String>,
    created: OffsetDateTime,
    content: Option<Json<Content>>,
}

impl From<Row> for PromptVersion {
    fn from(row: Row) -> Self {
        Self {
            version: row.version,
            sha256: row.sha256,
            labels: row.labels,
            back_to: row.back_to,
            by: row.by,
            message: row.message,
            created: row.created,
            content: row.content.map(|content| content.0),
        }
    }
}

/// Versions without their contents, newest first, those before a number.
pub(crate) async fn list(
    db: &mut PgConnection,
    prompt: Uuid,
    before: Option<i32>,
    limit: i64,
) -> sqlx::Result<Vec<PromptVersion>> {
    let last = before.map_or(i32::MAX, |before| before.saturating_sub(1));
    between(db, prompt, (i32::MIN, last), false, limit).await
}

/// One version with its content.
pub(crate) async fn get(
    db: &mut PgConnection,
    prompt: Uuid,
    number: i32,
) -> sqlx::Result<Option<PromptVersion>> {
    Ok(between(db, prompt, (number, number), true, 1).await?.pop())
}

/// Versions from one number to another, newest first; `whole` ones with their contents.
async fn between(
    db: &mut PgConnection,
    prompt: Uuid,
    (first, last): (i32, i32),
    whole: bool,
    limit: i64,
) -> sqlx::Result<Vec<PromptVersion>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select v.number as version, v.sha256, v.back_to, v.message, v.created_at as created,
                  case when $4 then v.content end as "content: Json<Content>", u.name as "by?",
                  array(select l.label from prompt_labels l
                         where l.prompt_id = v.prompt_id and l.version = v.number order by 1
                  ) as "labels!"
             from prompt_versions v
             left join users u on u.id = v.created_by
            where v.prompt_id = $1 and v.number between $2 and $3
            order by v.number desc
            limit $5"#,
        prompt,
        first,
        last,
        whole,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(PromptVersion::from).collect())
}
