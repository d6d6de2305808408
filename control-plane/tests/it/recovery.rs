//! A worker can be gone at any instant: another goes on, and nothing is left half-made.

use promptpilot_control_plane::{
    Faults, Settings,
    deploy::model::{Batch, Status},
};
use serde_json::json;

use crate::support::{
    Failure, Outcome,
    pilot::{Pilot, echo},
};

/// A worker that stops dead after a stage, then another one.
async fn killed_after(stage: Status) -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    pilot.add_worker(Faults { stop_after: Some(stage), ..Faults::default() }).await?;
    let batch = pilot.deploy(&[echo("hello", "Hello"), echo("world", "World")]).await?;
    let id = batch.deployments[0].id.to_string();
    if stage != Status::Live {
        // The first worker is at it; it will not finish.
        pilot.until(&id, |deployment| deployment.status == stage).await?;
    }
    pilot.add_worker(Faults::default()).await?;
    let ended = pilot.finished(&batch).await?;
    for (deployment, text) in ended.iter().zip(["Hello", "World"]) {
        let log = pilot.log(deployment).await?;
        assert_eq!(deployment.status, Status::Live, "{deployment:?} {log:?}");
        let url = deployment.url.as_deref().unwrap();
        let (status, _, body) = pilot.call(url, json!({ "word": "x" })).await?;
        assert_eq!(status, 200);
        assert!(body["text"].as_str().unwrap().contains(&format!("{text} x")), "{body}");
        // Stages are passed once, in order, whoever did them.
        let passed: Vec<Status> = deployment.stages.iter().map(|stage| stage.status).collect();
        assert_eq!(passed, Status::ALL[..7]);
        if stage != Status::Live {
            let told = log.iter().any(|line| line.text.contains("goes on from here"));
            assert!(told, "{log:?}");
        }
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_checking_is_replaced() -> Outcome {
    killed_after(Status::Checking).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_generating_is_replaced() -> Outcome {
    killed_after(Status::Generating).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_building_is_replaced() -> Outcome {
    killed_after(Status::Building).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_publishing_is_replaced() -> Outcome {
    killed_after(Status::Publishing).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_after_verifying_is_replaced() -> Outcome {
    killed_after(Status::Verifying).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_once_all_is_live_leaves_it_live() -> Outcome {
    killed_after(Status::Live).await
}

/// Two endpoints with a first version live, and the batch that brings their second.
async fn second_versions(
    pilot: &mut Pilot,
    faults: Faults,
) -> Result<(Batch, Vec<String>), Failure> {
    pilot.add_worker(Faults::default()).await?;
    let first = pilot.deploy(&[echo("alpha", "First"), echo("beta", "First")]).await?;
    let first = pilot.finished(&first).await?;
    pilot.stop_workers().await?;
    pilot.add_worker(faults).await?;
    let second = [echo("alpha", "Second"), echo("beta", "Second"), echo("gamma", "New")];
    let second = pilot.deploy(&second).await?;
    Ok((second, first.into_iter().filter_map(|deployment| deployment.url).collect()))
}

#[tokio::test(flavor = "multi_thread")]
async fn aliases_that_moved_are_moved_back_when_another_cannot_move() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    let faults = Faults { fail_switch: Some(2), ..Faults::default() };
    let (batch, urls) = second_versions(&mut pilot, faults).await?;
    let ended = pilot.finished(&batch).await?;
    let statuses: Vec<Status> = ended.iter().map(|deployment| deployment.status).collect();
    assert_eq!(statuses, [Status::Cancelled, Status::Cancelled, Status::Failed]);
    for url in &urls {
        let (status, version, _) = pilot.call(url, json!({ "word": "x" })).await?;
        assert_eq!((status, &*version), (200, "1"));
    }
    let told = pilot.log(&ended[0]).await?;
    let told = told.iter().any(|line| line.text == "put back to version 1, which was live before");
    assert!(told, "{:?}", pilot.log(&ended[0]).await?);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_two_aliases_is_replaced() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    let faults = Faults { stop_switch: Some(1), ..Faults::default() };
    let (batch, urls) = second_versions(&mut pilot, faults).await?;
    pilot.add_worker(Faults::default()).await?;
    let ended = pilot.finished(&batch).await?;
    assert!(ended.iter().all(|deployment| deployment.status == Status::Live), "{ended:?}");
    for url in &urls {
        assert_eq!(pilot.call(url, json!({ "word": "x" })).await?.1, "2");
    }
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stage_may_run_twice() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    pilot.add_worker(Faults { twice: true, ..Faults::default() }).await?;
    let deployment = pilot.deployed(&echo("hello", "Hello")).await?;
    assert_eq!(deployment.status, Status::Live, "{:?}", pilot.log(&deployment).await?);
    assert_eq!(deployment.function_version.as_deref(), Some("1"), "published once");
    let passed: Vec<Status> = deployment.stages.iter().map(|stage| stage.status).collect();
    assert_eq!(passed, Status::ALL[..7]);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_told_to_stop_gives_its_batch_back_at_once() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    let mut settings = pilot.settings.clone();
    settings.worker.lease = std::time::Duration::from_secs(600);
    use_slow_cargo(&mut settings)?;
    pilot.add_worker_with(settings).await?;
    let batch = pilot.deploy(&[echo("hello", "Hello")]).await?;
    let id = batch.deployments[0].id.to_string();
    pilot.until(&id, |deployment| deployment.status == Status::Building).await?;
    pilot.stop_workers().await?;
    pilot.add_worker(Faults::default()).await?;
    let ended = pilot.finished(&batch).await?;
    assert_eq!(ended[0].status, Status::Live);
    assert_eq!(ended[0].attempts, 2);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_is_cancelled_in_the_middle_of_its_build() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    let mut settings = pilot.settings.clone();
    use_slow_cargo(&mut settings)?;
    pilot.add_worker_with(settings).await?;
    let batch = pilot.deploy(&[echo("hello", "Hello")]).await?;
    let id = batch.deployments[0].id.to_string();
    pilot.until(&id, |deployment| deployment.status == Status::Building).await?;
    let (status, _) = pilot.post(&format!("/api/deployments/{id}/cancel"), json!({})).await?;
    assert_eq!(status, 202);
    let ended = pilot.finished(&batch).await?;
    assert_eq!(ended[0].status, Status::Cancelled);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_hangs_is_stopped_in_time() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    let mut settings = pilot.settings.clone();
    use_slow_cargo(&mut settings)?;
    settings.build.timeout = std::time::Duration::from_secs(1);
    pilot.add_worker_with(settings).await?;
    let failed = pilot.deployed(&echo("hello", "Hello")).await?;
    let error = failed.error.unwrap();
    assert_eq!((failed.status, error.stage), (Status::Failed, Status::Building));
    assert_eq!(error.message, "the build was stopped after 1 s");
    assert!(error.internal);
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_compiler_the_error_says_how_to_get_one() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    let mut settings = pilot.settings.clone();
    settings.build.cargo = Some("/nowhere/cargo".into());
    pilot.add_worker_with(settings).await?;
    let failed = pilot.deployed(&echo("hello", "Hello")).await?;
    let error = failed.error.unwrap();
    assert_eq!(error.message, "no Rust compiler was found: there is no `/nowhere/cargo`");
    assert!(error.hint.unwrap().contains("rustup"));
    pilot.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_request_takes_the_place_of_one_that_waits() -> Outcome {
    let mut pilot = Pilot::without_worker().await?;
    let older = pilot.deploy(&[echo("hello", "Older"), echo("other", "Other")]).await?;
    let newer = pilot.deploy(&[echo("hello", "Newer")]).await?;
    pilot.add_worker(Faults::default()).await?;
    let older = pilot.finished(&older).await?;
    let newer = pilot.finished(&newer).await?;
    assert_eq!((older[0].status, older[1].status), (Status::Superseded, Status::Live));
    assert_eq!(newer[0].status, Status::Live);
    let (_, _, body) = pilot.call(newer[0].url.as_deref().unwrap(), json!({ "word": "x" })).await?;
    assert!(body["text"].as_str().unwrap().contains("Newer x"));
    pilot.stop().await
}

/// A toolchain whose cargo never ends, and a builder's folder of its own for it.
fn use_slow_cargo(settings: &mut Settings) -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    let folder = settings.data.join("slow/bin");
    std::fs::create_dir_all(&folder)?;
    let sysroot = settings.data.join("slow").display().to_string();
    let version = "rustc 0.0.0\nhost: x86_64-unknown-linux-gnu\n";
    let rustc = format!("#!/bin/sh\n[ \"$1\" = -vV ] && printf '{version}' || echo {sysroot}\n");
    for (name, text) in [("cargo", "#!/bin/sh\nsleep 1000 & wait\n"), ("rustc", &rustc)] {
        let file = folder.join(name);
        std::fs::write(&file, text)?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755))?;
    }
    settings.build.cargo = Some(folder.join("cargo"));
    settings.build.root = Some(settings.data.join("build"));
    Ok(())
}
