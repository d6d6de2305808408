//! Judges that others wrote: schemathesis, over the whole document, with all of its checks; and OpenAI's
//! own clients, at the doors that speak as its API does.

mod clients;
mod snippets;

use std::path::{Path, PathBuf};

use promptpilot_control_plane::SignUps;
use serde_json::json;
use tokio::process::Command;

use crate::support::{
    Failure, Outcome,
    pilot::{Pilot, TOKEN},
};

/// The virtual environment with schemathesis.
fn schemathesis() -> Result<PathBuf, Failure> {
    let hint = "PROMPTPILOT_SCHEMATHESIS must name a virtual environment with schemathesis: run \
                `make test`, or `scripts/need schemathesis` and set it to target/schemathesis";
    let folder = std::env::var_os("PROMPTPILOT_SCHEMATHESIS").map(PathBuf::from).ok_or(hint)?;
    Ok(folder.join("bin/schemathesis"))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_other_than_the_document_tells() -> Outcome {
    let pilot = Pilot::without_worker_with(|settings| settings.sign_ups = SignUps::Open).await?;
    let folder = tempfile::tempdir()?;
    // It would make organizations up, and never come past the one that is not there.
    let new = json!({ "slug": "judged", "name": "Judged" });
    let (status, organization) = pilot.post("/api/organizations", new).await?;
    assert_eq!(status, 201, "{organization}");
    let common = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/judges/schemathesis.toml");
    let common = std::fs::read_to_string(common)?;
    let id = &organization["id"];
    // Programs come with a key; the sandbox answers them.
    let new = json!({ "name": "judge", "test": true, "prompts": "all" });
    let org = id.as_str().unwrap();
    let (_, key) = pilot.post(&format!("/api/api-keys?org={org}"), new).await?;
    let key = key["key"].as_str().unwrap();
    // The one that the document's examples name.
    let greet = json!({ "name": "greet", "content": { "prompt": { "template": "{{ name }}" } } });
    pilot.post(&format!("/api/prompts?org={org}"), greet).await?;
    let path = format!("/api/prompts/greet/labels/production?org={org}");
    pilot.request(reqwest::Method::PUT, &path, Some(json!({ "version": 1 }))).await?;
    let config = folder.path().join("schemathesis.toml");
    let own = format!(
        "\n[parameters]\norg = {id}\norganization = {id}\n\n[[operations]]\n\
         include-path-regex = \"^/v1/\"\nheaders = {{ Authorization = \"Bearer {key}\" }}\n"
    );
    std::fs::write(&config, format!("{common}{own}"))?;
    let judged = Command::new(schemathesis()?)
        .arg("--config-file")
        .arg(config)
        .args(["run", &format!("{}/api/openapi.json", pilot.url)])
        .args(["--header", &format!("Authorization: Bearer {TOKEN}")])
        .args([
            "--checks",
            "all",
            "--exclude-checks",
            "unsupported_method",
            "--phases",
            "examples,coverage,fuzzing",
        ])
        .args(["--max-examples", "15", "--max-time", "30", "--request-timeout", "30"])
        .args(["--generation-deterministic", "--no-shrink", "--workers", "1"])
        .args(["--output-truncate", "true", "--warnings", "off"])
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .output()
        .await?;
    let said = String::from_utf8_lossy(&judged.stdout);
    assert!(judged.status.success(), "{said}");
    let calls = pilot.get(&format!("/api/calls?status=200&org={org}")).await?;
    let mut calls = calls["items"].as_array().unwrap().iter();
    assert!(calls.any(|call| call["source"] == "prompt"), "nobody came in by the key");
    pilot.stop().await
}
