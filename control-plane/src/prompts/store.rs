//! All SQL on prompts and their versions. The connection carries the organization (row-level security),
//! so no statement here compares it.

use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{Content, LabelAt, PromptVersion, StoredPrompt};

/// Which prompts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted<'a> {
    /// A text in name, description or messages.
    pub(super) text: Option<&'a str>,
    pub(super) tag: Option<&'a str>,
    pub(super) deleted: bool,
    /// With the contents of their newest versions.
    pub(super) whole: bool,
}

struct Row {
    id: Uuid,
    name: String,
    description: String,
    tags: Vec<String>,
    version: i32,
    revision: i64,
    variables: Vec<String>,
    content: Option<Json<Content>>,
    labels: Json<Vec<LabelAt>>,
    used_by: Vec<String>,
    by: Option<String>,
    message: Option<String>,
    created: OffsetDateTime,
    updated: OffsetDateTime,
    deleted: Option<OffsetDateTime>,
}

impl From<Row> for StoredPrompt {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            tags: row.tags,
            version: row.version,
            labels: row.labels.0,
            variables: row.variables,
            used_by: row.used_by,
            content: row.content.map(|content| content.0),
            by: row.by,
            message: row.message,
            created: row.created,
            updated: row.updated,
            deleted: row.deleted,
            revision: row.revision,
        }
    }
}

/// Prompts by name, those after a name.
pub(super) async fn list(
    db: &mut PgConnection,
    wanted: Wanted<'_>,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<StoredPrompt>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id!", name as "name!", description as "description!", tags as "tags!",
                  version as "version!", revision as "revision!", variables as "variables!",
                  case when $6 then content end as "content: Json<Content>",
                  labels as "labels!: Json<Vec<LabelAt>>", used_by as "used_by!", by, message,
                  created as "created!", updated as "updated!", deleted
             from shown_prompts
            where id in (
                select id from prompts
                 where (deleted_at is not null) = $1
                   and ($2::text is null or position(
                         lower($2) in lower(name || ' ' || description || ' ' || words)) > 0)
                   and ($3::text is null or tags @> array[$3])
                   and ($4::text is null or name > $4)
                 order by name, deleted_at desc
                 limit $5)
            order by shown_prompts.name, shown_prompts.deleted desc"#,
        wanted.deleted,
        wanted.text,
        wanted.tag,
        after,
        limit,
        wanted.whole
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(StoredPrompt::from).collect())
}

/// One prompt by its name.
pub(super) async fn get(db: &mut PgConnection, name: &str) -> sqlx::Result<Option<StoredPrompt>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id!", name as "name!", description as "description!", tags as "tags!",
                  version as "version!", revision as "revision!", variables as "variables!",
                  content as "content: Json<Content>", labels as "labels!: Json<Vec<LabelAt>>",
                  used_by as "used_by!", by, message, created as "created!", updated as "updated!",
                  deleted
             from shown_prompts
            where shown_prompts.name = $1 and shown_prompts.deleted is null"#,
        name
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(StoredPrompt::from))
}

/// Id of a prompt that is not deleted.
pub(super) async fn id(db: &mut PgConnection, name: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select id from prompts where name = $1 and deleted_at is null", name)
        .fetch_optional(db)
        .await
}

/// A prompt's row, held until the transaction ends.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) id: Uuid,
    pub(super) version: i32,
    /// Of the newest version.
    pub(super) sha256: String,
}

/// Holds the row of a prompt: what others do to it waits. What its newest version is, is asked
/// afterwards: whoever held the row before may have saved one.
pub(super) async fn hold(db: &mut PgConnection, name: &str) -> sqlx::Result<Option<Held>> {
    let held = sqlx::query_scalar!(
        "select id from prompts where name = $1 and deleted_at is null for update",
        name
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(id) = held else { return Ok(None) };
    sqlx::query_as!(
        Held,
        "select p.id, p.version, v.sha256
           from prompts p join prompt_versions v on v.prompt_id = p.id and v.number = p.version
          where p.id = $1",
        id
    )
    .fetch_optional(db)
    .await
}

/// A prompt to make.
#[derive(Debug)]
pub(super) struct NewRow<'a> {
    pub(super) organization: Uuid,
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    pub(super) tags: &'a [String],
    pub(super) words: &'a str,
}

/// Makes a prompt, whose first version is still to come; `None` if the name is taken.
pub(super) async fn add(db: &mut PgConnection, new: NewRow<'_>) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "insert into prompts (organization_id, id, name, description, tags, words, version)
         values ($1, $2, $3, $4, $5, $6, 1)
         on conflict (organization_id, name) where deleted_at is null do nothing
         returning id",
        new.organization,
        Uuid::now_v7(),
        new.name,
        new.description,
        new.tags,
        new.words
    )
    .fetch_optional(db)
    .await
}

