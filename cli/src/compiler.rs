//! Whether deployments can be built here at all.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::Hint;

/// How to get a compiler.
pub(crate) const INSTALL: &str = "install Rust (https://rustup.rs, or your distribution's package) and a C linker (Debian, Ubuntu: `apt-get install gcc libc6-dev`), then start again";

#[derive(Debug, thiserror::Error)]
#[error("no {0} was found, and deployments are compiled on this machine")]
pub(crate) struct NoCompiler(&'static str);

impl Hint for NoCompiler {
    fn hint(&self) -> Option<String> {
        Some(INSTALL.to_owned())
    }
}

/// Looks for what a build needs; `named` is the compiler from the command line.
pub(crate) fn find(named: Option<&Path>) -> Result<(), NoCompiler> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    folders.extend(
        cargo_home
            .or_else(|| env::home_dir().map(|home| home.join(".cargo")))
            .map(|home| home.join("bin")),
    );
    let found = |names: &[&str]| {
        names.iter().any(|name| folders.iter().any(|folder| is_program(&folder.join(name))))
    };
    if !named.map_or_else(|| found(&["cargo"]), is_program) {
        return Err(NoCompiler("Rust compiler"));
    }
    if !found(&["cc", "gcc", "clang"]) {
        return Err(NoCompiler("C linker (`cc`)"));
    }
    Ok(())
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
