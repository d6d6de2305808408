//! Figures are those of a count by hand.

use promptpilot_spec::record::CallRecord;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{reading::Outcome, reading::with_calls, support::records::record};

/// Calls of three hours: slower and dearer ones, some that failed.
fn calls() -> Vec<CallRecord> {
    (0..100_u64)
        .map(|number| {
            let mut call = record(Duration::minutes(10 + 60 * (number as i64 % 3)));
            call.total_us = (number + 1) * 1000;
            call.cost_micro_usd = Some(number);
            call.tokens_in = 2;
            call.model = Some(if number.is_multiple_of(4) { "large" } else { "small" }.to_owned());
            if number.is_multiple_of(10) {
                call.status = 504;
                call.error_type = Some("timeout".to_owned());
            }
            call
        })
        .collect()
}

/// Count, failures, p50, p95, and cost.
fn by_hand(calls: &[&CallRecord]) -> Value {
    let mut took: Vec<u64> = calls.iter().map(|call| call.total_us).collect();
    took.sort_unstable();
    let percentile = |share: f64| took[(share * took.len() as f64).ceil() as usize - 1];
    let cost: u64 = calls.iter().filter_map(|call| call.cost_micro_usd).sum();
    json!({
        "count": calls.len(),
        "errors": calls.iter().filter(|call| call.status >= 400).count(),
        "p50_us": percentile(0.5),
        "p95_us": percentile(0.95),
        "cost_micro_usd": cost,
        "tokens_in": 2 * calls.len(),
    })
}

fn hour(call: &CallRecord) -> String {
    let hour = call.time.replace_minute(0).unwrap().replace_second(0).unwrap();
    hour.replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_by_hour_or_model_is_what_a_count_by_hand_says() -> Outcome {
    let calls = calls();
    let pilot = with_calls(&calls).await?;
    for (query, value_of) in [
        ("", Box::new(hour) as Box<dyn Fn(&CallRecord) -> String>),
        ("?by=model", Box::new(|call: &CallRecord| call.model.clone().unwrap())),
        ("?by=status", Box::new(|call: &CallRecord| call.status.to_string())),
        ("?by=environment", Box::new(|_: &CallRecord| "production".to_owned())),
        ("?by=key", Box::new(|_: &CallRecord| String::new())),
    ] {
        let summary = pilot.get(&format!("/api/calls/summary{query}")).await?;
        let items = summary["items"].as_array().unwrap();
        assert_eq!(summary["scanned_until"], Value::Null);
        let counted: i64 = items.iter().map(|item| item["count"].as_i64().unwrap()).sum();
        assert_eq!(counted, 100, "{query}: {summary}");
        for item in items {
            let of: Vec<&CallRecord> =
                calls.iter().filter(|call| item["value"] == value_of(call)).collect();
            for (name, wanted) in by_hand(&of).as_object().unwrap() {
                assert_eq!(&item[name], wanted, "{query} {name}: {item}");
            }
        }
    }
    let failed = pilot.get("/api/calls/summary?by=endpoint&status=5xx").await?;
    assert_eq!(
        (&failed["items"][0]["count"], &failed["items"][0]["value"]),
        (&json!(10), &json!("hello"))
    );
    let (status, problem) = pilot
        .request(reqwest::Method::GET, "/api/calls/summary?since=2026-01-01T00:00:00Z", None)
        .await?;
    assert_eq!(status, 422, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("7 days"));
    let week = (OffsetDateTime::now_utc() - Duration::days(7)).format(&Rfc3339)?;
    pilot.get(&format!("/api/calls/summary?since={week}")).await?;
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn facets_and_histogram_count_every_call_of_the_filter_once() -> Outcome {
    let calls = calls();
    let pilot = with_calls(&calls).await?;
    let facets = pilot.get("/api/calls/facets").await?;
    let of = |facets: &Value, name: &str| {
        let facets = facets["facets"].as_array().unwrap();
        let facet = facets.iter().find(|facet| facet["name"] == name);
        facet.map_or(Value::Null, |facet| facet["values"].clone())
    };
    let value = |value: &str, count: u32| json!({ "value": value, "count": count });
    assert_eq!(of(&facets, "model"), json!([value("small", 75), value("large", 25)]));
    assert_eq!(of(&facets, "status"), json!([value("200", 90), value("504", 10)]));
    assert_eq!(of(&facets, "error_type"), json!([value("timeout", 10)]));
    assert_eq!(of(&facets, "endpoint"), json!([value("hello", 100)]));
    assert_eq!(of(&facets, "environment"), json!([value("production", 100)]));
    assert_eq!(of(&facets, "key"), Value::Null);
    let large = pilot.get("/api/calls/facets?model=large").await?;
    assert_eq!(of(&large, "status"), json!([value("200", 20), value("504", 5)]));

    let since = (OffsetDateTime::now_utc() - Duration::hours(4)).format(&Rfc3339)?;
    let histogram = pilot.get(&format!("/api/calls/histogram?since={since}")).await?;
    let buckets = histogram["buckets"].as_array().unwrap();
    let sum = |name: &str| buckets.iter().map(|bucket| bucket[name].as_i64().unwrap()).sum::<i64>();
    assert_eq!((sum("count"), sum("errors")), (100, 10));
    assert_eq!(histogram["bucket_s"], 300);
    assert!((48..=50).contains(&buckets.len()), "{histogram}");
    let filled = buckets.iter().filter(|bucket| bucket["count"] != 0).count();
    assert_eq!(filled, 3);
    pilot.stop().await
}
