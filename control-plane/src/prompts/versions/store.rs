//! All SQL on versions of prompts. The connection carries the organization (row-level security), so no
//! statement here compares it.

use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::prompts::model::{Content, LabelAt, PromptVersion};

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
            update prompts set version = $3, words = $6, variables = $10, saved_by = $7, message = $8,
                               revision = revision + 1, updated_at = now()
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
    /// The prompt's, of all of its versions.
    labels: Json<Vec<LabelAt>>,
    back_to: Option<i32>,
    by: Option<String>,
    message: Option<String>,
    created: OffsetDateTime,
    content: Option<Json<Content>>,
}

impl From<Row> for PromptVersion {
    fn from(row: Row) -> Self {
        let labels = row.labels.0.into_iter().filter(|at| at.version == row.version);
        Self {
            version: row.version,
            sha256: row.sha256,
            labels: labels.map(|at| at.label).collect(),
            back_to: row.back_to,
            by: row.by,
            message: row.message,
            created: row.created,
            content: row.content.map(|content| content.0),
        }
    }
}

/// Versions of a prompt without their contents, newest first, those before a number.
pub(crate) async fn list(
    db: &mut PgConnection,
    prompt: &str,
    before: Option<i32>,
    limit: i64,
) -> sqlx::Result<Vec<PromptVersion>> {
    let last = before.map_or(i32::MAX, |before| before.saturating_sub(1));
    between(db, prompt, (i32::MIN, last), false, limit).await
}

/// One version of a prompt with its content.
pub(crate) async fn get(
    db: &mut PgConnection,
    prompt: &str,
    number: i32,
) -> sqlx::Result<Option<PromptVersion>> {
    Ok(between(db, prompt, (number, number), true, 1).await?.pop())
}

/// Versions from one number to another, newest first; `whole` ones with their contents.
async fn between(
    db: &mut PgConnection,
    prompt: &str,
    (first, last): (i32, i32),
    whole: bool,
    limit: i64,
) -> sqlx::Result<Vec<PromptVersion>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select v.number as version, v.sha256, v.back_to, v.message, v.created_at as created,
                  case when $4 then v.content end as "content: Json<Content>", u.name as "by?",
                  p.labels as "labels: Json<Vec<LabelAt>>"
             from prompts p
             join prompt_versions v on v.prompt_id = p.id and v.number between $2 and $3
             left join users u on u.id = v.created_by
            where p.name = $1 and p.deleted_at is null
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

/// What two versions say, as far as they are there.
#[derive(Debug)]
pub(super) struct Two {
    pub(super) from: i32,
    pub(super) to: i32,
    pub(super) old: Option<Json<Content>>,
    pub(super) new: Option<Json<Content>>,
}

/// Two versions of a prompt, the newest and the one before where no others are named; `None` if there is no
/// such prompt.
pub(super) async fn two(
    db: &mut PgConnection,
    prompt: &str,
    from: Option<i32>,
    to: Option<i32>,
) -> sqlx::Result<Option<Two>> {
    sqlx::query_as!(
        Two,
        r#"select named."from" as "from!", named."to" as "to!",
                  old.content as "old: Json<Content>", new.content as "new: Json<Content>"
             from (select id, "to", coalesce($2, greatest("to", 2) - 1) as "from"
                     from (select id, coalesce($3, version) as "to" from prompts
                            where name = $1 and deleted_at is null) newest) named
             left join prompt_versions old on old.prompt_id = named.id and old.number = named."from"
             left join prompt_versions new on new.prompt_id = named.id and new.number = named."to""#,
        prompt,
        from,
        to
    )
    .fetch_optional(db)
    .await
}
