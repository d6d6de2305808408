//! What is filtered by an index is found by it, in a table that is large enough for it to matter.

use serde_json::Value;
use sqlx::{Executor, Row};
use time::Duration;

use crate::{reading::Outcome, reading::with_calls, support::records::record};

/// Filters, and the column or index that leads to what they find.
const INDEXED: [(&str, &str); 8] = [
    (r#"{"user":"u7"}"#, "user_call_id"),
    (r#"{"key":"00000000-0000-0000-0000-000000000007"}"#, "key_id_call_id"),
    (r#"{"error_type":"e7"}"#, "error_type_call_id"),
    (r#"{"model":"m7"}"#, "model_call_id"),
    (r#"{"environment":"00000000-0000-0000-0000-000000000007"}"#, "environment_id_call_id"),
    (r#"{"endpoint":"00000000-0000-0000-0000-000000000007"}"#, "endpoint_id_call_id"),
    (r#"{"min_status":400}"#, "organization_id_call_id_idx"),
    ("{}", "pkey"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_filter_that_drives_a_search_uses_its_index_in_the_order_of_time() -> Outcome {
    let pilot = with_calls(&[record(Duration::ZERO)]).await?;
    let mut db = pilot.database.connect().await?;
    db.execute(
        "insert into calls (organization_id, call_id, time, environment_id, endpoint_id, endpoint_name,
            endpoint_version, deployment_id, key_id, source, attempts, status, cache, tokens_in,
            tokens_out, tokens_cached, tokens_reasoning, estimated, saved_micro_usd, total_us,
            provider_us, overhead_us, backoff_us, repaired, cold_start, streaming, delivered,
            state_failed, \"user\", model, error_type, request)
         select organization_id, (lpad(to_hex((extract(epoch from now()) * 1000 - i)::bigint), 12, '0')
                || '70008' || lpad(to_hex(i), 15, '0'))::uuid, now(),
            lpad(to_hex(i % 50), 32, '0')::uuid, lpad(to_hex(i % 50), 32, '0')::uuid, 'x', 1,
            gen_random_uuid(), lpad(to_hex(i % 50), 32, '0')::uuid, 'call', '[]',
            case when i % 50 = 7 then 500 else 200 end, 'off', 0, 0, 0, 0, false, 0, i, 0, 0, 0, false,
            false, false, 'unknown', '[]', 'u' || i % 50, 'm' || i % 50,
            case when i % 50 < 8 then 'e' || i % 50 end,
            jsonb_build_object('text', 'word' || i)
           from calls, generate_series(1, 20000) i",
    )
    .await?;
    db.execute("analyze calls").await?;
    let organization: uuid::Uuid =
        sqlx::query_scalar("select organization_id from calls limit 1").fetch_one(&mut db).await?;
    sqlx::query("select set_config('app.org', $1, false)")
        .bind(organization.to_string())
        .execute(&mut db)
        .await?;
    db.execute("set plan_cache_mode = force_custom_plan").await?;
    db.execute("set role pp_app").await?;
    for (wanted, index) in INDEXED {
        let rows = sqlx::query(
            "explain select call_record(c) from calls c
              where c.call_id >= $1 and c.call_id < $2 and call_is_wanted(c, $3)
              order by c.call_id desc limit 50",
        )
        .bind(uuid::Uuid::nil())
        .bind(uuid::Uuid::max())
        .bind(serde_json::from_str::<Value>(wanted)?)
        .fetch_all(&mut db)
        .await?;
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{wanted}: {plan}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("Sort  ("), "{wanted}: {plan}");
    }
    // Words are found past row-level security, which would keep their index from being used.
    db.execute("reset role").await?;
    db.execute("set role pp_system").await?;
    let rows = sqlx::query(
        "explain select c.call_id from calls c where c.organization_id = $1
            and call_words(c.request, c.response, c.error_type, c.error_detail)
                @@ websearch_to_tsquery('pg_catalog.simple', $2)
          order by c.call_id desc limit 1000",
    )
    .bind(organization)
    .bind("word77")
    .fetch_all(&mut db)
    .await?;
    let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(plan.join("\n").contains("call_words_idx"), "{}", plan.join("\n"));
    pilot.stop().await
}
