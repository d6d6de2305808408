//! From an edit to its answer, and what happens when there is little or nothing to do.

use std::fs;

use anyhow::{Context, Result};
use promptpilot_tests::{Pilot, Run, program};
use serde_json::json;

use crate::table::{Table, median, seconds};

const ROUNDS: usize = 15;

pub(crate) async fn measure(pilot: &Pilot, table: &mut Table) -> Result<()> {
    let text = pilot.example("summarize")?;
    let url = pilot.deploy(&["summarize"]).await?.remove(0);

    let mut edits = Vec::new();
    for round in 0..ROUNDS {
        let edited = format!("Round {round}: summarise");
        pilot.define("summarize", &text.replace("Summarise", &edited))?;
        edits.push(
            seconds(async {
                pilot.deploy(&["summarize"]).await?;
                let answer = pilot.text(&url, &json!({ "text": "Tea is warm." })).await?;
                answer.contains(&edited).then_some(()).context("the old text answered")
            })
            .await?,
        );
    }
    let edit = median(edits);
    table.at_most("edit a prompt, deploy, new text answered", "s", edit, 1.0);

    let lambda = with_cargo_lambda(pilot).await?;
    table.note("the same crate by `cargo lambda build` + `deploy`", "s", lambda);
    table.at_least("how many times faster", "×", lambda / edit, 20.0);

    let mut unchanged = Vec::new();
    for _ in 0..ROUNDS {
        unchanged.push(seconds(pilot.deploy(&["summarize"])).await?);
    }
    table.at_most("deploy with nothing changed", "s", median(unchanged), 0.15);

    let mut rollbacks = Vec::new();
    for round in 0..ROUNDS {
        // Two of the newest: older ones may have been swept.
        let to = (ROUNDS + round % 2).to_string();
        rollbacks.push(
            seconds(async { pilot.cli(&["rollback", "summarize", "--to", &to]).await?.ok() })
                .await?,
        );
    }
    table.at_most("rollback", "s", median(rollbacks), 0.15);

    let mut eights = Vec::new();
    for round in 0..5 {
        for n in 1..=8 {
            let named = text.replace("\"summarize\"", &format!("\"eight-{n}\""));
            pilot.define(
                &format!("eight-{n}"),
                &named.replace("Summarise", &format!("Round {round}.{n}: summarise")),
            )?;
        }
        let names: Vec<String> = (1..=8).map(|n| format!("eight-{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        eights.push(seconds(pilot.deploy(&names)).await?);
    }
    table.at_most("eight changed endpoints in one deploy", "s", median(eights), 5.0);
    Ok(())
}

/// What an edit costs with cargo-lambda's own defaults: the generated crate, built and deployed to
/// the same host.
async fn with_cargo_lambda(pilot: &Pilot) -> Result<f64> {
    // Three folders deep, where the crate's path to the runtime leads.
    let root = tempfile::tempdir()?;
    let sources = promptpilot_tests::build_folder()?.join("promptpilot");
    std::os::unix::fs::symlink(&sources, root.path().join("promptpilot"))?;
    let folder = root.path().join("alone/endpoints/summarize");
    let out = folder.to_string_lossy().into_owned();
    let running = pilot.running()?;
    let mut figures = Vec::new();
    // The first round compiles everything and is not counted.
    for round in 0..3 {
        let text = fs::read_to_string(pilot.folder().join("endpoints/summarize.toml"))?;
        pilot.define("summarize", &text.replace("ummarise", &format!("ummarise ({round})")))?;
        pilot.cli(&["source", "summarize", "--out", &out]).await?.ok()?;
        let sources = pilot.cli(&["source", "summarize", "--json"]).await?.ok()?.json()?;
        let program_name = sources["crate_name"].as_str().context("no crate name")?.to_owned();
        let took = seconds(async {
            let mut build = program("cargo");
            build
                .args(["lambda", "build", "--release"])
                .current_dir(&folder)
                .env_remove("CARGO_TARGET_DIR");
            Run::of(build).await?.ok()?;
            let mut deploy = program("cargo");
            deploy
                .args(["lambda", "deploy", "--endpoint-url", &running.functions])
                .args([
                    "--iam-role",
                    "arn:aws:iam::000000000000:role/bench",
                    "--enable-function-url",
                ])
                .args(["--binary-name", &program_name, "bench"])
                .current_dir(&folder)
                .env_remove("CARGO_TARGET_DIR")
                .env("AWS_ACCESS_KEY_ID", &running.access_key_id)
                .env("AWS_SECRET_ACCESS_KEY", &running.secret_access_key)
                .env("AWS_REGION", &running.region)
                .env("AWS_DEFAULT_REGION", &running.region);
            Run::of(deploy).await?.ok()
        })
        .await?;
        if round > 0 {
            figures.push(took);
        }
    }
    Ok(median(figures))
}
