//! All SQL on endpoints and their versions. The connection carries the organization (row-level
//! security), so no statement here compares it.

use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{DeploymentSummary, Endpoint, EndpointPrompt, Version};
use crate::{
    deploy::model::Status,
    prompts::{
        model::Content,
        resolve::{Found, Resolved},
    },
};

/// An endpoint's row, held until the transaction ends.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) id: Uuid,
}

/// Finds or makes the endpoint of a name and holds its row: what others do to it waits.
pub(crate) async fn hold(
    db: &mut PgConnection,
    organization: Uuid,
    name: &str,
) -> sqlx::Result<Held> {
    sqlx::query_as!(
        Held,
        "insert into endpoints (organization_id, id, name) values ($1, $2, $3)
         on conflict (organization_id, name) where deleted_at is null
         do update set name = excluded.name
         returning id",
        organization,
        Uuid::now_v7(),
        name
    )
    .fetch_one(db)
    .await
}

/// A version of an endpoint.
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) number: i32,
    pub(crate) definition: serde_json::Value,
    /// The prompt that it refers to, and which version of it.
    pub(crate) prompt: Option<Uuid>,
    pub(crate) prompt_version: Option<i32>,
}

/// A version, or the newest.
pub(crate) async fn saved(
    db: &mut PgConnection,
    endpoint: Uuid,
    number: Option<i32>,
) -> sqlx::Result<Option<Saved>> {
    sqlx::query_as!(
        Saved,
        "select number, definition, prompt_id as prompt, prompt_version
           from endpoint_versions
          where endpoint_id = $1 and ($2::integer is null or number = $2)
          order by number desc limit 1",
        endpoint,
        number
    )
    .fetch_optional(db)
    .await
}

/// A version to save.
#[derive(Debug)]
pub(crate) struct NewVersion<'a> {
    pub(crate) organization: Uuid,
    pub(crate) endpoint: Uuid,
    pub(crate) number: i32,
    pub(crate) file: &'a str,
    pub(crate) toml: &'a str,
    pub(crate) definition: &'a serde_json::Value,
    /// What its reference to a prompt led to.
    pub(crate) prompt: Option<&'a Found>,
    pub(crate) by: Uuid,
    pub(crate) message: Option<&'a str>,
}

pub(crate) async fn add_version(db: &mut PgConnection, new: NewVersion<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        "with touched as (update endpoints set updated_at = now() where id = $3)
         insert into endpoint_versions
            (organization_id, id, endpoint_id, number, file, toml, definition, created_by, message,
             prompt_id, prompt_version, prompt_wanted)
         values ($1, $2, $3, $4, $5, $6, $7::text::json, $8, $9, $10, $11, $12)",
        new.organization,
        Uuid::now_v7(),
        new.endpoint,
        new.number,
        new.file,
        new.toml,
        new.definition.to_string(),
        new.by,
        new.message,
        new.prompt.map(|found| found.prompt),
        new.prompt.map(|found| found.version),
        new.prompt.and_then(|found| found.wanted.as_deref())
    )
    .execute(db)
    .await?;
    Ok(())
}

struct Row {
    id: Uuid,
    name: String,
    updated: OffsetDateTime,
    version: i32,
    toml: String,
    definition: Json<promptpilot_spec::Definition>,
    url: Option<String>,
    function: Option<String>,
    live_version: Option<i32>,
    deployment: Option<Uuid>,
    deployment_status: Option<String>,
    deployment_version: Option<i32>,
    deployment_created: Option<OffsetDateTime>,
    prompt_name: Option<String>,
    prompt_deployed: Option<i32>,
    prompt_now: Option<i32>,
}

impl Row {
    fn into_endpoint(self, whole: bool) -> Endpoint {
        let deployment = match (
            self.deployment,
            self.deployment_status,
            self.deployment_version,
            self.deployment_created,
        ) {
            (Some(id), Some(status), Some(version), Some(created)) => {
                Some(DeploymentSummary { id, status: Status::from_word(&status), version, created })
            }
            _ => None,
        };
        let prompt = self.definition.prompt.reference.as_ref().map(|reference| EndpointPrompt {
            reference: reference.clone(),
            name: self.prompt_name,
            version: self.prompt_now,
            live_version: self.live_version.and(self.prompt_deployed),
            newer: self.live_version.is_some()
                && self.prompt_now.is_some()
                && self.prompt_now != self.prompt_deployed,
        });
        Endpoint {
            prompt,
            id: self.id,
            name: self.name,
            description: self.definition.description.clone(),
            provider: self.definition.model.provider,
            model: self.definition.model.name.clone(),
            live_version: self.live_version,
            url: self.live_version.and(self.url),
            function: self.live_version.and(self.function),
            version: self.version,
            deployment,
            definition: whole.then_some(self.definition.0),
            toml: whole.then_some(self.toml),
            updated: self.updated,
        }
    }
}

