//! All SQL on events. Requests come with a connection that carries their organization (row-level
//! security), so no statement of theirs compares it.

use serde_json::{Map, Value};
use sqlx::{PgConnection, PgPool, types::Json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::model::{CallSummary, Calls, Change, Position};

/// The last transaction of which, and before which, everything can be read that there will be.
pub(crate) async fn end(db: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1) as "end!""#
    )
    .fetch_one(db)
    .await
}

/// Where there is something new.
pub(super) struct News {
    /// The last transaction that was looked at.
    pub(super) end: i64,
    pub(super) organizations: Vec<Uuid>,
}

/// Which of these organizations have events or calls after a transaction.
pub(super) async fn news(system: &PgPool, followed: &[Uuid], after: i64) -> sqlx::Result<News> {
    let row = sqlx::query!(
        r#"with reach as materialized (
                select pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 as last
           )
           select last as "end!", array(
                select o from unnest($1::uuid[]) o
                 where exists (select from events e where e.organization_id = o
                                  and e.xact > $2 and e.xact <= last)
                    or exists (select from calls c where c.organization_id = o
                                  and c.arrived_xact > $2 and c.arrived_xact <= last)
           ) as "organizations!: Vec<Uuid>"
             from reach"#,
        followed,
        after
    )
    .fetch_one(system)
    .await?;
    Ok(News { end: row.end, organizations: row.organizations })
}

struct Row {
    xact: i64,
    sequence: i64,
    at: OffsetDateTime,
    kind: String,
    subject_id: Option<String>,
    subject_name: Option<String>,
    actor_id: Option<Uuid>,
    data: Json<Map<String, Value>>,
}

impl From<Row> for Change {
    fn from(row: Row) -> Self {
        Self {
            position: Position { xact: row.xact, sequence: row.sequence },
            kind: row.kind,
            id: row.subject_id,
            name: row.subject_name,
            at: row.at,
            by: row.actor_id,
            data: row.data.0,
        }
    }
}

/// Changes of these kinds after a position, up to a transaction, in their order.
pub(super) async fn after(
    db: &mut PgConnection,
    position: Position,
    end: i64,
    kinds: &[String],
    limit: i64,
) -> sqlx::Result<Vec<Change>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select xact, sequence, at, type as kind, subject_id, subject_name, actor_id,
                  data as "data: Json<Map<String, Value>>"
             from events
            where (xact, sequence) > ($1, $2) and xact <= $3 and type = any ($4)
            order by xact, sequence limit $5"#,
        position.xact,
        position.sequence,
        end,
        kinds,
        limit
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Change::from).collect())
}

/// Calls that arrived with one transaction.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) xact: i64,
    pub(super) calls: Calls,
}

/// Calls that arrived after a transaction, up to another one, by transaction, in their order.
pub(super) async fn calls(
    db: &mut PgConnection,
    after: i64,
    end: i64,
    newest: i32,
    limit: i64,
) -> sqlx::Result<Vec<Arrived>> {
    let rows = sqlx::query!(
        r#"select arrived_xact as xact, count(*) as "count!",
                  count(*) filter (where status >= 400) as "errors!",
                  (array_agg(jsonb_build_object(
                        'call_id', call_id, 'time', to_char(time at time zone 'UTC',
                            'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                        'endpoint_name', endpoint_name, 'source', source, 'status', status,
                        'error_type', error_type, 'model', model, 'total_us', total_us,
                        'cost_micro_usd', cost_micro_usd
                   ) order by call_id desc))[1:$3] as "items!: Vec<Json<CallSummary>>"
             from calls where arrived_xact > $1 and arrived_xact <= $2
            group by arrived_xact order by arrived_xact limit $4"#,
        after,
        end,
        newest,
        limit
    )
    .fetch_all(db)
    .await?;
    let arrived = rows.into_iter().map(|row| Arrived {
        xact: row.xact,
        calls: Calls {
            count: row.count,
            errors: row.errors,
            items: row.items.into_iter().map(|item| item.0).collect(),
        },
    });
    Ok(arrived.collect())
}

/// The last event that was swept. Asked for after events were read, it tells whether they were all.
pub(super) async fn swept(db: &mut PgConnection) -> sqlx::Result<Option<Position>> {
    let row = sqlx::query!("select xact, sequence from events_swept").fetch_optional(db).await?;
    Ok(row.map(|row| Position { xact: row.xact, sequence: row.sequence }))
}

/// What somebody is in the organization now; `None` once they are not in it any more.
pub(super) async fn role(db: &mut PgConnection, user: Uuid) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select role from memberships where user_id = $1", user)
        .fetch_optional(db)
        .await
}

/// So many rows are swept at once.
const PORTION: i64 = 10_000;

/// Sweeps what happened longer ago than so many seconds; how many events.
pub(crate) async fn sweep(system: &PgPool, kept_s: f64) -> sqlx::Result<i64> {
    let mut swept = 0;
    loop {
        let portion = sqlx::query_scalar!(
            r#"with gone as (
                    delete from events
                     where (organization_id, xact, sequence) in (
                            select organization_id, xact, sequence from events
                             where at < now() - make_interval(secs => $1) order by at limit $2)
                 returning organization_id, xact, sequence
               ),
               remembered as (
                    insert into events_swept
                    select distinct on (organization_id) organization_id, xact, sequence
                      from gone order by organization_id, xact desc, sequence desc
                    on conflict (organization_id)
                    do update set xact = excluded.xact, sequence = excluded.sequence
                     where (events_swept.xact, events_swept.sequence)
                         < (excluded.xact, excluded.sequence)
               )
               select count(*) as "count!" from gone"#,
            kept_s,
            PORTION
        )
        .fetch_one(system)
        .await?;
        swept += portion;
        if portion < PORTION {
            return Ok(swept);
        }
    }
}
