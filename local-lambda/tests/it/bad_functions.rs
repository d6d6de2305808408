//! Functions that do what they should not: each is told what was wrong, and the others are served.

use std::path::Path;
use std::time::{Duration, Instant};

use local_lambda::Limits;
use serde_json::{Value, json};

use crate::common::{self, Lab, Result};

/// What a script begins with: `next` takes an event and sets `id`, `post` sends to the Runtime API
/// and prints the status.
const HEAD: &str = r#"#!/bin/bash
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
next() {
    id=$(curl -sS -o /dev/null -D - "$api/invocation/next" | tr -d '\r' |
        sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
}
post() { curl -sS -o /dev/null -w '%{http_code}' "$api/$1" -d "$2"; }
"#;

async fn script(lab: &Lab, name: &str, timeout: i32, body: &str) -> Result<()> {
    let package = common::package(&[("bootstrap", 0o755, format!("{HEAD}{body}").as_bytes())]);
    lab.create(name, package, timeout, &[]).await
}

/// Type and message of the error that a call ends with.
async fn error_of(lab: &Lab, name: &str) -> Result<(String, String)> {
    let invoked = lab.invoke(name, json!({})).await?;
    assert_eq!(invoked.error.as_deref(), Some("Unhandled"), "{invoked:?}");
    let text = |member: &str| invoked.payload[member].as_str().unwrap_or_default().to_owned();
    let message = text("errorMessage");
    let what = message.split_once("Error: ").map_or(message.as_str(), |(_, it)| it).to_owned();
    Ok((text("errorType"), what))
}

/// A function that does what it should is still served.
async fn serves(lab: &Lab) -> Result<()> {
    if lab.client.get_function().function_name("good").send().await.is_err() {
        lab.function("good").await?;
    }
    assert_eq!(lab.invoke("good", json!({ "a": 1 })).await?.payload, json!({ "a": 1 }));
    Ok(())
}

fn gone(pid: u64) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_for_another_machine_is_told() -> Result<()> {
    let lab = Lab::start().await?;
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(64, 0);
    elf[18] = 8; // MIPS
    lab.create("mips", common::package(&[("bootstrap", 0o755, &elf)]), 3, &[]).await?;
    let told = error_of(&lab, "mips").await?;
    assert_eq!(told.0, "Runtime.InvalidEntrypoint");
    assert_eq!(told.1, "fork/exec /var/task/bootstrap: exec format error");
    serves(&lab).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_init_that_fails_is_tried_once_more_within_the_call() -> Result<()> {
    let lab = Lab::start().await?;
    let mut subscriber = lab.host().output().subscribe("test")?;
    script(&lab, "fails", 3, "echo starting; exit 3\n").await?;
    let told = error_of(&lab, "fails").await?;
    assert_eq!(told.0, "Runtime.ExitError");
    assert_eq!(told.1, "Runtime exited with error: exit status 3");
    let read = async {
        let mut phases = Vec::new();
        while phases.len() < 2 {
            let lines = subscriber.next().await?;
            let reports = lines.iter().filter(|it| it.text.starts_with("INIT_REPORT "));
            phases.extend(reports.filter_map(|it| it.text.split('\t').nth(1).map(str::to_owned)));
        }
        Ok::<_, std::io::Error>(phases)
    };
    let phases = tokio::time::timeout(Duration::from_secs(10), read).await??;
    assert_eq!(phases, ["Phase: init", "Phase: invoke"]);
    serves(&lab).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_init_that_hangs_has_the_calls_time_in_the_end() -> Result<()> {
    let init = Duration::from_millis(200);
    let lab = Lab::start_with(Limits { init, ..Limits::default() }).await?;
    script(&lab, "hangs", 1, "sleep 600\n").await?;
    let asked = Instant::now();
    let told = error_of(&lab, "hangs").await?;
    assert_eq!(told, ("Sandbox.Timedout".into(), "Task timed out after 1.00 seconds".into()));
    assert!(asked.elapsed() >= Duration::from_millis(1200));
    serves(&lab).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_function_started_ends_with_it() -> Result<()> {
    let lab = Lab::start_with(Limits { processes: 1, ..Limits::default() }).await?;
    let body =
        "sleep 600 &\nchild=$!\nnext\npost \"invocation/$id/response\" \"$child\"\nnext\nexit 1\n";
    script(&lab, "forks", 3, body).await?;
    let child = lab.invoke("forks", json!({})).await?.payload.as_u64().unwrap();
    assert!(!gone(child));
    assert_eq!(error_of(&lab, "forks").await?.0, "Runtime.ExitError");
    common::until("the child is gone", async || gone(child).then_some(())).await?;
    serves(&lab).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_once_and_by_its_own_process() -> Result<()> {
    let lab = Lab::start_with(Limits { processes: 1, ..Limits::default() }).await?;
    let body = "next\nfirst=$id\npost \"invocation/$id/response\" 1\n\
                twice=$(post \"invocation/$first/response\" 2)\nnext\n\
                foreign=$(post invocation/00000000-0000-4000-8000-000000000000/response 3)\n\
                error=$(post invocation/00000000-0000-4000-8000-000000000000/error 3)\n\
                early=$(curl -sS -o /dev/null -w '%{http_code}' \"$api/invocation/next\")\n\
                nobody=$(post invocation/no-id/response 3)\n\
                post \"invocation/$id/response\" \"[$twice,$foreign,$error,$early,$nobody]\"\nnext\n";
    script(&lab, "confused", 5, body).await?;
    assert_eq!(lab.invoke("confused", json!({})).await?.payload, json!(1));
    let statuses = lab.invoke("confused", json!({})).await?.payload;
    assert_eq!(statuses, json!([403, 400, 400, 403, 400]));
    serves(&lab).await
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_chunks_end_the_call_at_once() -> Result<()> {
    let lab = Lab::start().await?;
    let body = r#"
while true; do
    next
    exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API%:*}/${AWS_LAMBDA_RUNTIME_API#*:}"
    printf '%s\r\n' "POST /2018-06-01/runtime/invocation/$id/response HTTP/1.1" "Host: api" \
        "Transfer-Encoding: chunked" "" 5 hello "no length" >&3
    read -r _ <&3
    exec 3>&-
done
"#;
    script(&lab, "broken", 10, body).await?;
    let asked = Instant::now();
    assert_eq!(error_of(&lab, "broken").await?.0, "Runtime.TruncatedResponse");
    assert_eq!(error_of(&lab, "broken").await?.0, "Runtime.TruncatedResponse");
    assert!(asked.elapsed() < Duration::from_secs(8));
    serves(&lab).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_bomb_hits_its_own_limit() -> Result<()> {
    let lab = Lab::start().await?;
    // Stops by itself should nothing stop it.
    let body = "next\nfor n in $(seq 3000); do sleep 30 & done 2>/dev/null\n\
                post \"invocation/$id/response\" \"$(jobs -p | wc -l)\"\n";
    script(&lab, "bomb", 8, body).await?;
    let bomb = lab.invoke("bomb", json!({})).await?;
    if nix_is_root() {
        assert!(bomb.payload.as_u64().is_none_or(|started| started <= 1024), "{bomb:?}");
    }
    serves(&lab).await
}

fn nix_is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_function_stands_still_between_calls() -> Result<()> {
    let lab = Lab::start_with(Limits { freeze: true, ..Limits::default() }).await?;
    lab.function("frozen").await?;
    let mut pid = Value::Null;
    for _ in 0..3 {
        pid = lab.invoke("frozen", json!({ "do": "context" })).await?.payload["pid"].take();
        common::until("it stands still", async || (state_of(&pid) == "T").then_some(())).await?;
    }
    lab.client.delete_function().function_name("frozen").send().await?;
    common::until("it is gone", async || gone(pid.as_u64().unwrap()).then_some(())).await?;
    Ok(())
}

fn state_of(pid: &Value) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().and_then(|it| it.split(' ').next()).unwrap_or_default().to_owned()
}
