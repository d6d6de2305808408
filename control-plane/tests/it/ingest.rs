//! Records that come over HTTP, and calls whose own record never comes.

use std::io::Write;

use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::{Compression, write::GzEncoder};
use promptpilot_control_plane::{EnvelopeLine, SecretToken};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;

use crate::support::{
    Outcome,
    pilot::{Pilot, echo},
};

const FUNCTION: &str = "pp-000000000000-hello";
const INGEST_KEY: &str = "the-ingest-key-of-this-test";

/// A system without a worker, and a deployment that somebody has published.
async fn published() -> Result<(Pilot, Uuid), crate::support::Failure> {
    let pilot = Pilot::without_worker_with(|settings| {
        settings.ingest_key = Some(SecretToken::new(INGEST_KEY));
    })
    .await?;
    let batch = pilot.deploy(&[echo("hello", "Hello")]).await?;
    let deployment = batch.deployments[0].id;
    let mut db = pilot.database.connect().await?;
    let publish = format!(
        "update deployments set function_name = '{FUNCTION}', function_version = '1'
          where id = '{deployment}'"
    );
    db.execute(AssertSqlSafe(publish)).await?;
    Ok((pilot, deployment))
}

fn start(call: Uuid, request: &str) -> String {
    json!({
        "kind": "promptpilot.start", "v": 1, "call_id": call, "time": "2026-11-25T08:00:00Z",
        "platform_request_id": request, "source": "call",
    })
    .to_string()
    .replace("2026-11-25T08:00:00Z", &now())
}

fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    now.format(&time::format_description::well_known::Rfc3339).unwrap()
}

/// A record that says it is somebody else's.
fn record(call: Uuid, request: &str) -> String {
    json!({
        "kind": "promptpilot.call", "v": 1, "call_id": call, "time": now(),
        "platform_request_id": request, "organization": Uuid::now_v7(), "environment": "elsewhere",
        "endpoint": Uuid::now_v7(), "endpoint_name": "forged", "endpoint_version": 99,
        "deployment": Uuid::now_v7(), "key_id": null, "source": "call", "provider": "sandbox",
        "model": "echo", "model_answered": null, "attempts": [], "status": 200, "error_type": null,
        "error_detail": null, "finish": "stop", "cache": "off", "tokens_in": 1, "tokens_out": 1,
        "tokens_cached": 0, "tokens_reasoning": 0, "estimated": false, "cost_micro_usd": 0,
        "saved_micro_usd": 0, "total_us": 5, "provider_us": 4, "first_token_us": null,
        "overhead_us": 1, "backoff_us": 0, "request": null, "response": null, "repaired": false,
        "user": null, "metadata": null, "trace_id": null, "country": null, "cold_start": false,
        "streaming": false, "delivered": "unknown", "state_failed": [],
    })
    .to_string()
}

fn report(request: &str, more: &str) -> String {
    format!(
        "REPORT RequestId: {request}\tDuration: 1500.25 ms\tBilled Duration: 1501 ms\t\
         Memory Size: 128 MB\tMax Memory Used: 5 MB\t{more}"
    )
}

fn line(text: &str) -> EnvelopeLine {
    EnvelopeLine { function: FUNCTION.to_owned(), version: "1".to_owned(), text: text.to_owned() }
}

fn sent(text: &str) -> Value {
    json!({ "function": FUNCTION, "version": "1", "text": text })
}

