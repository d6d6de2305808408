//! Calls: answers, streams, failures, limits.

use std::time::{Duration, Instant};

use crate::common::{self, Lab, Result};
use aws_sdk_lambda::error::ProvideErrorMetadata;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    InvocationType, InvokeMode, InvokeWithResponseStreamResponseEvent as StreamEvent, LogType,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use local_lambda::Limits;
use serde_json::{Value, json};

/// A function in shell: takes events with curl, answers with what it got.
const SHELL: &str = r#"#!/bin/sh
set -eu
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
head=$(mktemp)
trap 'rm -f "$head"' EXIT
while true; do
    event=$(curl -sS -D "$head" "$api/invocation/next")
    id=$(tr -d '\r' <"$head" | sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    curl -sS -o /dev/null "$api/invocation/$id/response" -d "{\"got\":$event}"
done
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_script_is_a_function() -> Result<()> {
    let lab = Lab::start().await?;
    lab.script("shell", SHELL).await?;
    for number in 0..3 {
        let invoked = lab.invoke("shell", json!(number)).await?;
        assert_eq!(invoked.payload, json!({ "got": number }));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_is_the_services_and_nothing_else() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function_with("env", 7, &[("OWN", "value")]).await?;
    let invoked = lab.invoke("env", json!({ "do": "environment" })).await?;
    let variables = invoked.payload["variables"].as_object().unwrap();
    assert_eq!(variables["OWN"], "value");
    assert_eq!(variables["AWS_LAMBDA_FUNCTION_NAME"], "env");
    assert_eq!(variables["AWS_LAMBDA_FUNCTION_VERSION"], "$LATEST");
    assert_eq!(variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "128");
    assert_eq!(variables["AWS_REGION"], common::REGION);
    assert_eq!(variables["_HANDLER"], "bootstrap");
    assert_eq!(variables["TZ"], ":UTC");
    assert_eq!(variables["AWS_LAMBDA_LOG_GROUP_NAME"], "/aws/lambda/env");
    assert!(!variables.contains_key("HOME") && !variables.contains_key("CARGO_MANIFEST_DIR"));

    let pid = invoked.payload["pid"].as_u64().unwrap();
    let open: Vec<_> = std::fs::read_dir(format!("/proc/{pid}/fd"))?
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .map(|target| target.display().to_string())
        .filter(|target| target.starts_with('/') && !target.starts_with("/dev/null"))
        .collect();
    assert!(open.iter().all(|target| target.contains("/output/streams/")), "{open:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_tells_its_context() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function_with("context", 7, &[]).await?;
    let client_context = STANDARD.encode(r#"{"custom":{"a":"b"},"client":{"installation_id":"i","app_title":"t","app_version_name":"n","app_version_code":"c","app_package_name":"p"},"env":{}}"#);
    let before = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let output = lab
        .client
        .invoke()
        .function_name("context")
        .client_context(client_context)
        .log_type(LogType::Tail)
        .payload(Blob::new(r#"{"do":"context"}"#))
        .send()
        .await?;
    let context: Value = serde_json::from_slice(output.payload.as_ref().unwrap().as_ref())?;
    let deadline = Duration::from_millis(context["deadline"].as_u64().unwrap());
    assert!((deadline - before).as_secs_f64() > 6.0 && (deadline - before).as_secs_f64() < 12.0);
    assert!(context["arn"].as_str().unwrap().ends_with(":function:context"));
    assert!(context["trace"].as_str().unwrap().starts_with("Root=1-"));
    assert_eq!(context["client"]["custom"]["a"], "b");

    let log = String::from_utf8(STANDARD.decode(output.log_result.unwrap())?)?;
    let id = context["request_id"].as_str().unwrap();
    assert!(log.starts_with(&format!("START RequestId: {id} Version: $LATEST\n")), "{log}");
    assert!(log.contains(&format!("END RequestId: {id}\nREPORT RequestId: {id}\tDuration: ")));
    assert!(log.contains("Init Duration: "));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_in_the_services_words() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function_with("bad", 1, &[]).await?;
    let invoke = async |event| lab.invoke("bad", event).await;

    let exit = invoke(json!({ "do": "exit", "code": 7 })).await?;
    assert_eq!(exit.error.as_deref(), Some("Unhandled"));
    assert_eq!(exit.payload["errorType"], "Runtime.ExitError");
    let message = exit.payload["errorMessage"].as_str().unwrap();
    assert!(message.ends_with("Error: Runtime exited with error: exit status 7"), "{message}");

    let failed = invoke(json!({ "do": "fail" })).await?;
    assert_eq!(failed.payload["errorMessage"], "the handler fails");

    let asked = Instant::now();
    let timed_out = invoke(json!({ "do": "sleep", "ms": 60_000 })).await?;
    assert!(asked.elapsed() < Duration::from_secs(4));
    assert_eq!(timed_out.payload["errorType"], "Sandbox.Timedout");
    let message = timed_out.payload["errorMessage"].as_str().unwrap();
    assert!(message.ends_with("Error: Task timed out after 1.00 seconds"), "{message}");

    let big = invoke(json!({ "do": "big", "bytes": 7_000_000 })).await?;
    assert_eq!(big.payload["errorType"], "Function.ResponseSizeTooLarge");
    assert_eq!(invoke(json!({ "still": "there" })).await?.payload, json!({ "still": "there" }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_cannot_start_says_why() -> Result<()> {
    let lab = Lab::start().await?;
    let told = async |name: &str| -> Result<(String, String)> {
        let invoked = lab.invoke(name, json!({})).await?;
        let text = |member: &str| invoked.payload[member].as_str().unwrap_or_default().to_owned();
        let message = text("errorMessage");
        let what = message.split_once("Error: ").map_or(message.clone(), |(_, it)| it.to_owned());
        Ok((text("errorType"), what))
    };
    lab.create("none", common::package(&[("other", 0o644, b"")]), 3, &[]).await?;
    assert_eq!(told("none").await?.0, "Runtime.InvalidEntrypoint");
    assert!(told("none").await?.1.starts_with("Couldn't find valid bootstrap(s)"));

    lab.create("text", common::package(&[("bootstrap", 0o755, b"\x7fELF nonsense")]), 3, &[])
        .await?;
    assert_eq!(told("text").await?.0, "Runtime.InvalidEntrypoint");

    lab.script("exits", "#!/bin/sh\nexit 3\n").await?;
    let exits =
        ("Runtime.ExitError".to_owned(), "Runtime exited with error: exit status 3".to_owned());
    assert_eq!(told("exits").await?, exits);

    let reports = "#!/bin/sh\ncurl -sS -H 'Lambda-Runtime-Function-Error-Type: Own.Error' \
                   -d '{\"errorMessage\":\"no key\",\"errorType\":\"Own.Error\"}' \
                   \"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error\"\nsleep 600\n";
    lab.script("reports", reports).await?;
    assert_eq!(told("reports").await?, ("Own.Error".to_owned(), "no key".to_owned()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_arrive_as_they_are_made() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("stream").await?;
    let url = lab.open_url("stream", InvokeMode::ResponseStream).await?;
    let asked = Instant::now();
    let mut answer = common::http().get(format!("{url}?do=stream&chunks=3&ms=300")).send().await?;
    assert_eq!(answer.headers()["x-streamed"], "yes");
    assert_eq!(answer.chunk().await?.unwrap(), "chunk 0\n");
    assert!(asked.elapsed() < Duration::from_millis(600), "{:?}", asked.elapsed());
    let mut rest = String::new();
    while let Some(chunk) = answer.chunk().await? {
        rest.push_str(str::from_utf8(&chunk)?);
    }
    assert_eq!(rest, "chunk 1\nchunk 2\n");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_buffered_where_the_url_says_so() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("buffered").await?;
    let url = lab.open_url("buffered", InvokeMode::Buffered).await?;
    let answer = common::http().get(format!("{url}?do=stream")).send().await?;
    assert_eq!(answer.headers()["content-length"], "24");
    assert_eq!(answer.text().await?, "chunk 0\nchunk 1\nchunk 2\n");
    for what in ["cut", "fail", "exit"] {
        let failed = common::http().get(format!("{url}?do={what}")).send().await?;
        assert_eq!(failed.status(), 502, "{what}");
        assert_eq!(failed.text().await?, "Internal Server Error", "{what}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_reads_a_response_stream() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("events").await?;
    let stream = async |what: &str| -> Result<(String, Option<String>, bool)> {
        let call = lab.client.invoke_with_response_stream().function_name("events");
        let payload = Blob::new(json!({ "do": what }).to_string());
        let call = call.payload(payload).log_type(aws_sdk_lambda::types::LogType::Tail);
        let mut output = call.send().await?;
        let (mut body, mut error, mut logged) = (Vec::new(), None, false);
        while let Some(event) = output.event_stream.recv().await? {
            match event {
                StreamEvent::PayloadChunk(chunk) => {
                    body.extend(chunk.payload.unwrap().into_inner());
                }
                StreamEvent::InvokeComplete(complete) => {
                    (error, logged) = (complete.error_code, complete.log_result.is_some());
                }
                _ => {}
            }
        }
        Ok((String::from_utf8_lossy(&body).into_owned(), error, logged))
    };
    let (body, error, logged) = stream("stream").await?;
    assert!(body.ends_with("\0\0\0\0\0\0\0\0chunk 0\nchunk 1\nchunk 2\n"), "{body:?}");
    assert_eq!((error, logged), (None, true));
    let (body, error, _) = stream("echo").await?;
    assert_eq!((body.as_str(), error), (r#"{"do":"echo"}"#, None));
    assert_eq!(stream("cut").await?.1.as_deref(), Some("Runtime.TruncatedResponse"));
    assert!(stream("fail").await?.1.is_some());
    Ok(())
}

/// Answers each event with a stream that ends in an error, as trailers tell it.
const BREAKING: &str = r#"#!/bin/bash
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
    id=$(curl -sS -o /dev/null -D - "$api/invocation/next" | tr -d '\r' |
        sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API%:*}/${AWS_LAMBDA_RUNTIME_API#*:}"
    printf '%s\r\n' "POST /2018-06-01/runtime/invocation/$id/response HTTP/1.1" "Host: api" \
        "Transfer-Encoding: chunked" "Lambda-Runtime-Function-Response-Mode: streaming" \
        "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body" \
        "" 5 hello 0 "Lambda-Runtime-Function-Error-Type: Own.Broken" \
        "Lambda-Runtime-Function-Error-Body: $(printf '{"errorMessage":"no more"}' | base64)" "" >&3
    read -r _ <&3
    exec 3>&-
done
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_does_not_look_whole() -> Result<()> {
    let lab = Lab::start().await?;
    lab.script("breaks", BREAKING).await?;
    let url = lab.open_url("breaks", InvokeMode::ResponseStream).await?;
    let broken = common::http().get(url).send().await?;
    assert!(broken.bytes().await.is_err());

    let invoked = lab.invoke("breaks", json!({})).await?;
    assert_eq!(invoked.error.as_deref(), Some("Unhandled"));
    assert_eq!(invoked.payload, json!({ "errorMessage": "no more" }));

    // As the runtime for Rust tells it, which writes trailers into the body.
    lab.function("rust").await?;
    let url = lab.open_url("rust", InvokeMode::ResponseStream).await?;
    let broken = common::http().get(format!("{url}?do=break")).send().await?;
    assert!(broken.bytes().await.is_err());
    let invoked = lab.invoke("rust", json!({ "do": "break" })).await?;
    assert_eq!(invoked.payload["errorMessage"], "the stream breaks");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn dry_runs_and_events_answer_without_waiting() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("quick").await?;
    let call = |kind| {
        let event = Blob::new(r#"{"do":"sleep","ms":2000}"#);
        lab.client.invoke().function_name("quick").invocation_type(kind).payload(event)
    };
    let asked = Instant::now();
    assert_eq!(call(InvocationType::DryRun).send().await?.status_code, 204);
    assert_eq!(call(InvocationType::Event).send().await?.status_code, 202);
    assert!(asked.elapsed() < Duration::from_secs(1));
    let missing = lab.client.invoke().function_name("nobody").send().await.unwrap_err();
    assert!(missing.message().unwrap().ends_with(":function:nobody:$LATEST"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_at_once_are_all_answered() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("burst").await?;
    let url = lab.open_url("burst", InvokeMode::Buffered).await?;
    let client = common::http();
    let calls: Vec<_> = (0..1000)
        .map(|number| {
            let (client, url) = (client.clone(), format!("{url}?n={number}"));
            tokio::spawn(async move {
                let answer = client.get(url).send().await?;
                let event: Value = answer.json().await?;
                let got =
                    event["queryStringParameters"]["n"].as_str().and_then(|it| it.parse().ok());
                Ok::<_, reqwest::Error>(got == Some(number))
            })
        })
        .collect();
    for call in calls {
        assert!(call.await??);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_holds_as_many_calls_as_it_says() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function_with("many", 10, &[("AWS_LAMBDA_MAX_CONCURRENCY", "8")]).await?;
    lab.invoke("many", json!({})).await?;
    let asked = Instant::now();
    let calls = (0..8).map(|_| lab.invoke("many", json!({ "do": "sleep", "ms": 500 })));
    for call in futures::future::join_all(calls).await {
        assert_eq!(call?.payload, json!({ "slept": true }));
    }
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    let pids = (0..4).map(|_| lab.invoke("many", json!({ "do": "context" })));
    let pids = futures::future::join_all(pids).await;
    let pids: std::collections::BTreeSet<_> =
        pids.into_iter().map(|call| call.unwrap().payload["pid"].as_u64()).collect();
    assert_eq!(pids.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_late_call_does_not_end_the_others() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function_with("mixed", 2, &[("AWS_LAMBDA_MAX_CONCURRENCY", "4")]).await?;
    lab.invoke("mixed", json!({})).await?;
    let late = lab.invoke("mixed", json!({ "do": "sleep", "ms": 60_000 }));
    let good = async {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        lab.invoke("mixed", json!({ "do": "sleep", "ms": 1500 })).await
    };
    let (late, good) = tokio::join!(late, good);
    assert_eq!(late?.payload["errorType"], "Sandbox.Timedout");
    assert_eq!(good?.payload, json!({ "slept": true }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_bounds_the_calls() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("bounded").await?;
    lab.client
        .put_function_concurrency()
        .function_name("bounded")
        .reserved_concurrent_executions(1)
        .send()
        .await?;
    let mut subscriber = lab.host().output().subscribe("test")?;
    lab.invoke("bounded", json!({})).await?;
    let slow = lab.invoke("bounded", json!({ "do": "sleep", "ms": 1000 }));
    let refused = async {
        common::started(&mut subscriber, 2).await.unwrap();
        lab.client.invoke().function_name("bounded").send().await
    };
    let (slow, refused) = tokio::join!(slow, refused);
    let refused = refused.unwrap_err();
    assert!(refused.as_service_error().unwrap().is_too_many_requests_exception());
    assert_eq!(slow?.error, None);
    lab.client.delete_function_concurrency().function_name("bounded").send().await?;
    lab.invoke("bounded", json!({})).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_loses_no_call_under_way() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("drained").await?;
    let mut subscriber = lab.host().output().subscribe("test")?;
    lab.invoke("drained", json!({})).await?;
    let slow = lab.invoke("drained", json!({ "do": "sleep", "ms": 1000 }));
    let update = async {
        common::started(&mut subscriber, 2).await.unwrap();
        lab.client.update_function_configuration().function_name("drained").timeout(20).send().await
    };
    let (slow, update) = tokio::join!(slow, update);
    update?;
    assert_eq!(slow?.payload, json!({ "slept": true }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_and_outlived_processes_are_ended() -> Result<()> {
    let idle = Duration::from_millis(300);
    let mut lab = Lab::start_with(Limits { idle, ..Limits::default() }).await?;
    lab.function("idle").await?;
    let pid =
        lab.invoke("idle", json!({ "do": "context" })).await?.payload["pid"].as_u64().unwrap();
    let gone = |pid| move || !std::path::Path::new(&format!("/proc/{pid}")).exists();
    let is_gone = gone(pid);
    common::until("the idle process is gone", async || is_gone().then_some(())).await?;

    let pid =
        lab.invoke("idle", json!({ "do": "context" })).await?.payload["pid"].as_u64().unwrap();
    lab.host.take().unwrap().shutdown().await;
    assert!(gone(pid)());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_changes_nothing() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("leaving").await?;
    let url = lab.open_url("leaving", InvokeMode::Buffered).await?;
    let mut subscriber = lab.host().output().subscribe("test")?;
    lab.invoke("leaving", json!({})).await?;
    let left = common::http().get(format!("{url}?do=sleep&ms=700"));
    assert!(left.timeout(Duration::from_millis(200)).send().await.is_err());
    let ends = async {
        let mut ends = 0;
        while ends < 2 {
            let lines = subscriber.next().await?;
            ends += lines.iter().filter(|line| line.text.starts_with("END ")).count();
        }
        Ok::<_, std::io::Error>(())
    };
    tokio::time::timeout(Duration::from_secs(5), ends).await??;
    Ok(())
}
