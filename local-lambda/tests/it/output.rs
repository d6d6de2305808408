//! What functions print, and who reads it.

use std::time::{Duration, Instant};

use crate::common::{Lab, Result};
use local_lambda::{Line, Subscriber};
use serde_json::json;

/// Reads until `last` turns up.
async fn read_until(subscriber: &mut Subscriber, last: &str) -> Result<Vec<Line>> {
    let read = async {
        let mut lines = Vec::new();
        while !lines.iter().any(|line: &Line| line.text.contains(last)) {
            lines.extend(subscriber.next().await?);
        }
        Ok::<_, std::io::Error>(lines)
    };
    Ok(tokio::time::timeout(Duration::from_secs(10), read).await??)
}

fn printed(lines: &[Line]) -> Vec<&str> {
    let own = |text: &str| ["START ", "END ", "REPORT "].iter().any(|it| text.starts_with(it));
    lines.iter().map(|line| line.text.as_str()).filter(|text| !own(text)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_come_in_order_between_start_and_end() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("talk").await?;
    let mut subscriber = lab.host().output().subscribe("test")?;
    lab.invoke("talk", json!({ "do": "print", "text": "héllo", "times": 3 })).await?;
    let lines = read_until(&mut subscriber, "REPORT ").await?;
    let kinds: Vec<_> = lines.iter().map(|it| it.text.split(' ').next().unwrap()).collect();
    assert_eq!(kinds, ["START", "héllo", "héllo", "héllo", "END", "REPORT"]);
    assert!(
        lines.iter().all(|it| (it.function.as_str(), it.version.as_str()) == ("talk", "$LATEST"))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_outlives_its_reader_and_the_host() -> Result<()> {
    let mut lab = Lab::start().await?;
    lab.function("lasting").await?;
    let print = async |lab: &Lab, text: &str| {
        lab.invoke("lasting", json!({ "do": "print", "text": text })).await
    };
    let mut subscriber = lab.host().output().subscribe("test")?;
    print(&lab, "one").await?;
    assert_eq!(printed(&read_until(&mut subscriber, "REPORT ").await?), ["one"]);
    subscriber.commit()?;
    print(&lab, "two").await?;
    assert_eq!(printed(&read_until(&mut subscriber, "REPORT ").await?), ["two"]);
    drop(subscriber);

    lab.restart().await?;
    let mut again = lab.host().output().subscribe("test")?;
    let lines = read_until(&mut again, "REPORT ").await?;
    assert_eq!(printed(&lines), ["two"], "it was not committed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_reader_hears_of_a_line_at_once() -> Result<()> {
    let lab = Lab::start().await?;
    // Prints while its call is still under way.
    let script = "#!/bin/sh\napi=\"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime\"\n\
                  curl -sS -o /dev/null \"$api/invocation/next\"\nprintf 'unfinished'\nsleep 0.4\n\
                  printf ' finished\\n'\nsleep 600\n";
    lab.script("slow", script).await?;
    let mut subscriber = lab.host().output().subscribe("test")?;
    let call = lab.client.invoke().function_name("slow").send();
    let listen = async {
        read_until(&mut subscriber, "START ").await?;
        let waited = Instant::now();
        let lines = read_until(&mut subscriber, "finished").await?;
        assert!(waited.elapsed() < Duration::from_millis(2000));
        assert!(lines.iter().any(|line| line.text.ends_with("unfinished finished")), "{lines:?}");
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    tokio::select! {
        _ = call => Err("the call cannot end first".into()),
        heard = listen => heard,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn much_output_is_kept_in_files_of_bounded_size() -> Result<()> {
    let lab = Lab::start().await?;
    lab.function("loud").await?;
    let mut subscriber = lab.host().output().subscribe("test")?;
    let text = "x".repeat(1000);
    lab.invoke("loud", json!({ "do": "print", "text": text, "times": 20_000 })).await?;
    let lines = read_until(&mut subscriber, "REPORT ").await?;
    assert_eq!(printed(&lines).len(), 20_000);
    let files: Vec<_> = std::fs::read_dir(lab.host().output().folder("loud"))?.collect();
    assert!(files.len() >= 3, "{files:?}");
    Ok(())
}
