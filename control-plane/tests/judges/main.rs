//! A judge that others wrote: schemathesis, over the whole document, with all of its checks.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use promptpilot_control_plane::SignUps;
use serde_json::json;
use support::{
    Failure, Outcome,
    pilot::{Pilot, TOKEN},
};
use tokio::process::Command;

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
    let common = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/schemathesis.toml");
    let common = std::fs::read_to_string(common)?;
    let id = &organization["id"];
    let config = folder.path().join("schemathesis.toml");
    std::fs::write(&config, format!("{common}\n[parameters]\norg = {id}\norganization = {id}\n"))?;
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
    pilot.stop().await
}
