//! Lists, filters and words in a table of ten million calls of twenty organizations, a tenth of them this one's.
//! `PROMPTPILOT_BENCH_CALLS` says another number, to try it with.

use std::env;
use std::time::Instant;

use anyhow::{Context, Result};
use promptpilot_tests::Pilot;

use super::server::Server;
use crate::table::Table;

const CALLS: u64 = 10_000_000;
const ORGANIZATIONS: u64 = 20;
/// Rows that are written by one statement.
const PIECE: u64 = 250_000;
const SEARCHES: usize = 40;

pub(super) async fn measure(pilot: &Pilot, server: &Server, table: &mut Table) -> Result<()> {
    let calls = env::var("PROMPTPILOT_BENCH_CALLS").ok().map(|said| said.parse()).transpose();
    fill(pilot, calls.context("PROMPTPILOT_BENCH_CALLS is no number")?.unwrap_or(CALLS)).await?;
    let key = pilot.sql("select id from api_keys where name = 'doors'").await?;
    let day = pilot.sql("select to_char((now() - interval '1 day') at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')").await?;
    let day = format!("&since={}", day.trim());
    let filters = [
        ("all", String::new()),
        ("an endpoint's", "endpoint=summarize".to_owned()),
        ("those that failed", "status=5xx".to_owned()),
        ("a key's", format!("key={}", key.trim())),
        ("dear ones", "min_cost_usd=0.9".to_owned()),
    ];
    for (what, filter) in &filters {
        let p95 = p95(server, |_| format!("/api/calls?{filter}")).await?;
        table.at_most(&format!("list calls, {what}, p95"), "ms", p95, 50.0);
    }
    for (what, filter) in [("slow ones", "min_latency_ms=990"), ("a model's", "model=m7")] {
        let within = p95(server, |_| format!("/api/calls?{filter}{day}")).await?;
        table.at_most(&format!("list calls of a day, {what}, p95"), "ms", within, 50.0);
        let ever = p95(server, |_| format!("/api/calls?{filter}")).await?;
        table.at_most(&format!("list calls of any time, {what}, p95"), "ms", ever, 500.0);
    }
    let words = p95(server, |search| format!("/api/calls?text=word{}", search * 100 + 7)).await?;
    table.at_most("search calls by a word, p95", "ms", words, 300.0);
    Ok(())
}

async fn p95(server: &Server, path: impl Fn(usize) -> String) -> Result<f64> {
    let mut times = Vec::with_capacity(SEARCHES);
    for search in 0..SEARCHES {
        let began = Instant::now();
        server.get(&path(search)).await?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[SEARCHES * 95 / 100])
}

/// Writes the calls, spread over four weeks.
async fn fill(pilot: &Pilot, calls: u64) -> Result<()> {
    let more = format!(
        "insert into organizations (slug, name)
         select 'neighbour-' || i, 'Neighbour' from generate_series(1, {}) i",
        ORGANIZATIONS - 1
    );
    pilot.sql(&more).await?;
    let partitions = "select ensure_calls_partition(now() - d * interval '7 days')
                        from generate_series(0, 4) d";
    pilot.sql(partitions).await?;
    for first in (0..calls).step_by(usize::try_from(PIECE)?) {
        let last = calls.min(first + PIECE) - 1;
        pilot.sql(&piece(first, last, calls)).await?;
    }
    pilot.sql("analyze calls").await?;
    Ok(())
}

/// Rows `first` to `last` of so many. Every tenth is this organization's.
fn piece(first: u64, last: u64, calls: u64) -> String {
    format!(
        "with own as (select o.id, e.id endpoint, k.id key from organizations o
                        join endpoints e on e.organization_id = o.id and e.name = 'summarize'
                        join api_keys k on k.organization_id = o.id and k.name = 'doors'),
              others as (select id, row_number() over (order by slug) - 1 number
                           from organizations where slug like 'neighbour-%'),
              rows as (select i, (extract(epoch from now()) - 2419200.0 * ({calls} - i) / {calls})
                                 at_s from generate_series({first}::bigint, {last}) i)
         insert into calls (organization_id, call_id, time, environment_id, endpoint_id, endpoint_name,
            endpoint_version, deployment_id, key_id, source, attempts, status, cache, tokens_in, tokens_out,
            tokens_cached, tokens_reasoning, estimated, cost_micro_usd, saved_micro_usd, total_us,
            provider_us, overhead_us, backoff_us, repaired, cold_start, streaming, delivered,
            state_failed, model, request)
         select case when i % 10 = 0 then own.id else others.id end,
            (lpad(to_hex((at_s * 1000)::bigint), 12, '0') || '70008' || lpad(to_hex(i), 15, '0'))::uuid,
            to_timestamp(at_s), gen_random_uuid(),
            case when i % 50 = 0 then own.endpoint else gen_random_uuid() end, 'summarize', 1,
            gen_random_uuid(), case when i % 70 = 0 then own.key end, 'call', '[]',
            case when i % 300 = 0 then 504 else 200 end, 'off', 10, 10, 0, 0, false,
            (i * 7919) % 1000000, 0, (i * 104729) % 1000000, 0, 0, 0, false, false, false, 'unknown',
            '[]', 'm' || i % 90, jsonb_build_object('text', 'word' || i / 100, 'cut', false, 'size', 8)
           from rows cross join own
           join others on others.number = i % {}",
        ORGANIZATIONS - 1
    )
}
