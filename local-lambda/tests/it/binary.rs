//! `local-lambda serve` as a person or a script starts it.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::common::{self, Result};

fn serve(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-lambda"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--region", common::REGION, "--data"])
        .arg(data)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn first_line(server: &mut Child) -> Result<String> {
    let stdout = server.stdout.take().ok_or("no stdout")?;
    let mut lines = BufReader::new(stdout).lines();
    let line = timeout(Duration::from_secs(20), lines.next_line()).await??;
    Ok(line.unwrap_or_default())
}

fn interrupt(server: &Child) -> Result<()> {
    let pid = server.id().ok_or("it has ended")?;
    Ok(kill(Pid::from_raw(i32::try_from(pid)?), Signal::SIGINT)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_is_deployed_called_and_heard_and_ctrl_c_ends_it() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut server = serve(dir.path(), &["--json"]).spawn()?;
    let told: Value = serde_json::from_str(&first_line(&mut server).await?)?;
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(told["region"], common::REGION);
    let endpoint = text("endpoint");
    let address = endpoint.strip_prefix("http://").ok_or("no plain endpoint")?;
    let client = common::client_of(address, text("accessKeyId"), text("secretAccessKey"));
    common::create(&client, "heard", common::example()?, 10, &[]).await?;
    let print = json!({ "do": "print", "text": "a word" }).to_string();
    let payload = aws_sdk_lambda::primitives::Blob::new(print);
    client.invoke().function_name("heard").payload(payload).send().await?;

    let mut printed = BufReader::new(server.stderr.take().ok_or("no stderr")?).lines();
    let heard = async {
        while let Some(line) = printed.next_line().await? {
            if line == "heard: a word" {
                return Ok::<_, std::io::Error>(true);
            }
        }
        Ok(false)
    };
    assert!(timeout(Duration::from_secs(10), heard).await??, "it was not printed");

    interrupt(&server)?;
    assert!(timeout(Duration::from_secs(10), server.wait()).await??.success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_prints_can_be_pasted_into_a_shell() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let mut server = serve(dir.path(), &[]).spawn()?;
    let line = first_line(&mut server).await?;
    assert!(line.starts_with("export AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:"), "{line}");
    interrupt(&server)?;
    assert!(timeout(Duration::from_secs(10), server.wait()).await??.success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_told_in_a_sentence() -> Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?;
    let dir = tempfile::tempdir()?;
    let refused = Command::new(env!("CARGO_BIN_EXE_local-lambda"))
        .args(["serve", "--listen", &address.to_string(), "--data"])
        .arg(dir.path())
        .output()
        .await?;
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr)?;
    let expected =
        format!("error: could not listen on {address}: port {} is in use", address.port());
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    Ok(())
}
