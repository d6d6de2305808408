//! Judges that others wrote: the AWS CLI, boto3 with botocore's service model, and awslambdaric.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::common::{self, Lab, REGION, ROLE, Result};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use local_lambda::{Limits, Sandbox};
use serde_json::{Value, json};
use tokio::process::Command;

/// The virtual environment with the judges.
fn judges() -> Result<PathBuf> {
    let hint = "PROMPTPILOT_JUDGES must name a virtual environment with awscli, boto3 and \
                awslambdaric: run `make test`, or `python3 -m venv DIR && DIR/bin/pip install awscli \
                boto3 awslambdaric` and set it to DIR";
    Ok(std::env::var_os("PROMPTPILOT_JUDGES").map(PathBuf::from).ok_or(hint)?)
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges")
}

/// What it printed, if it was content.
fn contented(output: &Output) -> Result<String> {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    Err(format!("{}{printed}", String::from_utf8_lossy(&output.stderr)).into())
}

fn python(script: &str) -> Result<Command> {
    let mut command = Command::new(judges()?.join("bin/python"));
    command.arg(scripts().join(script)).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_of_replies_finds_faults() -> Result<()> {
    let judged = contented(&python("judge_the_judge.py")?.output().await?)?;
    assert_eq!(judged.trim(), "9 faults found");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_finds_every_operation_as_the_service_model_has_it() -> Result<()> {
    let lab = Lab::start().await?;
    let package = lab.dir.path().join("function.zip");
    std::fs::write(&package, common::example()?)?;
    let credentials = lab.host().credentials();
    let walked = python("boto3_walk.py")?
        .arg(format!("http://{}", lab.host().address()))
        .args([REGION, credentials.access_key_id(), credentials.secret_access_key()])
        .arg(package)
        .output()
        .await?;
    assert_eq!(contented(&walked)?.trim(), "43 operations");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_brings_a_function_up_and_down() -> Result<()> {
    let lab = Lab::start().await?;
    let package = lab.dir.path().join("function.zip");
    std::fs::write(&package, common::example()?)?;
    let package = format!("fileb://{}", package.display());
    let aws = async |arguments: &[&str]| -> Result<Value> {
        let credentials = lab.host().credentials();
        let output = Command::new(judges()?.join("bin/aws"))
            .args(["--endpoint-url", &format!("http://{}", lab.host().address())])
            .args(["--region", REGION, "--output", "json", "lambda"])
            .args(arguments)
            .env("AWS_ACCESS_KEY_ID", credentials.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key())
            .env("AWS_CONFIG_FILE", "/dev/null")
            .output()
            .await?;
        let printed = contented(&output)?;
        Ok(if printed.is_empty() { Value::Null } else { serde_json::from_str(&printed)? })
    };
    let name = ["--function-name", "cli"];
    let create = ["create-function", "--runtime", "provided.al2023", "--handler", "bootstrap"];
    aws(&[&create[..], &name, &["--role", ROLE, "--zip-file", &package]].concat()).await?;
    aws(&[&["wait", "function-active-v2"][..], &name].concat()).await?;
    let published = aws(&[&["publish-version"][..], &name].concat()).await?;
    assert_eq!(published["Version"], "1");
    let live = ["--name", "live", "--function-version", "1"];
    aws(&[&["create-alias"][..], &name, &live].concat()).await?;
    let url = ["create-function-url-config", "--qualifier", "live", "--auth-type", "NONE"];
    let url = aws(&[&url[..], &name].concat()).await?;
    lab.permit("cli", Some("live")).await?;
    let called = common::http().get(url["FunctionUrl"].as_str().unwrap()).send().await?;
    assert_eq!(called.status(), 200);

    let answer = lab.dir.path().join("answer.json");
    let invoke = ["invoke", answer.to_str().unwrap(), "--payload", r#"{"a":1}"#];
    let invoked = aws(&[&invoke[..], &name].concat()).await?;
    assert_eq!(invoked["StatusCode"], 200);
    assert_eq!(std::fs::read_to_string(answer)?, r#"{"a":1}"#);
    aws(&[&["update-function-code", "--zip-file", &package][..], &name].concat()).await?;
    aws(&[&["delete-function"][..], &name].concat()).await?;
    assert_eq!(aws(&["list-functions"]).await?["Functions"], json!([]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_function_runs_on_awslambdaric() -> Result<()> {
    // The judges' interpreter may be anywhere, which a sandbox would not let it be.
    let lab = Lab::start_with(Limits { sandbox: Sandbox::Off, ..Limits::default() }).await?;
    let python = judges()?.join("bin/python");
    let bootstrap = format!(
        "#!/bin/sh\ncd \"$LAMBDA_TASK_ROOT\"\nexec {} -m awslambdaric app.handler\n",
        python.display()
    );
    let app = std::fs::read(scripts().join("python_function.py"))?;
    let package =
        common::package(&[("bootstrap", 0o755, bootstrap.as_bytes()), ("app.py", 0o644, &app)]);
    lab.create("python", package, 10, &[]).await?;
    answers_in_python(&lab).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_runtime_is_the_machines_interpreter() -> Result<()> {
    let Some((runtime, packages)) = python_of_the_machine()? else {
        // The judges were installed with an interpreter that functions do not find.
        return Ok(());
    };
    let lab = Lab::start().await?;
    let app = std::fs::read(scripts().join("python_function.py"))?;
    let mut entries = vec![("app.py".to_owned(), app)];
    for part in ["awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client"] {
        collect_files(&packages, part, &mut entries)?;
    }
    let entries: Vec<_> =
        entries.iter().map(|(name, bytes)| (name.as_str(), 0o644, bytes.as_slice())).collect();
    let created = lab.client.create_function().function_name("python").role(ROLE);
    created
        .runtime(Runtime::from(runtime.as_str()))
        .handler("app.handler")
        .timeout(10)
        .code(FunctionCode::builder().zip_file(Blob::new(common::package(&entries))).build())
        .send()
        .await?;
    answers_in_python(&lab).await
}

/// The runtime that the judges' packages are for, and where they are.
fn python_of_the_machine() -> Result<Option<(String, PathBuf)>> {
    for entry in std::fs::read_dir(judges()?.join("lib"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("python") && Path::new("/usr/bin").join(&name).exists() {
            return Ok(Some((name, path.join("site-packages"))));
        }
    }
    Ok(None)
}

/// The files of a package whose names begin with `part`.
fn collect_files(dir: &Path, part: &str, into: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.strip_prefix(dir)?.to_string_lossy().into_owned();
            if !name.starts_with(part) || name.ends_with("__pycache__") {
                continue;
            }
            match path.is_dir() {
                true => folders.push(path),
                false => into.push((name, std::fs::read(&path)?)),
            }
        }
    }
    Ok(())
}

async fn answers_in_python(lab: &Lab) -> Result<()> {
    let invoked = lab.invoke("python", json!({ "a": [1, "ü"] })).await?;
    assert_eq!(invoked.payload["event"], json!({ "a": [1, "ü"] }), "{invoked:?}");
    assert!(invoked.payload["left"].as_u64().unwrap() > 5000);
    let raised = lab.invoke("python", json!("raise")).await?;
    assert_eq!(raised.payload["errorType"], "ValueError");
    assert_eq!(raised.error.as_deref(), Some("Unhandled"));
    Ok(())
}
