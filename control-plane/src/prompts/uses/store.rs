//! SQL on who uses prompts. The connection carries the organization (row-level security).

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::prompts::model::PromptUse;

struct UseRow {
    endpoint: String,
    endpoint_version: i32,
    newest: bool,
    live: Vec<String>,
    definition: Value,
    prompt_version: i32,
}

/// Endpoint versions that use a prompt and are an endpoint's newest or serve somewhere.
pub(crate) async fn of(db: &mut PgConnection, prompt: Uuid) -> sqlx::Result<Vec<PromptUse>> {
    let rows = sqlx::query_as!(
        UseRow,
        r#"select * from (
            select e.name as endpoint, v.number as endpoint_version,
                   v.prompt_version as "prompt_version!", v.definition as "definition!",
                   not exists (select from endpoint_versions newer
                                where newer.endpoint_id = v.endpoint_id
                                  and newer.number > v.number) as "newest!",
                   array(select n.name from functions f
                           join deployments d on d.id = f.live_deployment_id
                           join environments n on n.id = f.environment_id
                          where f.endpoint_id = v.endpoint_id and d.version = v.number
                          order by 1) as "live!"
              from endpoint_versions v
              join endpoints e on e.id = v.endpoint_id and e.deleted_at is null
             where v.prompt_id = $1
           ) used
            where "newest!" or "live!" <> '{}'
            order by endpoint, endpoint_version desc"#,
        prompt
    )
    .fetch_all(db)
    .await?;
    let told = |row: UseRow| PromptUse {
        endpoint: row.endpoint,
        endpoint_version: row.endpoint_version,
        newest: row.newest,
        live: row.live,
        // As it is written there: the prompt may have had another name then.
        reference: row.definition["prompt"]["use"].as_str().unwrap_or_default().to_owned(),
        prompt_version: row.prompt_version,
    };
    Ok(rows.into_iter().map(told).collect())
}

/// API keys that open something still, and name a prompt among what they open.
pub(crate) async fn keys(db: &mut PgConnection, prompt: Uuid) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select name from api_keys
          where $1 = any(prompts) and revoked_at is null
            and (expires_at is null or expires_at > now())
          order by 1",
        prompt
    )
    .fetch_all(db)
    .await
}
