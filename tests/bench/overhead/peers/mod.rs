//! Gateways that others wrote, as `scripts/need overhead-peers` installs them, each set up as its own
//! documentation says for speed.

mod litellm;
mod portkey;
mod tensorzero;

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::process::Process;
use super::row::Row;
use crate::load::Target;
use crate::memory::Processes;

pub(crate) use self::litellm::NAME as LITELLM;
pub(crate) use self::tensorzero::NAME as TENSORZERO;

/// Where everything is that a gateway needs.
pub(crate) struct Setting<'a> {
    /// The provider's address, to be followed by `/chat/completions`.
    pub(crate) provider: &'a str,
    /// For settings and logs.
    pub(crate) folder: &'a Path,
}

/// A gateway that answers.
struct Gateway {
    process: Process,
    target: Target,
}

/// Starts all that are installed. A row says why where one does not answer.
pub(crate) async fn start(setting: &Setting<'_>) -> (Vec<Row>, Vec<Process>) {
    let started = [
        (tensorzero::NAME, tensorzero::start(setting).await),
        (portkey::NAME, portkey::start(setting).await),
        (litellm::NAME, litellm::start(setting).await),
    ];
    let (mut rows, mut processes) = (Vec::new(), Vec::new());
    for (name, gateway) in started {
        match gateway {
            Ok(Gateway { process, target }) => {
                rows.push(Row::new(name, target, process.pid().map(Processes::Tree)));
                processes.push(process);
            }
            Err(why) => rows.push(Row::skipped(name, &why)),
        }
    }
    (rows, processes)
}

/// A file of a gateway's.
fn installed(path: &str) -> Result<PathBuf> {
    let folder = std::env::var_os("PROMPTPILOT_PEERS").context("`PROMPTPILOT_PEERS` is not set")?;
    let path = Path::new(&folder).join(path);
    ensure!(path.exists(), "not installed: `scripts/need overhead-peers`");
    Ok(path)
}

/// A port that was free a moment ago, for programs that cannot be asked for any.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
