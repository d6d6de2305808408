//! TensorZero. Its gateway by itself is given out as a container; the wheel has the same one inside.

use std::fs;

use anyhow::Result;
use tokio::process::Command;

use super::{Gateway, Setting, installed};
use crate::load::{Ask, Target};
use crate::overhead::process::Process;

pub(crate) const NAME: &str = "TensorZero";

const CONFIGURATION: &str = include_str!("tensorzero.toml");
const PROGRAM: &str = include_str!("start_tensorzero.py");

pub(super) async fn start(setting: &Setting<'_>) -> Result<Gateway> {
    let python = installed("tensorzero/bin/python")?;
    let [program, configuration, address] =
        ["start_tensorzero.py", "tensorzero.toml", "tensorzero.address"]
            .map(|it| setting.folder.join(it));
    fs::write(&program, PROGRAM)?;
    fs::write(&configuration, CONFIGURATION.replace("PROVIDER", setting.provider))?;
    let mut command = Command::new(python);
    command.args([&program, &configuration, &address]);
    let mut process = Process::start(command, &setting.folder.join("tensorzero.log"))?;
    let base = process
        .until("TensorZero has an address", async || fs::read_to_string(&address).ok())
        .await?;
    let model = Ask::Chat("tensorzero::model_name::bench");
    let target = Target::new(&format!("{base}/chat/completions"), model)?;
    process.until_answered(&target).await?;
    Ok(Gateway { process, target })
}
