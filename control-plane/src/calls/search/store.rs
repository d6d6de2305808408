//! All SQL that finds calls. The connection carries the organization (row-level security), so no
//! statement here compares it; the one that searches texts does, and finds ids alone.

use std::collections::HashMap;

use promptpilot_spec::record::CallRecord;
use sqlx::{PgConnection, PgPool, types::Json};
use uuid::Uuid;

use super::{
    model::CallPrompt,
    wanted::{Span, Wanted},
};

/// The key of an id or a name; of several that were called so, the one that opens something still, or
/// the newest.
pub(super) async fn key(db: &mut PgConnection, wanted: &str) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select id from api_keys where name = $1 or id::text = $1
          order by revoked_at desc nulls first limit 1",
        wanted
    )
    .fetch_optional(db)
    .await
}

/// The call so many places down from the newest, among those that an index leads to; `None` where there
/// are not so many.
pub(crate) async fn floor(
    db: &mut PgConnection,
    span: Span,
    driver: &Wanted,
    places: i64,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select c.call_id from calls c
          where c.call_id >= $1 and c.call_id < $2 and call_is_wanted(c, $3)
          order by c.call_id desc offset $4 limit 1",
        span.least,
        span.end,
        Json(driver) as _,
        places - 1
    )
    .fetch_optional(db)
    .await
}

/// The newest calls that are as wanted; of certain ones, where those are given.
pub(super) async fn list(
    db: &mut PgConnection,
    span: Span,
    wanted: &Wanted,
    among: Option<&[Uuid]>,
    limit: i64,
) -> sqlx::Result<Vec<CallRecord>> {
    let rows = sqlx::query_scalar!(
        r#"select call_record(c) as "record!: Json<CallRecord>" from calls c
            where c.call_id >= $1 and c.call_id < $2 and call_is_wanted(c, $3)
              and ($4::uuid[] is null or c.call_id = any ($4))
            order by c.call_id desc limit $5"#,
        span.least,
        span.end,
        Json(wanted) as _,
        among,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|record| record.0).collect())
}

/// SQLSTATE of a statement that took longer than it may.
const TOO_LONG: &str = "57014";

/// Ids of the newest calls with certain words; `None` where it would take too long. Row-level security
/// keeps the index of words from being used, so this goes past it; what is found is read under it.
pub(super) async fn with_words(
    system: &PgPool,
    organization: Uuid,
    span: Span,
    text: &str,
    limit: i64,
    within_ms: u32,
) -> sqlx::Result<Option<Vec<Uuid>>> {
    let mut db = crate::database::begin_system(system).await?;
    sqlx::query!(
        "select set_config('statement_timeout', $1, true) as bound,
                set_config('plan_cache_mode', 'force_custom_plan', true) as planned",
        format!("{within_ms}ms")
    )
    .fetch_one(&mut *db)
    .await?;
    let found = sqlx::query_scalar!(
        "select c.call_id from calls c
          where c.organization_id = $1 and c.call_id >= $2 and c.call_id < $3
            and call_words(c.request, c.response, c.error_type, c.error_detail)
                @@ websearch_to_tsquery('pg_catalog.simple', $4)
          order by c.call_id desc limit $5",
        organization,
        span.least,
        span.end,
        text,
        limit
    )
    .fetch_all(&mut *db)
    .await;
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) => {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            if code.as_deref() == Some(TOO_LONG) { Ok(None) } else { Err(error) }
        }
    }
}

/// What is known of a call beside its record.
#[derive(Debug)]
pub(in crate::calls) struct About {
    pub(in crate::calls) record: CallRecord,
    pub(in crate::calls) key: Option<String>,
    pub(in crate::calls) prompt: Option<CallPrompt>,
}

/// One call.
pub(in crate::calls) async fn get(
    db: &mut PgConnection,
    call: Uuid,
) -> sqlx::Result<Option<About>> {
    let row = sqlx::query!(
        r#"select call_record(c) as "record!: Json<CallRecord>", k.name as "key?",
                  p.id as "prompt?", p.name as "prompt_name?", c.prompt_version
             from calls c
             left join api_keys k on k.organization_id = c.organization_id and k.id = c.key_id
             left join prompts p on p.organization_id = c.organization_id and p.id = c.prompt_id
            where c.call_id = $1"#,
        call
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| About {
        record: row.record.0,
        key: row.key,
        prompt: match (row.prompt, row.prompt_name, row.prompt_version) {
            (Some(id), Some(name), Some(version)) => Some(CallPrompt { id, name, version }),
            _ => None,
        },
    }))
}

/// What some calls ran, by call; those that ran no prompt that is kept are left out.
pub(super) async fn prompts(
    db: &mut PgConnection,
    calls: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, CallPrompt>> {
    let rows = sqlx::query!(
        r#"select c.call_id, p.id, p.name, c.prompt_version as "version!"
             from calls c
             join prompts p on p.organization_id = c.organization_id and p.id = c.prompt_id
            where c.call_id = any ($1) and c.prompt_version is not null"#,
        calls
    )
    .fetch_all(db)
    .await?;
    let ran = rows.into_iter().map(|row| {
        let prompt = CallPrompt { id: row.id, name: row.name, version: row.version };
        (row.call_id, prompt)
    });
    Ok(ran.collect())
}

/// A call with its place in the order of arrival.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) xact: i64,
    pub(super) record: CallRecord,
}

/// A place in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) xact: i64,
    pub(super) call: Uuid,
}

/// Calls that arrived after a place in the order of arrival and up to a transaction, oldest first.
pub(super) async fn arrived(
    db: &mut PgConnection,
    wanted: &Wanted,
    span: Span,
    after: Place,
    end: i64,
    limit: i64,
) -> sqlx::Result<Vec<Arrived>> {
    let rows = sqlx::query!(
        r#"select c.arrived_xact as xact, call_record(c) as "record!: Json<CallRecord>"
             from calls c
            where (c.arrived_xact, c.call_id) > ($1, $2) and c.arrived_xact <= $3
              and c.call_id >= $4 and c.call_id < $5 and call_is_wanted(c, $6)
            order by c.arrived_xact, c.call_id limit $7"#,
        after.xact,
        after.call,
        end,
        span.least,
        span.end,
        Json(wanted) as _,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| Arrived { xact: row.xact, record: row.record.0 }).collect())
}

/// The name of an endpoint that is there still.
pub(in crate::calls) async fn endpoint(
    db: &mut PgConnection,
    endpoint: Uuid,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select name from endpoints where id = $1 and deleted_at is null", endpoint)
        .fetch_optional(db)
        .await
}