/// Endpoints by name, those after a name.
pub(crate) async fn list(
    db: &mut PgConnection,
    environment: Uuid,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<Endpoint>> {
    let rows = rows(db, environment, None, after, limit).await?;
    Ok(rows.into_iter().map(|row| row.into_endpoint(false)).collect())
}

/// One endpoint, with its definition.
pub(crate) async fn get(
    db: &mut PgConnection,
    environment: Uuid,
    name: &str,
) -> sqlx::Result<Option<Endpoint>> {
    let found = rows(db, environment, Some(name), None, 1).await?.pop();
    Ok(found.map(|row| row.into_endpoint(true)))
}

async fn rows(
    db: &mut PgConnection,
    environment: Uuid,
    only: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as!(
        Row,
        r#"select e.id, e.name, e.updated_at as updated, v.number as version, v.toml,
                  v.definition as "definition: Json<promptpilot_spec::Definition>",
                  f.url as "url?", f.name as "function?", live.version as "live_version?",
                  d.id as "deployment?", d.status as "deployment_status?",
                  d.version as "deployment_version?", d.created_at as "deployment_created?",
                  p.name as "prompt_name?", served.prompt_version as "prompt_deployed?",
                  case
                    when p.deleted_at is not null then null
                    when v.prompt_wanted is null then p.version
                    when v.prompt_wanted ~ '^[0-9]' then v.prompt_wanted::integer
                    else (select l.version from prompt_labels l
                           where l.prompt_id = p.id and l.label = v.prompt_wanted)
                  end as "prompt_now?"
             from endpoints e
             join lateral (
                    select number, toml, definition, prompt_id, prompt_wanted
                      from endpoint_versions
                     where endpoint_id = e.id order by number desc limit 1
                  ) v on true
             left join functions f on f.endpoint_id = e.id and f.environment_id = $1
             left join deployments live on live.id = f.live_deployment_id
             left join endpoint_versions served
                    on served.endpoint_id = e.id and served.number = live.version
                   and served.prompt_id = v.prompt_id
             left join prompts p on p.id = v.prompt_id
             left join lateral (
                    select id, status, version, created_at from deployments
                     where endpoint_id = e.id and environment_id = $1 order by id desc limit 1
                  ) d on true
            where e.deleted_at is null and ($2::text is null or e.name = $2)
              and ($3::text is null or e.name > $3)
            order by e.name
            limit $4"#,
        environment,
        only,
        after,
        limit
    )
    .fetch_all(db)
    .await
}

/// Id of an endpoint that is not deleted.
pub(crate) async fn id(db: &mut PgConnection, name: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select id from endpoints where name = $1 and deleted_at is null", name)
        .fetch_optional(db)
        .await
}

/// Versions, newest first, those before a number.
pub(crate) async fn versions(
    db: &mut PgConnection,
    endpoint: Uuid,
    environment: Uuid,
    before: Option<i32>,
    limit: i64,
) -> sqlx::Result<Vec<Version>> {
    sqlx::query_as!(
        Version,
        r#"select v.number as version, v.message, v.created_at as created,
                  u.name as "by?", coalesce(live.version = v.number, false) as "live!"
             from endpoint_versions v
             left join users u on u.id = v.created_by
             left join functions f on f.endpoint_id = v.endpoint_id and f.environment_id = $2
             left join deployments live on live.id = f.live_deployment_id
            where v.endpoint_id = $1 and ($3::integer is null or v.number < $3)
            order by v.number desc
            limit $4"#,
        endpoint,
        environment,
        before,
        limit
    )
    .fetch_all(db)
    .await
}

/// What a version was made of.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) number: i32,
    pub(crate) file: String,
    pub(crate) toml: String,
    /// Where its reference to a prompt led.
    pub(crate) prompt: Option<Resolved>,
}

struct TextRow {
    number: i32,
    file: String,
    toml: String,
    prompt: Option<Uuid>,
    prompt_name: Option<String>,
    prompt_version: Option<i32>,
    prompt_wanted: Option<String>,
    content: Option<Json<Content>>,
}

/// The text of a version, or of the newest.
pub(crate) async fn text(
    db: &mut PgConnection,
    endpoint: Uuid,
    number: Option<i32>,
) -> sqlx::Result<Option<Text>> {
    let row = sqlx::query_as!(
        TextRow,
        r#"select v.number, v.file, v.toml, v.prompt_id as prompt, v.prompt_version, v.prompt_wanted,
                  p.name as "prompt_name?", w.content as "content?: Json<Content>"
             from endpoint_versions v
             left join prompts p on p.id = v.prompt_id
             left join prompt_versions w
                    on w.prompt_id = v.prompt_id and w.number = v.prompt_version
            where v.endpoint_id = $1 and ($2::integer is null or v.number = $2)
            order by v.number desc limit 1"#,
        endpoint,
        number
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Text {
        prompt: Resolved::kept(
            &row.toml,
            &row.file,
            row.prompt,
            row.prompt_name,
            row.prompt_version,
            row.prompt_wanted,
            row.content,
        ),
        number: row.number,
        file: row.file,
        toml: row.toml,
    }))
}

/// Marks an endpoint as deleted; its name is free from now on.
pub(crate) async fn delete(db: &mut PgConnection, endpoint: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update endpoints set deleted_at = now(), updated_at = now() where id = $1",
        endpoint
    )
    .execute(db)
    .await?;
    Ok(())
}
