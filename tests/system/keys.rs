//! Endpoints that ask for a key, from the first key to the last.

use anyhow::Result;
use promptpilot_tests::Pilot;
use serde_json::json;

#[tokio::test]
async fn a_key_opens_an_endpoint_also_after_everything_was_started_anew() -> Result<()> {
    let mut pilot = Pilot::start().await?;
    let text = pilot.example("summarize")?;
    pilot.define("summarize", &text.replace("mode = \"public\"", "mode = \"api-key\""))?;
    let urls = pilot.deploy(&["summarize"]).await?;
    let request = json!({ "text": "Tea is warm." });
    assert_eq!(pilot.curl(&urls[0], &request).await?.0, 401);
    let refused = pilot.cli(&["call", "summarize", "text=Tea"]).await?;
    assert_eq!(refused.code, Some(1));
    assert!(refused.hint()?.contains("promptpilot keys create"), "{}", refused.stderr);

    let created = pilot.cli(&["keys", "create", "website"]).await?.ok()?;
    let key = created.stdout.trim().to_owned();
    assert!(key.starts_with("pp_live_"), "{}", created.stderr);
    let call = ["call", "summarize", "text=Tea is warm.", "--key", &key];
    let answer = pilot.cli(&call).await?.ok()?;
    assert!(answer.stdout.contains("Tea is warm."), "{}", answer.stdout);

    pilot.stop().await?;
    pilot.up().await?;
    let mut command = pilot.command(&["call", "summarize", "text=Tea is warm."])?;
    command.env("PROMPTPILOT_API_KEY", &key);
    promptpilot_tests::Run::of(command).await?.ok()?;

    let listed = pilot.cli(&["keys", "list"]).await?.ok()?;
    assert!(listed.stdout.starts_with("website  pp_live_"), "{}", listed.stdout);
    pilot.cli(&["keys", "revoke", "website"]).await?.ok()?;
    let listed = pilot.cli(&["keys", "list"]).await?.ok()?;
    assert!(listed.stdout.contains("revoked"), "{}", listed.stdout);
    Ok(())
}
