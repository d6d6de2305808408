//! What a function may touch: its code to read, its `/tmp`, the network, and nothing else.

use local_lambda::{Limits, Sandbox};
use serde_json::{Value, json};

use crate::common::{self, Lab, Result};

/// Answers with what it could do.
const NOSY: &str = r#"#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
tmp=${TMPDIR:-/tmp}
can() { if sh -c "$1" >/dev/null 2>&1; then echo true; else echo false; fi; }
while true; do
    id=$(curl -sS -o /dev/null -D - "$api/invocation/next" | tr -d '\r' |
        sed -n 's/^[Ll]ambda-[Rr]untime-[Aa]ws-[Rr]equest-[Ii]d: //p')
    answer="{
        \"write outside\": $(can "echo x >$OUTSIDE/left-behind"),
        \"read the key\": $(can "cat $OUTSIDE/lambda.key"),
        \"read the functions\": $(can "ls $OUTSIDE/data/functions"),
        \"read the host's environment\": $(can "cat /proc/$HOST_PID/environ"),
        \"signal the host\": $(can "kill -0 $HOST_PID"),
        \"become another user\": $(can "setpriv --reuid 1234 --clear-groups true"),
        \"change its code\": $(can "echo x >>$LAMBDA_TASK_ROOT/bootstrap"),
        \"read its code\": $(can "cat $LAMBDA_TASK_ROOT/bootstrap"),
        \"run programs\": $(can "ls /usr/bin"),
        \"write to its tmp\": $(can "echo x >$tmp/mark"),
        \"find others' files in tmp\": $(can "test -e $tmp/of-the-host"),
        \"task root\": \"$LAMBDA_TASK_ROOT\", \"user\": $(id -u)
    }"
    curl -sS -o /dev/null "$api/invocation/$id/response" -d "$answer"
done
"#;

async fn look_around(sandbox: Sandbox) -> Result<(Lab, Value)> {
    let lab = Lab::start_with(Limits { sandbox, ..Limits::default() }).await?;
    let outside = lab.dir.path().display().to_string();
    let host = std::process::id().to_string();
    let package = common::package(&[("bootstrap", 0o755, NOSY.as_bytes())]);
    lab.create("nosy", package, 20, &[("OUTSIDE", &outside), ("HOST_PID", &host)]).await?;
    let found = lab.invoke("nosy", json!({})).await?.payload;
    Ok((lab, found))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_keeps_to_its_own() -> Result<()> {
    let (lab, found) = look_around(Sandbox::On).await?;
    for (what, may) in [
        ("write outside", false),
        ("read the key", false),
        ("read the functions", false),
        ("read the host's environment", false),
        ("signal the host", false),
        ("become another user", false),
        ("change its code", false),
        ("find others' files in tmp", false),
        ("read its code", true),
        ("run programs", true),
        ("write to its tmp", true),
    ] {
        assert_eq!(found[what], json!(may), "{what}: {found}");
    }
    assert!(!lab.dir.path().join("left-behind").exists());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_sandbox_it_may_what_the_host_may() -> Result<()> {
    let (lab, found) = look_around(Sandbox::Off).await?;
    for what in ["write outside", "read the key", "signal the host", "read its code"] {
        assert_eq!(found[what], json!(true), "{what}: {found}");
    }
    assert!(lab.dir.path().join("left-behind").exists());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_do_not_share_their_tmp() -> Result<()> {
    let lab = Lab::start().await?;
    let outside = lab.dir.path().display().to_string();
    let script =
        NOSY.replace("of-the-host", "mark").replace("echo x >$tmp/mark", "echo x >$tmp/m2");
    for name in ["first", "second"] {
        let script = if name == "first" { NOSY } else { &script };
        let package = common::package(&[("bootstrap", 0o755, script.as_bytes())]);
        lab.create(name, package, 20, &[("OUTSIDE", &outside), ("HOST_PID", "1")]).await?;
    }
    assert_eq!(lab.invoke("first", json!({})).await?.payload["write to its tmp"], true);
    let second = lab.invoke("second", json!({})).await?.payload;
    assert_eq!(second["find others' files in tmp"], false, "{second}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_holds_too_much_is_killed_and_says_so() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("greedy").await?;
    let held = lab.invoke("greedy", json!({ "do": "hold", "mb": 32 })).await?;
    assert_eq!(held.payload, json!({ "held": 32 << 20 }));
    let killed = lab.invoke("greedy", json!({ "do": "hold", "mb": 300, "ms": 5000 })).await?;
    assert_eq!(killed.error.as_deref(), Some("Unhandled"));
    assert_eq!(killed.payload["errorType"], "Runtime.OutOfMemory");
    let message = killed.payload["errorMessage"].as_str().unwrap();
    assert!(message.ends_with("Error: Runtime exited with error: signal: killed"), "{message}");
    assert_eq!(lab.invoke("greedy", json!({ "a": 1 })).await?.payload, json!({ "a": 1 }));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_children_hold_counts() -> Result<()> {
    let lab = Lab::start().await?;
    // `tail` keeps all of a line, and there is no end to this one.
    let hoarding = "#!/bin/sh\nhead -c 1000m /dev/zero | tail >/dev/null\nsleep 600\n";
    let hoarding = hoarding.replacen(
        "head",
        "curl -sS -o /dev/null \"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next\"\nhead",
        1,
    );
    lab.script("hoarding", &hoarding).await?;
    let killed = lab.invoke("hoarding", json!({})).await?;
    assert_eq!(killed.payload["errorType"], "Runtime.OutOfMemory", "{killed:?}");
    Ok(())
}
