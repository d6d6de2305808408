//! All SQL on prompts. The connection carries the organization (row-level security),
//! so no statement here compares it.

use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{Content, LabelAt, StoredPrompt};

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
            where is_deleted = $1
              and case when $2::text is null then true else position(
                      lower($2) in lower(name || ' ' || description || ' ' || words)) > 0 end
              and case when $3::text is null then true else tags @> array[$3] end
              and name > coalesce($4, '')
            order by shown_prompts.name, shown_prompts.deleted desc
            limit $5"#,
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
