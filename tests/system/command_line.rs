//! The command line without a server, and the small commands with one.

use anyhow::Result;
use promptpilot_tests::Pilot;
use serde_json::{Value, json};

#[tokio::test]
async fn bare_promptpilot_says_what_to_do_next() -> Result<()> {
    let pilot = Pilot::prepare(&[])?;
    let empty = pilot.cli(&[]).await?.ok()?;
    assert!(empty.stdout.contains("Next: promptpilot init"), "{}", empty.stdout);
    pilot.cli(&["init"]).await?.ok()?;
    let defined = pilot.cli(&[]).await?.ok()?;
    assert!(defined.stdout.contains("Next: promptpilot up"), "{}", defined.stdout);
    Ok(())
}

#[tokio::test]
async fn init_never_overwrites() -> Result<()> {
    let pilot = Pilot::prepare(&[])?;
    pilot.define("hello", "mine")?;
    let run = pilot.cli(&["init"]).await?;
    assert_eq!(run.code, Some(1));
    assert_eq!(run.error()?, "`endpoints/hello.toml` is there already, and stays as it is");
    assert_eq!(std::fs::read_to_string(pilot.folder().join("endpoints/hello.toml"))?, "mine");
    Ok(())
}

#[tokio::test]
async fn without_a_server_the_exit_code_is_three() -> Result<()> {
    let pilot = Pilot::prepare(&[])?;
    pilot.cli(&["init"]).await?.ok()?;
    for command in [&["deploy"][..], &["list"], &["status"], &["call", "hello"], &["logs"]] {
        let run = pilot.cli(command).await?;
        assert_eq!(run.code, Some(3), "{command:?}: {}", run.stderr);
        assert!(run.error()?.starts_with("no Prompt Pilot is running"), "{}", run.stderr);
        assert!(run.hint()?.contains("promptpilot up"));
        assert_eq!(run.stdout, "");
    }
    let run = pilot.cli(&["list", "--server", "http://127.0.0.1:9"]).await?;
    assert_eq!(run.code, Some(3));
    assert_eq!(run.error()?, "no server answers at http://127.0.0.1:9");
    Ok(())
}

#[tokio::test]
async fn check_schema_and_source_need_no_server() -> Result<()> {
    let pilot = Pilot::prepare(&[])?;
    pilot.cli(&["init"]).await?.ok()?;
    let check = pilot.cli(&["check"]).await?.ok()?;
    assert!(check.stdout.contains("ok hello (endpoints/hello.toml)"), "{}", check.stdout);
    let schema = pilot.cli(&["schema"]).await?.ok()?.json()?;
    assert!(schema["properties"]["prompt"].is_object());
    let source = pilot.cli(&["source", "hello", "--file", "src/main.rs"]).await?.ok()?;
    assert!(source.stdout.contains("fn main()"), "{}", source.stdout);
    Ok(())
}

#[tokio::test]
async fn the_first_definition_works_from_init_to_delete() -> Result<()> {
    let pilot = Pilot::start().await?;
    pilot.cli(&["init"]).await?.ok()?;
    let deploy = pilot.cli(&["deploy"]).await?.ok()?;
    assert!(deploy.stdout.starts_with("live hello v1 in "), "{}", deploy.stdout);
    assert!(deploy.stdout.contains("curl http://127.0.0.1:"), "{}", deploy.stdout);

    let call = pilot.cli(&["call", "hello", "name=Ada", "language=German"]).await?.ok()?;
    assert!(call.stdout.contains("Greet Ada in German."), "{}", call.stdout);
    let stream = pilot.cli(&["call", "hello", "name=Ada", "--stream"]).await?.ok()?;
    assert!(stream.stdout.contains("Greet Ada in English."), "{}", stream.stdout);

    let typo = pilot.cli(&["call", "helo"]).await?;
    assert_eq!(typo.code, Some(1));
    assert_eq!(typo.hint()?, "did you mean `hello`?");
    let wrong = pilot.cli(&["call", "hello"]).await?;
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.stderr.contains("/name"), "{}", wrong.stderr);

    let logs = promptpilot_tests::eventually("three calls are recorded", async || {
        let run = pilot.cli(&["logs", "hello", "--json"]).await.ok()?;
        let calls = run.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let calls: Vec<Value> = calls.filter(|call| call["source"] == "call").collect();
        (calls.len() >= 3).then_some(calls)
    })
    .await?;
    let statuses: Vec<_> = logs.iter().map(|call| call["status"].clone()).collect();
    assert_eq!(statuses, [json!(200), json!(200), json!(422)]);
    let build = pilot.cli(&["logs", "hello", "--build"]).await?.ok()?;
    assert!(build.stdout.contains("building"), "{}", build.stdout);

    let unasked = pilot.cli(&["delete", "hello"]).await?;
    assert_eq!((unasked.code, unasked.hint()?), (Some(2), "add `--yes`"));
    pilot.cli(&["delete", "hello", "--yes"]).await?.ok()?;
    let list = pilot.cli(&["list"]).await?.ok()?;
    assert_eq!(list.stdout, "Nothing is deployed yet. Begin with `promptpilot deploy`.\n");
    Ok(())
}