async fn calls(pilot: &Pilot) -> Result<Vec<Value>, crate::support::Failure> {
    Ok(pilot.get("/api/calls?limit=100").await?["items"].as_array().cloned().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_taken_once_and_what_is_wrong_with_it_is_named() -> Outcome {
    let (pilot, deployment) = published().await?;
    let call = Uuid::now_v7();
    let batch = json!({ "lines": [
        sent(&record(call, "r1")),
        sent("{\"kind\":\"promptpilot.call\"}"),
        { "function": "stranger", "version": "1", "text": record(Uuid::now_v7(), "r2") },
        { "function": FUNCTION, "version": "2", "text": record(Uuid::now_v7(), "r3") },
        sent("hello"),
    ] });
    let (status, told) = pilot.post("/api/ingest", batch.clone()).await?;
    assert_eq!((status, &told["new"], &told["other"]), (200, &json!(1), &json!(1)), "{told}");
    let refused: Vec<_> =
        told["refused"].as_array().unwrap().iter().map(|it| &it["index"]).collect();
    assert_eq!(refused, [1, 2, 3]);
    let (_, again) = pilot.post("/api/ingest", batch).await?;
    assert_eq!((&again["new"], &again["known"]), (&json!(0), &json!(1)));

    // Whose it is, the envelope says.
    let kept = calls(&pilot).await?;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["endpoint_name"], "hello");
    assert_eq!(kept[0]["deployment"], json!(deployment));
    assert_eq!(kept[0]["environment"], "production");

    let many = json!({ "lines": vec![sent(""); 10_001] });
    let (status, told) = pilot.post("/api/ingest", many).await?;
    assert_eq!((status, &told["type"]), (400, &json!("urn:promptpilot:problem:body-invalid")));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_sends_its_own_lines_with_its_own_token() -> Outcome {
    let (pilot, deployment) = published().await?;
    let token = pilot.settings.secret_key.deployment_token(deployment).expose().to_owned();
    let send = |token: String| {
        let lines = json!({ "lines": [record(Uuid::now_v7(), "r")] });
        let url = format!("{}/v1/calls", pilot.settings.state.as_deref().unwrap());
        let request = pilot.client.post(url).bearer_auth(token).json(&lines);
        request.header("x-promptpilot-deployment", deployment.to_string()).send()
    };
    let taken = send(token).await?;
    assert_eq!(taken.status(), 200);
    assert_eq!(taken.json::<Value>().await?["new"], 1);
    for wrong in ["", crate::support::pilot::TOKEN] {
        assert_eq!(send(wrong.to_owned()).await?.status(), 401);
    }
    assert_eq!(calls(&pilot).await?[0]["endpoint_name"], "hello");
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_process_ended_is_completed_by_what_the_platform_reports() -> Outcome {
    let (pilot, _) = published().await?;
    let (stuck, died, done) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let began = [line(&start(stuck, "r1")), line(&start(died, "r2")), line(&start(done, "r3"))];
    assert_eq!(pilot.plane.ingest(&began).await?.new, 0);
    assert_eq!(calls(&pilot).await?, [] as [Value; 0]);

    let ended = [
        line(&report("r1", "Status: timeout\t")),
        line(&report("r2", "Status: error\tError Type: Runtime.ExitError\t")),
        line(&record(done, "r3")),
        line(&report("r3", "")),
        line(&report("unheard of", "Status: timeout\t")),
    ];
    for lines in [&ended[..], &ended[..], &began[..], &ended[..]] {
        pilot.plane.ingest(lines).await?;
    }
    let kept = calls(&pilot).await?;
    let told: Vec<_> = kept
        .iter()
        .rev()
        .map(|call| {
            (call["status"].as_u64().unwrap(), call["error_type"].as_str(), &call["call_id"])
        })
        .collect();
    assert_eq!(
        told,
        [
            (504, Some("timeout"), &json!(stuck)),
            (500, Some("process-ended"), &json!(died)),
            (200, None, &json!(done)),
        ]
    );
    assert_eq!((&kept[2]["total_us"], &kept[2]["estimated"]), (&json!(1_500_250), &json!(true)));
    assert!(kept[1]["error_detail"].as_str().unwrap().contains("Runtime.ExitError"));

    // All in one batch.
    let call = Uuid::now_v7();
    let lines = [line(&start(call, "r4")), line(&report("r4", "Status: timeout\t"))];
    assert_eq!(pilot.plane.ingest(&lines).await?.new, 1);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nothing_is_heard_of_is_given_up_after_a_while() -> Outcome {
    let (pilot, _) = published().await?;
    let (lost, fresh) = (Uuid::now_v7(), Uuid::now_v7());
    pilot.plane.ingest(&[line(&start(lost, "r1")), line(&start(fresh, "r2"))]).await?;
    pilot.plane.give_up_calls().await;
    assert_eq!(calls(&pilot).await?.len(), 0);
    let mut db = pilot.database.connect().await?;
    let age = format!(
        "update calls_begun set arrived_at = now() - interval '21 minutes' where call_id = '{lost}'"
    );
    db.execute(AssertSqlSafe(age)).await?;
    pilot.plane.give_up_calls().await;
    let kept = calls(&pilot).await?;
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (&kept[0]["call_id"], &kept[0]["error_type"]),
        (&json!(lost), &json!("process-ended"))
    );
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn senders_are_told_to_wait_when_enough_is_taken_in_already() -> Outcome {
    let (pilot, _) = published().await?;
    let mut db = pilot.database.connect().await?;
    db.execute("begin").await?;
    db.execute("lock table calls in access exclusive mode").await?;
    let send = || {
        let lines = json!({ "lines": [sent(&record(Uuid::now_v7(), "r"))] });
        let url = format!("{}/api/ingest", pilot.url);
        tokio::spawn(
            pilot.client.post(url).bearer_auth(crate::support::pilot::TOKEN).json(&lines).send(),
        )
    };
    let mut waiting: Vec<_> = (0..5).map(|_| send()).collect();
    // Four wait for the table; whoever of them is refused is answered first.
    let (refused, which, _) = futures::future::select_all(waiting.iter_mut()).await;
    drop(waiting.remove(which));
    let refused = refused??;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "1");
    let problem: Value = refused.json().await?;
    assert_eq!(problem["type"], "urn:promptpilot:problem:ingest-busy");
    db.execute("rollback").await?;
    for answer in waiting {
        let answer = answer.await??;
        let status = answer.status();
        assert_eq!(status, 200, "{}", answer.text().await?);
    }
    pilot.stop().await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What CloudWatch Logs puts into a stream.
fn message(kind: &str, texts: &[String]) -> String {
    let event =
        |text: &String| json!({ "id": "1", "timestamp": 1, "message": format!("{text}\n") });
    let message = json!({
        "messageType": kind, "owner": "123456789012", "logGroup": format!("/aws/lambda/{FUNCTION}"),
        "logStream": "2026/11/25/[1]0123456789abcdef0123456789abcdef",
        "subscriptionFilters": ["calls"], "logEvents": texts.iter().map(event).collect::<Vec<_>>(),
    });
    BASE64_STANDARD.encode(gzip(message.to_string().as_bytes()))
}

#[tokio::test(flavor = "multi_thread")]
async fn firehose_delivers_log_events_and_lines() -> Outcome {
    let (pilot, _) = published().await?;
    let deliver = |key: &str, records: &[String], packed: bool| {
        let records: Vec<Value> = records.iter().map(|data| json!({ "data": data })).collect();
        let body = json!({ "requestId": "ed1", "timestamp": 1, "records": records }).to_string();
        let request = pilot
            .client
            .post(format!("{}/api/ingest/firehose", pilot.url))
            .header("content-type", "application/json")
            .header("x-amz-firehose-protocol-version", "1.0")
            .header("x-amz-firehose-request-id", "ed1")
            .header("x-amz-firehose-access-key", key);
        match packed {
            true => request.header("content-encoding", "gzip").body(gzip(body.as_bytes())),
            false => request.body(body),
        }
        .send()
    };
    let died = Uuid::now_v7();
    let texts = [
        record(Uuid::now_v7(), "r1"),
        start(died, "r2"),
        report("r2", "Status: timeout"),
        "hello".to_owned(),
    ];
    let direct = sent(&record(Uuid::now_v7(), "r3")).to_string();
    let records = [
        message("CONTROL_MESSAGE", &["CWL CONTROL MESSAGE".to_owned()]),
        message("DATA_MESSAGE", &texts),
        BASE64_STANDARD.encode(format!("{direct}\n")),
        "no base64".to_owned(),
    ];
    for packed in [false, true] {
        let answer = deliver(INGEST_KEY, &records, packed).await?;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/json");
        let told: Value = answer.json().await?;
        assert_eq!(told["requestId"], "ed1");
        assert!(told["timestamp"].as_i64().unwrap() > 1_700_000_000_000, "{told}");
        assert_eq!(told.as_object().unwrap().len(), 2, "{told}");
    }
    assert_eq!(calls(&pilot).await?.len(), 3);

    let refused = deliver("guess", &records, false).await?;
    assert_eq!(refused.status(), 401);
    let told: Value = refused.json().await?;
    assert_eq!(told["requestId"], "ed1");
    assert!(told["errorMessage"].is_string());

    // Without the database it is all to be sent again.
    pilot.plane.close().await;
    let later = deliver(INGEST_KEY, &records, false).await?;
    assert_eq!(later.status(), 503);
    assert!(later.json::<Value>().await?["errorMessage"].is_string());
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_listed_by_status_and_time() -> Outcome {
    let (pilot, _) = published().await?;
    let before = now();
    let (stuck, done) = (Uuid::now_v7(), Uuid::now_v7());
    let lines = [
        line(&start(stuck, "r1")),
        line(&report("r1", "Status: timeout\t")),
        line(&record(done, "r2")),
    ];
    pilot.plane.ingest(&lines).await?;
    let of = async |query: &str| {
        let page = pilot.get(&format!("/api/calls?{query}")).await?;
        Ok::<usize, crate::support::Failure>(page["items"].as_array().unwrap().len())
    };
    assert_eq!(of("status=504").await?, 1);
    assert_eq!(of("status=5xx&endpoint=hello").await?, 1);
    assert_eq!(of("status=404").await?, 0);
    assert_eq!(of(&format!("since={before}")).await?, 2);
    assert_eq!(of("since=2100-01-01T00:00:00Z").await?, 0);
    let (status, problem) =
        pilot.request(reqwest::Method::GET, "/api/calls?status=6xx", None).await?;
    assert_eq!(
        (status.as_u16(), &problem["type"]),
        (400, &json!("urn:promptpilot:problem:query-invalid"))
    );
    pilot.stop().await
}
