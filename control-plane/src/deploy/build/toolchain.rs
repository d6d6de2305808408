//! The Rust toolchain: the real cargo and rustc, not rustup's proxies, which cost a process each.

use std::{
    env,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use super::BuildError;

/// A toolchain.
#[derive(Debug)]
pub(crate) struct Toolchain {
    pub(crate) cargo: PathBuf,
    pub(crate) rustc: PathBuf,
    /// Where compiler and standard library are.
    pub(crate) sysroot: PathBuf,
    /// What `rustc -vV` says.
    pub(crate) version: String,
    /// The target of this machine.
    pub(crate) host: String,
    /// Where cargo keeps downloaded crates.
    pub(crate) cargo_home: PathBuf,
}

/// Finds the toolchain: the given cargo, one on `PATH`, or one in `~/.cargo/bin`.
pub(super) async fn find(cargo: Option<&Path>) -> Result<Toolchain, BuildError> {
    let cargo = match cargo {
        Some(cargo) if cargo.is_file() => cargo.to_owned(),
        Some(cargo) => {
            return Err(BuildError::NoCompiler(format!("there is no `{}`", cargo.display())));
        }
        None => look_up("cargo")?,
    };
    let beside = cargo.with_file_name("rustc");
    let rustc = if beside.is_file() { beside } else { look_up("rustc")? };
    let sysroot = PathBuf::from(ask(&rustc, &["--print", "sysroot"]).await?.trim());
    let version = ask(&rustc, &["-vV"]).await?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).map(ToOwned::to_owned);
    let host = host.ok_or_else(|| {
        BuildError::NoCompiler(format!("`{} -vV` does not name its host", rustc.display()))
    })?;
    let real = |name: &str, otherwise: PathBuf| {
        let real = sysroot.join("bin").join(name);
        if real.is_file() { real } else { otherwise }
    };
    Ok(Toolchain {
        cargo: real("cargo", cargo),
        rustc: real("rustc", rustc),
        version,
        host,
        cargo_home: home("CARGO_HOME", ".cargo"),
        sysroot,
    })
}

fn look_up(program: &str) -> Result<PathBuf, BuildError> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([home("CARGO_HOME", ".cargo").join("bin")])
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| {
            BuildError::NoCompiler(format!("`{program}` is neither on PATH nor in ~/.cargo/bin"))
        })
}

fn home(variable: &str, folder: &str) -> PathBuf {
    let own = env::var_os(variable).map(PathBuf::from);
    own.unwrap_or_else(|| env::home_dir().unwrap_or_default().join(folder))
}

async fn ask(program: &Path, arguments: &[&str]) -> Result<String, BuildError> {
    let answer = Command::new(program).args(arguments).output().await.map_err(|error| {
        BuildError::NoCompiler(format!("`{}` does not start: {error}", program.display()))
    })?;
    if !answer.status.success() {
        let why = String::from_utf8_lossy(&answer.stderr);
        let why = why.lines().next().unwrap_or("it gave no reason").to_owned();
        return Err(BuildError::NoCompiler(format!("`{}` fails: {why}", program.display())));
    }
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}