/// A version to save.
#[derive(Debug)]
pub(super) struct NewVersion<'a> {
    pub(super) organization: Uuid,
    pub(super) prompt: Uuid,
    pub(super) number: i32,
    pub(super) content: &'a str,
    pub(super) sha256: &'a str,
    pub(super) words: &'a str,
    pub(super) variables: &'a [String],
    pub(super) by: Uuid,
    pub(super) message: Option<&'a str>,
    pub(super) back_to: Option<i32>,
}

/// Saves a version, which is the newest from then on.
pub(super) async fn add_version(db: &mut PgConnection, new: NewVersion<'_>) -> sqlx::Result<()> {
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

/// Changes what stands beside the content; whether that was a change.
pub(super) async fn change_about(
    db: &mut PgConnection,
    prompt: Uuid,
    description: Option<&str>,
    tags: Option<&[String]>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update prompts set description = coalesce($2, description), tags = coalesce($3, tags),
                revision = revision + 1, updated_at = now()
          where id = $1
            and (description, tags) is distinct from (coalesce($2, description), coalesce($3, tags))",
        prompt,
        description,
        tags
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives a prompt another name; false if that is taken.
pub(super) async fn rename(db: &mut PgConnection, prompt: Uuid, name: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update prompts set name = $2, updated_at = now(), revision = revision + 1 where id = $1",
        prompt,
        name
    )
    .execute(db)
    .await;
    match done {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        done => done.map(|_| true),
    }
}

/// Marks a prompt as deleted; its name is free from now on.
pub(super) async fn delete(db: &mut PgConnection, prompt: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update prompts set deleted_at = now(), updated_at = now(), revision = revision + 1
          where id = $1",
        prompt
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Brings the last deleted prompt of a name back, while nothing else is called so; whether there is one.
pub(super) async fn restore(db: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update prompts set deleted_at = null, updated_at = now(), revision = revision + 1
          where id = (select id from prompts where name = $1 and deleted_at is not null
                       order by deleted_at desc, id desc limit 1)
            and not exists (select from prompts where name = $1 and deleted_at is null)",
        name
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}

struct VersionRow {
    version: i32,
    sha256: String,
    labels: Vec<String>,
    back_to: Option<i32>,
    by: Option<String>,
    message: Option<String>,
    created: OffsetDateTime,
    content: Json<Content>,
}

impl VersionRow {
    fn into_version(self, whole: bool) -> PromptVersion {
        PromptVersion {
            version: self.version,
            sha256: self.sha256,
            labels: self.labels,
            back_to: self.back_to,
            by: self.by,
            message: self.message,
            created: self.created,
            content: whole.then_some(self.content.0),
        }
    }
}

/// Versions without their contents, newest first, those before a number.
pub(super) async fn versions(
    db: &mut PgConnection,
    prompt: Uuid,
    before: Option<i32>,
    limit: i64,
) -> sqlx::Result<Vec<PromptVersion>> {
    let rows = version_rows(db, prompt, None, before, limit).await?;
    Ok(rows.into_iter().map(|row| row.into_version(false)).collect())
}

/// One version with its content.
pub(super) async fn version(
    db: &mut PgConnection,
    prompt: Uuid,
    number: i32,
) -> sqlx::Result<Option<PromptVersion>> {
    let found = version_rows(db, prompt, Some(number), None, 1).await?.pop();
    Ok(found.map(|row| row.into_version(true)))
}

async fn version_rows(
    db: &mut PgConnection,
    prompt: Uuid,
    only: Option<i32>,
    before: Option<i32>,
    limit: i64,
) -> sqlx::Result<Vec<VersionRow>> {
    sqlx::query_as!(
        VersionRow,
        r#"select v.number as version, v.sha256, v.back_to, v.message, v.created_at as created,
                  v.content as "content: Json<Content>", u.name as "by?",
                  array(select l.label from prompt_labels l
                         where l.prompt_id = v.prompt_id and l.version = v.number order by 1
                  ) as "labels!"
             from prompt_versions v
             left join users u on u.id = v.created_by
            where v.prompt_id = $1 and ($2::integer is null or v.number = $2)
              and ($3::integer is null or v.number < $3)
            order by v.number desc
            limit $4"#,
        prompt,
        only,
        before,
        limit
    )
    .fetch_all(db)
    .await
}
