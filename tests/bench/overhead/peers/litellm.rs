//! LiteLLM's proxy, with a process for each processor.

use std::{fs, thread};

use anyhow::Result;
use tokio::process::Command;

use super::{Gateway, Setting, free_port, installed};
use crate::load::{Ask, Target};
use crate::overhead::process::Process;

pub(crate) const NAME: &str = "LiteLLM";

const CONFIGURATION: &str = include_str!("litellm.yaml");

pub(super) async fn start(setting: &Setting<'_>) -> Result<Gateway> {
    let program = installed("litellm/bin/litellm")?;
    let configuration = setting.folder.join("litellm.yaml");
    fs::write(&configuration, CONFIGURATION.replace("PROVIDER", setting.provider))?;
    let port = free_port()?;
    let mut command = Command::new(program);
    // Its usual supervisor ends a process that is not ready after five seconds, and on a slow machine none is.
    command
        .arg("--run_gunicorn")
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--num_workers", &thread::available_parallelism()?.to_string()])
        .args(["--telemetry", "False"])
        .arg("--config")
        .arg(configuration)
        .env("LITELLM_MODE", "PRODUCTION")
        .env("LITELLM_LOG", "ERROR")
        // Its list of prices is not fetched anew.
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    let mut process = Process::start(command, &setting.folder.join("litellm.log"))?;
    let url = format!("http://127.0.0.1:{port}/v1/chat/completions");
    let target = Target::new(&url, Ask::Chat("bench"))?;
    process.until_answered(&target).await?;
    Ok(Gateway { process, target })
}
