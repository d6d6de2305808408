//! All SQL on figures over calls. The connection carries the organization (row-level security), so no
//! statement here compares it.

use sqlx::{PgConnection, types::Json};

use super::model::{FacetValue, SummaryBy, Summed};
use crate::calls::search::wanted::{Span, Wanted};

/// How many calls have each value of each facet, by facet, the most frequent first.
pub(super) async fn facets(
    db: &mut PgConnection,
    span: Span,
    wanted: &Wanted,
) -> sqlx::Result<Vec<(String, FacetValue)>> {
    let rows = sqlx::query!(
        r#"select facet.name as "name!", facet.value as "value!", count(*) as "count!"
             from calls c
             left join environments n
               on n.organization_id = c.organization_id and n.id = c.environment_id
             left join api_keys k on k.organization_id = c.organization_id and k.id = c.key_id
            cross join lateral (values
                ('cache', c.cache), ('endpoint', c.endpoint_name), ('environment', n.name),
                ('error_type', c.error_type), ('key', k.name), ('model', c.model),
                ('provider', c.provider), ('source', c.source), ('status', c.status::text)
            ) as facet (name, value)
            where c.call_id >= $1 and c.call_id < $2 and call_is_wanted(c, $3)
              and facet.value is not null
            group by facet.name, facet.value
            order by facet.name, count(*) desc, facet.value"#,
        span.least,
        span.end,
        Json(wanted) as _
    )
    .fetch_all(db)
    .await?;
    let counted =
        rows.into_iter().map(|row| (row.name, FacetValue { value: row.value, count: row.count }));
    Ok(counted.collect())
}

/// Beginnings of stretches of time, in seconds, with how many calls and failures each has.
pub(super) async fn histogram(
    db: &mut PgConnection,
    span: Span,
    wanted: &Wanted,
    bucket_s: i64,
) -> sqlx::Result<Vec<(i64, i64, i64)>> {
    let rows = sqlx::query!(
        r#"select floor(extract(epoch from uuid_v7_time(c.call_id)) / $4::bigint)::bigint * $4::bigint as "at!",
                  count(*) as "count!", count(*) filter (where c.status >= 400) as "errors!"
             from calls c
            where c.call_id >= $1 and c.call_id < $2 and call_is_wanted(c, $3)
            group by 1 order by 1"#,
        span.least,
        span.end,
        Json(wanted) as _,
        bucket_s
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.at, row.count, row.errors)).collect())
}

/// Calls put together.
pub(super) async fn summary(
    db: &mut PgConnection,
    span: Span,
    wanted: &Wanted,
    by: SummaryBy,
) -> sqlx::Result<Vec<Summed>> {
    sqlx::query_as!(
        Summed,
        r#"with summed as (
                select case $4
                        when 'hour' then to_char(uuid_v7_time(c.call_id) at time zone 'UTC',
                            'YYYY-MM-DD"T"HH24:00:00"Z"')
                        when 'day' then to_char(uuid_v7_time(c.call_id) at time zone 'UTC',
                            'YYYY-MM-DD"T00:00:00Z"')
                        when 'endpoint' then c.endpoint_name
                        when 'environment' then c.environment_id::text
                        when 'model' then c.model
                        when 'provider' then c.provider
                        when 'key' then c.key_id::text
                        when 'status' then c.status::text
                       end as value,
                       count(*) as count,
                       count(*) filter (where c.status >= 400) as errors,
                       percentile_disc(array[0.5, 0.95]) within group (order by c.total_us) as took,
                       coalesce(sum(c.cost_micro_usd), 0)::bigint as cost_micro_usd,
                       sum(c.saved_micro_usd)::bigint as saved_micro_usd,
                       sum(c.tokens_in)::bigint as tokens_in,
                       sum(c.tokens_out)::bigint as tokens_out
                  from calls c
                 where c.call_id >= $1 and c.call_id < $2 and call_is_wanted(c, $3)
                 group by 1
           )
           select coalesce(case $4
                        when 'environment' then (select name from environments where id::text = s.value)
                        when 'key' then (select name from api_keys where id::text = s.value)
                        else s.value end, '') as "value!",
                  s.count as "count!", s.errors as "errors!", s.took[1] as "p50_us!",
                  s.took[2] as "p95_us!", s.cost_micro_usd as "cost_micro_usd!",
                  s.saved_micro_usd as "saved_micro_usd!", s.tokens_in as "tokens_in!",
                  s.tokens_out as "tokens_out!"
             from summed s order by 1"#,
        span.least,
        span.end,
        Json(wanted) as _,
        by.as_str()
    )
    .fetch_all(db)
    .await
}
