//! Each filter finds what it should, and pages of a search that has to stop go on.

use std::time::{Duration as Patience, Instant};

use promptpilot_spec::record::{Cache, CallRecord, Source};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor;
use time::{Duration, format_description::well_known::Rfc3339};

use crate::{
    reading::Outcome,
    reading::ids,
    reading::with_calls,
    support::{
        follow::Follower,
        pilot::{Pilot, TOKEN},
        records::{body, ingest, record},
    },
};

/// Calls of which each differs in one thing, the newest first.
fn different() -> Vec<CallRecord> {
    let of = |minutes, change: fn(&mut CallRecord)| {
        let mut call = record(Duration::minutes(minutes));
        change(&mut call);
        call
    };
    vec![
        of(1, |_| {}),
        of(2, |call| call.status = 504),
        of(3, |call| call.error_type = Some("timeout".to_owned())),
        of(4, |call| call.provider = Some("openai".to_owned())),
        of(5, |call| call.model = Some("gpt-6".to_owned())),
        of(6, |call| call.user = Some("ada".to_owned())),
        of(7, |call| call.source = Source::Verify),
        of(8, |call| call.cache = Cache::Hit),
        of(9, |call| call.cost_micro_usd = Some(2_000_000)),
        of(10, |call| call.total_us = 5_000_500),
        of(11, |call| call.request = Some(body(r#"{"word":"Zebra crossing"}"#))),
        of(12, |call| call.response = Some(body(r#"{"text":"a zebra was seen"}"#))),
        of(13, |call| call.error_detail = Some("the model said: zebras only".to_owned())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_finds_what_it_should_and_nothing_else() -> Outcome {
    let calls = different();
    let pilot = with_calls(&calls).await?;
    let (_, key) = pilot.post("/api/api-keys", json!({ "name": "website" })).await?;
    let mut keyed = record(Duration::minutes(14));
    keyed.key_id = Some(key["id"].as_str().unwrap().parse()?);
    ingest(&pilot, std::slice::from_ref(&keyed)).await?;
    let at = |call: &CallRecord| call.time.format(&Rfc3339).unwrap().replace('+', "%2B");
    let by_key_id = format!("key={}", keyed.key_id.unwrap());
    let until = format!("until={}&since={}", at(&calls[1]), at(&calls[3]));
    let one = |place: usize| vec![calls[place].call_id];
    for (filter, wanted) in [
        ("status=504", one(1)),
        ("status=5xx", one(1)),
        ("error_type=timeout", one(2)),
        ("provider=openai", one(3)),
        ("model=gpt-6", one(4)),
        ("user=ada", one(5)),
        ("source=verify", one(6)),
        ("cache=hit", one(7)),
        ("min_cost_usd=1.5", one(8)),
        ("min_cost_usd=2&max_cost_usd=2", one(8)),
        ("min_latency_ms=5000", one(9)),
        ("min_latency_ms=5000&max_latency_ms=5000", one(9)),
        ("text=zebra", vec![calls[10].call_id, calls[11].call_id]),
        ("text=%22zebra+crossing%22", one(10)),
        ("text=zebra+-crossing", one(11)),
        ("text=zebras+or+crossing", vec![calls[10].call_id, calls[12].call_id]),
        ("text=zebra&provider=openai", vec![]),
        ("key=website", vec![keyed.call_id]),
        (by_key_id.as_str(), vec![keyed.call_id]),
        (until.as_str(), vec![calls[2].call_id, calls[3].call_id]),
        ("environment=production&endpoint=hello&user=ada&status=2xx", one(5)),
        ("user=nobody", vec![]),
    ] {
        let page = pilot.get(&format!("/api/calls?{filter}")).await?;
        assert_eq!(ids(&page), wanted, "{filter}");
        assert_eq!((&page["next"], &page["scanned_until"]), (&Value::Null, &Value::Null));
    }
    for (filter, status, kind) in [
        ("environment=nowhere", 404, "environment-not-found"),
        ("key=nobody", 404, "key-not-found"),
        ("endpoint=nothing", 404, "endpoint-not-found"),
        ("min_cost_usd=-1", 400, "query-invalid"),
        ("source=else", 400, "query-invalid"),
        ("since=yesterday", 400, "query-invalid"),
    ] {
        let (found, problem) =
            pilot.request(Method::GET, &format!("/api/calls?{filter}"), None).await?;
        assert_eq!(found.as_u16(), status, "{filter}: {problem}");
        assert!(problem["type"].as_str().unwrap().ends_with(kind), "{filter}: {problem}");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_every_call_once_whatever_is_filtered() -> Outcome {
    let calls: Vec<CallRecord> = (0..1000)
        .map(|number| {
            let mut call = record(Duration::seconds(number));
            call.cache = if number % 7 == 0 { Cache::Hit } else { Cache::Miss };
            call.user = Some(format!("u{}", number % 3));
            call
        })
        .collect();
    let pilot = with_calls(&calls).await?;
    for filter in ["", "cache=hit", "user=u1&cache=hit", "text=you", "text=you&cache=hit"] {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = pilot.get(&format!("/api/calls?limit=33&{filter}{after}")).await?;
            found.extend(ids(&page));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let is_wanted = |call: &&CallRecord| {
            (!filter.contains("hit") || call.cache == Cache::Hit)
                && (!filter.contains("u1") || call.user.as_deref() == Some("u1"))
        };
        let wanted: Vec<_> = calls.iter().filter(is_wanted).map(|call| call.call_id).collect();
        assert_eq!(found, wanted, "{filter}");
    }
    pilot.stop().await
}

/// Copies the newest call so many times, each a moment older than the last.
async fn multiply(pilot: &Pilot, times: i32) -> Outcome {
    let mut db = pilot.database.connect().await?;
    let set = format!("set test.times = '{times}'");
    db.execute(sqlx::AssertSqlSafe(set)).await?;
    db.execute(
        "do $$
        declare one calls;
        begin
            select * into one from calls order by call_id desc limit 1;
            for number in 1..current_setting('test.times')::integer loop
                one.call_id := (lpad(to_hex((extract(epoch from now()) * 1000)::bigint
                    - number * 10), 12, '0') || '7000' || '8' || lpad(to_hex(number), 15, '0'))::uuid;
                insert into calls select one.*;
            end loop;
        end $$",
    )
    .await?;
    db.execute("analyze calls").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_through_many_calls_is_answered_in_time_and_finds_what_is_far_back() -> Outcome {
    let mut far = record(Duration::days(2));
    far.cost_micro_usd = Some(9_000_000);
    far.response = Some(body("here is the needle"));
    let pilot = with_calls(&[record(Duration::ZERO), far.clone()]).await?;
    multiply(&pilot, 25_000).await?;
    // No index leads there, so it is looked for step by step; each page comes in time.
    for filter in ["min_cost_usd=9", "text=needle", "text=you&min_cost_usd=9", "text=needle+-you"] {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let began = Instant::now();
            let page = pilot.get(&format!("/api/calls?{filter}{after}")).await?;
            assert!(began.elapsed() < Patience::from_secs(10), "{filter}: {:?}", began.elapsed());
            found.extend(ids(&page));
            let Some(next) = page["next"].as_str() else { break };
            assert!(page["scanned_until"].is_string(), "{page}");
            after = format!("&after={next}");
        }
        assert_eq!(
            found,
            if filter.contains("-you") { vec![] } else { vec![far.call_id] },
            "{filter}"
        );
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_is_told_of_what_they_asked_for_and_of_that_only() -> Outcome {
    let pilot = with_calls(&[]).await?;
    let request = pilot.client.get(format!("{}/api/calls?user=ada&min_latency_ms=10", pilot.url));
    let mut follower = Follower::open(request.bearer_auth(TOKEN)).await?;
    let mut calls: Vec<CallRecord> =
        (0..4).map(|number| record(Duration::seconds(10 - number))).collect();
    for place in [1, 3] {
        calls[place].user = Some("ada".to_owned());
    }
    calls[2].total_us = 20_000;
    calls[3].total_us = 20_000;
    for call in &calls {
        ingest(&pilot, std::slice::from_ref(call)).await?;
    }
    let told = follower.until("call").await?;
    assert_eq!(told.data["call_id"], json!(calls[3].call_id));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_shown_with_its_attempts_and_the_names_of_what_it_used() -> Outcome {
    let pilot = with_calls(&[]).await?;
    let (_, key) = pilot.post("/api/api-keys", json!({ "name": "website" })).await?;
    let mut call = record(Duration::ZERO);
    call.key_id = Some(key["id"].as_str().unwrap().parse()?);
    call.attempts = vec![promptpilot_spec::record::Attempt {
        provider: "openai".to_owned(),
        model: "gpt-6".to_owned(),
        status: Some(429),
        error: Some("rate-limited".to_owned()),
        request_id: None,
        finish: None,
        duration_us: 1000,
        tokens_in: None,
        tokens_out: None,
        cost_micro_usd: None,
    }];
    ingest(&pilot, std::slice::from_ref(&call)).await?;
    let shown = pilot.get(&format!("/api/calls/{}", call.call_id)).await?;
    assert_eq!((&shown["key"], &shown["environment"]), (&json!("website"), &json!("production")));
    assert_eq!(shown["attempts"][0]["error"], "rate-limited");
    assert_eq!((&shown["endpoint_name"], &shown["prompt"]), (&json!("hello"), &Value::Null));
    assert_eq!(shown["not_replayable"], Value::Null);
    let nobody = format!("/api/calls/{}", uuid::Uuid::now_v7());
    let (status, problem) = pilot.request(Method::GET, &nobody, None).await?;
    assert_eq!(status, 404);
    assert!(problem["type"].as_str().unwrap().ends_with(":call-not-found"));
    pilot.stop().await
}
