//! Backups that are brought back, and another key for an installation.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use promptpilot_tests::{Pilot, eventually};
use serde_json::json;

/// Stored at the start, sealed, and opened at the next one.
const PROVIDER: [(&str, &str); 1] = [("PROMPTPILOT_KEY_OPENAI", "sk-test-0123456789abcdef")];

/// A checksum of each table's rows. Who works at the moment is written down anew all the time.
const ROWS: &str = "
    select table_name || ' ' || (xpath('/row/h/text()', query_to_xml(
               format('select count(*) || coalesce(md5(string_agg(t::text, chr(10) order by t::text)), '''') h
                         from public.%I t', table_name), false, true, '')))[1]::text
      from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'workers'
     order by table_name";

/// An endpoint that asks for a key and looks it up at each call; its URL, and a key.
async fn guarded(pilot: &Pilot) -> Result<(String, String)> {
    let text = pilot.example("summarize")?;
    pilot.define("summarize", &text.replace("mode = \"public\"", "mode = \"api-key\""))?;
    let urls = pilot.deploy(&["summarize"]).await?;
    let key = pilot.cli(&["keys", "create", "website"]).await?.ok()?.stdout.trim().to_owned();
    Ok((urls[0].clone(), key))
}

async fn answers(url: &str, key: &str) -> Result<bool> {
    let client = reqwest::Client::new();
    let request = client.post(url).bearer_auth(key).json(&json!({ "text": "Tea is warm." }));
    let response = request.send().await?;
    let status = response.status();
    let body = response.text().await?;
    Ok(status == 200 && body.contains("Tea is warm."))
}

#[tokio::test]
async fn what_was_backed_up_while_it_ran_is_whole_where_it_is_restored() -> Result<()> {
    let mut pilot = Pilot::start_with(&PROVIDER).await?;
    let (url, key) = guarded(&pilot).await?;
    assert!(answers(&url, &key).await?);
    eventually("the call is written down", async || {
        let count = "select (select count(*) from calls where source = 'call')
                          - (select count(*) from calls_begun)";
        (pilot.sql(count).await.ok()?.trim() == "1").then_some(())
    })
    .await?;
    let rows = pilot.sql(ROWS).await?;
    let taken = pilot.cli(&["backup", "pilot.tar", "--json"]).await?.ok()?;
    assert_eq!(taken.json()?["has_key"], true, "{}", taken.stdout);
    assert_eq!(pilot.sql(ROWS).await?, rows, "a backup changes nothing");
    let file = pilot.folder().join("pilot.tar");
    assert_eq!(fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);
    let again = pilot.cli(&["backup", "pilot.tar"]).await?;
    assert!(again.error()?.ends_with("is there already"), "{}", again.stderr);
    let occupied = pilot.cli(&["restore", "pilot.tar"]).await?;
    assert!(occupied.error()?.ends_with("is not empty"), "{}", occupied.stderr);
    assert_eq!(occupied.code, Some(2));
    pilot.stop().await?;

    let mut other = Pilot::prepare(&PROVIDER)?;
    let file = file.to_str().context("an odd name")?;
    other.cli(&["restore", file]).await?.ok()?;
    let left: Vec<_> = fs::read_dir(other.data())?.flatten().map(|it| it.file_name()).collect();
    assert!(
        !left.iter().any(|name| name == "database.dump" || name == "manifest.json"),
        "{left:?}"
    );
    other.up().await?;
    assert_eq!(other.sql(ROWS).await?, rows);
    assert!(answers(&url, &key).await?, "at the same URL, with the same key");
    // One that does not run is backed up, too.
    other.stop().await?;
    other.cli(&["backup", "again.tar"]).await?.ok()?;
    Ok(())
}

#[tokio::test]
async fn another_key_opens_all_that_the_one_before_did() -> Result<()> {
    let mut pilot = Pilot::start_with(&PROVIDER).await?;
    let (url, key) = guarded(&pilot).await?;
    let refused = pilot.cli(&["rotate-key"]).await?;
    assert!(refused.error()?.contains("runs in"), "{}", refused.stderr);
    pilot.stop().await?;
    let (present, next) = (pilot.data().join("secret.key"), pilot.data().join("secret.key.next"));
    let before = fs::read_to_string(&present)?;
    let rotated = pilot.cli(&["rotate-key", "--json"]).await?.ok()?.json()?;
    assert_eq!(rotated, json!({ "organizations": 1, "renewals": 1 }));
    assert_ne!(fs::read_to_string(&present)?, before);

    // As a kill leaves it that comes when everything is sealed and the key is not in its place yet.
    fs::rename(&present, &next)?;
    fs::write(&present, &before)?;
    let cut_off = pilot.cli(&["up"]).await?;
    assert_eq!(cut_off.hint()?, "finish it with `promptpilot rotate-key`");
    pilot.cli(&["rotate-key"]).await?.ok()?;
    assert!(!next.exists());

    // A start with the provider's key compares it with what is sealed: it is the same, version 1.
    pilot.up().await?;
    assert!(answers(&url, &key).await?, "with the token of the key before, too");
    pilot.warm().await?;
    eventually("what is live has a token of the new key", async || {
        let renewed =
            "select count(*) from functions f join deployments d on d.id = f.live_deployment_id
                        where d.renewal and d.status = 'live'
                          and d.id not in (select deployment_id from earlier_tokens)";
        (pilot.sql(renewed).await.ok()?.trim() == "1").then_some(())
    })
    .await?;
    assert!(answers(&url, &key).await?);
    let versions = pilot.sql("select version from provider_credentials").await?;
    assert_eq!(versions.trim(), "1");
    Ok(())
}
