//! Portkey's gateway, on Node. Each request says whose provider is meant.

use anyhow::Result;
use hyper::header::HeaderName;
use tokio::process::Command;

use super::{Gateway, Setting, free_port, installed};
use crate::load::{Ask, Target};
use crate::overhead::process::Process;

pub(super) const NAME: &str = "Portkey";

pub(super) async fn start(setting: &Setting<'_>) -> Result<Gateway> {
    let program = installed("portkey/node_modules/@portkey-ai/gateway/build/start-server.js")?;
    let port = free_port()?;
    let mut command = Command::new("node");
    command.arg(program).arg("--headless").arg(format!("--port={port}"));
    command.env("NODE_ENV", "production");
    let mut process = Process::start(command, &setting.folder.join("portkey.log"))?;
    let url = format!("http://127.0.0.1:{port}/v1/chat/completions");
    let target = Target::new(&url, Ask::Chat("bench"))?
        .key("unused")?
        .header(HeaderName::from_static("x-portkey-provider"), "openai")?
        .header(HeaderName::from_static("x-portkey-custom-host"), setting.provider)?;
    process.until_answered(&target).await?;
    Ok(Gateway { process, target })
}
