//! A prompt from its first word to the answers of an endpoint, and on to a newer version.

use std::fs;

use anyhow::Result;
use promptpilot_tests::{Pilot, Run};

const PROMPT: &str = "description = \"First words\"\n[prompt]\ntemplate = \"Hello {{ name }}\"\n\
    [model]\nprovider = \"sandbox\"\nname = \"echo\"\n[values]\nname = \"Ada\"\n";

const ENDPOINT: &str = "name = \"greet\"\n[prompt]\nuse = \"chat/greet@production\"\n[model]\n\
    provider = \"sandbox\"\nname = \"echo\"\n[request.name]\ntype = \"string\"\nmax_length = 100\n\
    [auth]\nmode = \"public\"\n";

#[tokio::test]
async fn a_prompt_is_written_tried_labelled_and_deployed() -> Result<()> {
    let pilot = Pilot::start().await?;
    let cli = async |args: &[&str]| pilot.cli(args).await?.ok();
    fs::create_dir_all(pilot.folder().join("prompts/chat"))?;
    fs::create_dir_all(pilot.folder().join("endpoints"))?;
    fs::write(pilot.folder().join("prompts/chat/greet.toml"), PROMPT)?;
    let push = ["prompts", "push", "prompts/chat/greet.toml"];
    assert_eq!(cli(&push).await?.stdout, "saved chat/greet v1\n");
    assert_eq!(cli(&push).await?.stdout, "unchanged chat/greet v1\n");
    assert!(cli(&["run", "chat/greet"]).await?.stdout.contains("Hello Ada"));
    let bo = cli(&["run", "chat/greet@1", "-v", "name=Bo", "--json"]).await?.json()?;
    assert!(bo[0]["text"].as_str().unwrap_or_default().contains("Hello Bo"), "{bo}");
    let typo = pilot.cli(&["prompts", "show", "chat/gret"]).await?;
    assert_eq!(typo.hint()?, "did you mean `chat/greet`?");

    pilot.define("greet", ENDPOINT)?;
    let early = pilot.cli(&["deploy", "greet"]).await?;
    assert!(early.stderr.contains("the prompt `chat/greet` has no such label"), "{}", early.stderr);
    let label = ["prompts", "label", "chat/greet", "production"];
    assert_eq!(cli(&label).await?.stdout, "production of chat/greet is v1\n");
    cli(&["deploy", "greet"]).await?;
    let call = ["call", "greet", "name=Ada"];
    assert!(cli(&call).await?.stdout.contains("Hello Ada"));
    assert!(cli(&["source", "greet"]).await?.stdout.contains("Hello {{ name }}"));

    let mut edit = pilot.command(&["prompts", "edit", "chat/greet", "--message", "Later"])?;
    edit.env("VISUAL", "sed -i s/Hello/Good-evening/");
    assert_eq!(Run::of(edit).await?.ok()?.stdout, "saved chat/greet v2\n");
    let diff = cli(&["prompts", "diff", "chat/greet"]).await?;
    assert!(diff.stdout.contains("[-Hello-]{+Good-evening+} {{ name }}"), "{}", diff.stdout);
    let moved = cli(&label).await?;
    assert_eq!(moved.stdout, "production of chat/greet is v2 now, and was v1\n");
    assert!(moved.stderr.contains("Another version serves at greet"), "{}", moved.stderr);
    let list = cli(&["list"]).await?;
    let newer = "newer prompt not deployed: chat/greet@production v2";
    assert!(list.stdout.contains(newer), "{}", list.stdout);
    assert!(cli(&call).await?.stdout.contains("Hello Ada"));

    cli(&["deploy", "greet"]).await?;
    assert!(cli(&call).await?.stdout.contains("Good-evening Ada"));
    assert!(!cli(&["list"]).await?.stdout.contains(newer));
    let kept = pilot.cli(&["prompts", "delete", "chat/greet"]).await?;
    assert_eq!(kept.error()?, "`chat/greet` is used by `greet`");
    let rename = ["prompts", "rename", "chat/greet", "chat/welcome"];
    let named = pilot.cli(&rename).await?;
    assert_eq!(named.error()?, "`chat/greet` is in use, by endpoint `greet`");
    let renamed = cli(&[&rename[..], &["--force"]].concat()).await?;
    assert_eq!(renamed.stdout, "renamed chat/greet to chat/welcome\n");
    assert!(renamed.stderr.contains("Refer to `chat/welcome` there"), "{}", renamed.stderr);
    let back = ["prompts", "rename", "chat/welcome", "chat/greet", "--force", "--json"];
    assert_eq!(cli(&back).await?.json()?["was"], "chat/welcome");
    let versions = cli(&["prompts", "versions", "chat/greet"]).await?;
    assert!(versions.stdout.starts_with("  v2  production  Later"), "{}", versions.stdout);
    let made = cli(&["prompts", "use", "explain-simply", "--sandbox"]).await?;
    assert_eq!(made.stdout, "made explain-simply v1\n");
    Ok(())
}
