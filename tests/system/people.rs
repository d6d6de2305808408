//! A server that somebody logs in to, from the code to the logout.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use promptpilot_tests::{Pilot, Run, eventually};
use serde_json::Value;
use tokio::process::Command;

/// A command of somebody who knows the server's address alone.
fn remote(pilot: &Pilot, args: &[&str]) -> Result<Command> {
    let mut command = pilot.command(args)?;
    command.env_remove("PROMPTPILOT_DATA").env("XDG_CONFIG_HOME", pilot.folder());
    Ok(command)
}

#[tokio::test]
async fn somebody_logs_in_by_a_code_and_deploys_as_at_home() -> Result<()> {
    let pilot = Pilot::start().await?;
    pilot.example("summarize")?;
    let running = pilot.running()?.clone();
    let said = pilot.folder().join("login.txt");
    let mut login = remote(&pilot, &["login", "--server", &running.api])?;
    let mut login = login.stderr(fs::File::create(&said)?).kill_on_drop(true).spawn()?;
    let code = eventually("a code is shown", async || {
        let said = fs::read_to_string(&said).ok()?;
        said.lines().find_map(|line| line.strip_prefix("and approve the code ")).map(str::to_owned)
    })
    .await?;
    let url = format!("{}/api/logins/{code}/approve", running.api);
    let approved = reqwest::Client::new().post(url).bearer_auth(&running.token).send().await?;
    assert_eq!(approved.status(), 204);
    assert!(login.wait().await?.success());

    let file = pilot.folder().join("promptpilot/logins.json");
    assert_eq!(fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);
    let me: Value = Run::of(remote(&pilot, &["whoami", "--json"])?).await?.ok()?.json()?;
    assert_eq!(me["email"], "owner@localhost");
    let slug = me["organizations"][0]["slug"].as_str().context("no organization")?;
    let deployed = Run::of(remote(&pilot, &["deploy", "summarize", "--org", slug])?).await?.ok()?;
    assert!(deployed.stdout.contains("summarize"), "{}", deployed.stdout);
    let members = Run::of(remote(&pilot, &["members", "list"])?).await?.ok()?;
    assert!(members.stdout.starts_with("owner@localhost  owner"), "{}", members.stdout);
    let invite = ["members", "invite", "--role", "viewer", "--email", "al@example.com"];
    let invited = Run::of(remote(&pilot, &invite)?).await?.ok()?;
    assert!(invited.stdout.starts_with(&format!("{}/invite/", running.api)), "{}", invited.stdout);
    let unknown = Run::of(remote(&pilot, &["members", "remove", "owner@localhos"])?).await?;
    assert_eq!(unknown.hint()?, "did you mean `owner@localhost`?");
    let lost = ["people", "second-step", "off", "owner@localhost"];
    let asked = pilot.cli(&lost).await?;
    assert_eq!((asked.code, asked.hint()?), (Some(2), "add `--yes`"));
    let none = pilot.cli(&[&lost[..], &["--yes"]].concat()).await?;
    assert!(none.error()?.starts_with("`owner@localhost` has no second step"), "{}", none.stderr);
    // Their own token is not the installation's.
    let refused = Run::of(remote(&pilot, &[&lost[..], &["--yes"]].concat())?).await?;
    assert_eq!(refused.error()?, "this takes the installation's own token");
    let elsewhere = Run::of(remote(&pilot, &["list", "--org", "nowhere"])?).await?;
    assert_eq!(elsewhere.error()?, "there is no organization `nowhere`");

    let token = fs::read_to_string(&file)?;
    Run::of(remote(&pilot, &["logout"])?).await?.ok()?;
    fs::write(&file, token)?;
    let ended = Run::of(remote(&pilot, &["whoami"])?).await?;
    assert_eq!(ended.code, Some(1));
    assert!(ended.hint()?.contains("promptpilot login"), "{}", ended.stderr);
    Ok(())
}
